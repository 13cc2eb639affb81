"""The knowledge that ships: whole, faithful in form, and not made from the measuring questions."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from rapidfuzz import fuzz, process

from assistant.engine import phrasings
from assistant.knowledge import load
from assistant.settings import shipped
from tests.conftest import QUESTIONS


@pytest.fixture(scope="module")
def knowledge():
    return load(shipped("knowledge"))


def test_every_place_has_passages_with_many_questions(knowledge):
    places = {p.locator for s in knowledge.sources.values() for p in s.places}
    count = Counter(p.locator for p in knowledge.passages.values() for _ in p.questions)
    assert 25 <= len(knowledge.passages) <= 45
    assert all(count[place] >= 60 for place in places)
    assert len(knowledge.uncovered) >= 120


def test_quotations_are_short(knowledge):
    assert all(4 <= len(p.citation.quote.split()) <= 12 for p in knowledge.passages.values())


def test_review_state_is_honest(knowledge):
    assert {p.review.state for p in knowledge.passages.values()} == {"not yet reviewed by a clinician"}


def test_no_phrasing_is_near_a_measuring_question(knowledge):
    measuring = [
        turn["question"].lower().strip()
        for path in QUESTIONS.glob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
        for turn in json.loads(line).get("turns", [json.loads(line)])
    ]
    ours = [q.lower() for p in knowledge.passages.values() for q in p.questions]
    ours += [q.lower() for t in knowledge.uncovered.values() for q in t.questions]
    ours += [m.lower() for each in knowledge.crisis.danger.values() for m in each]
    ours += [m.lower() for m in knowledge.crisis.lookalikes]
    near = [
        line for line in ours if process.extractOne(line, measuring, scorer=fuzz.ratio, score_cutoff=90) is not None
    ]
    assert near == []


def test_every_passage_can_be_found_by_its_own_question(knowledge, dialogue):
    lost = [p.id for p in knowledge.passages.values() if p.id not in _cited(dialogue, p.ask)]
    assert lost == []
    assert all(phrasings(p) for p in knowledge.passages.values())


def _cited(dialogue, question):
    reply = dialogue.respond(question)
    return [c.passage.id for c in getattr(reply, "passages", ())]
