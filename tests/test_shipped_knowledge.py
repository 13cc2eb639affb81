"""The knowledge that ships: whole, faithful in form, and not made from the measuring questions."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz import fuzz, process

from assistant.checks.run import check
from assistant.engine import phrasings
from assistant.errors import Severity
from assistant.formats import BORROWABLE, KINDS, file_schema
from assistant.knowledge import Knowledge, read
from assistant.settings import shipped
from tests.conftest import QUESTIONS

FOLDER = shipped("knowledge")
WHEN = date(2026, 11, 23)
"""The day as of which the folder is judged here; `assistant check` judges by the real day."""


@pytest.fixture(scope="module")
def reading():
    return read(FOLDER)


@pytest.fixture(scope="module")
def knowledge(reading) -> Knowledge:
    return reading.knowledge


def measuring() -> list[str]:
    lines = [line for path in QUESTIONS.glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    return [turn["question"] for line in lines for turn in json.loads(line).get("turns", [json.loads(line)])]


def texts(knowledge: Knowledge) -> Iterator[str]:
    """Yield every phrasing and example in the folder, and its own judged questions."""
    for passage in knowledge.passages.values():
        yield from (*passage.questions, passage.ask, passage.title)
    for other in (knowledge.uncovered, knowledge.small_talk, knowledge.follow_ups):
        for entry in other.values():
            yield from entry.questions
    for kind in knowledge.clinical.values():
        yield from kind.examples
    yield from knowledge.clinical_lookalikes
    yield from knowledge.crisis.lookalikes
    for each in (*knowledge.crisis.danger.values(), *knowledge.crisis.phrases.values()):
        yield from each
    for judged in knowledge.judged:
        yield from (turn.question for turn in judged.turns)


def test_check_finds_no_error():
    _, problems = check(FOLDER, WHEN)
    assert [str(p) for p in problems if p.severity is Severity.ERROR] == []


def test_every_place_has_passages_with_many_questions(knowledge):
    places = {p.locator for s in knowledge.sources.values() for p in s.places}
    count = Counter(p.locator for p in knowledge.passages.values() for _ in p.questions)
    assert 25 <= len(knowledge.passages) <= 45
    assert len(places) == 11
    assert all(count[place] >= 60 for place in places)


def test_many_neighbouring_topics_are_known_as_not_covered(knowledge):
    assert len(knowledge.uncovered) >= 120
    assert all(len(topic.questions) >= 2 for topic in knowledge.uncovered.values())


def test_each_place_has_its_fingerprint_and_its_own_words(knowledge):
    for source in knowledge.sources.values():
        assert all(place.fingerprint and len(place.about.split()) >= 8 for place in source.places)


def test_review_state_is_honest(knowledge):
    assert {p.review.state for p in knowledge.passages.values()} == {"not yet reviewed by a clinician"}
    assert knowledge.review == "not yet reviewed by a clinician"


def test_notes_stand_where_the_article_is_more_certain_than_research(knowledge):
    for id in ("side-effects", "new-neurons", "mindfulness"):
        assert knowledge.passages[id].note


def test_no_text_is_near_a_measuring_question(knowledge):
    """None copied, none nearly equal: what measures must not be what was learnt from."""
    ours = sorted({t.lower().strip() for t in texts(knowledge)})
    theirs = sorted({t.lower().strip() for t in measuring()})
    near = []
    for start in range(0, len(ours), 2_000):
        part = ours[start : start + 2_000]
        scores = process.cdist(part, theirs, scorer=fuzz.ratio, score_cutoff=90, dtype=np.float32, workers=1)
        near += [(part[i], theirs[j]) for i, j in np.argwhere(scores) if len(part[i]) > SHORT]
    assert near == []


SHORT = 12
"""Characters; what is shorter ("hi", "thanks", "why?") is said by everyone in the same words."""


def test_the_article_is_not_shipped():
    """Quotations are short, and no file holds a longer run of the article's words than a quotation."""
    for path in FOLDER.rglob("*.yaml"):
        assert "pivotal role in mental health recovery. In this blog post" not in path.read_text("utf-8")


def test_every_passage_is_found_by_its_own_question(knowledge, dialogue):
    lost = [p.id for p in knowledge.passages.values() if p.id not in _cited(dialogue, p.ask)]
    assert lost == []
    assert all(phrasings(p) for p in knowledge.passages.values())


def _cited(dialogue, question):
    reply = dialogue.respond(question)
    return [c.passage.id for c in getattr(reply, "passages", ())]


def test_the_schemas_are_those_of_the_loader():
    """Made by `assistant schema --write knowledge/schemas`; each file names the one for its kind."""
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in (FOLDER / "schemas").glob("*.json")}
    assert found == {kind.name: file_schema(kind) for kind in KINDS}


def test_every_file_names_its_schema(reading):
    for path, file in reading.files.items():
        up = "../" * path.count("/")
        line = f"# yaml-language-server: $schema={up}schemas/{file.kind.name}.json"
        assert file.data.decode().startswith(line), path


def test_every_part_that_can_be_borrowed_is_there(reading):
    assert {file.kind.part for file in reading.files.values()} >= set(BORROWABLE)


def test_no_file_names_a_machine(reading):
    for path in Path(FOLDER).rglob("*"):
        if path.is_file() and path.suffix in {".yaml", ".jsonl", ".md", ".json"}:
            text = path.read_text("utf-8")
            for place in (FOLDER.resolve().parent, Path.home(), tempfile.gettempdir()):
                assert f"{place}/" not in text, path
