"""An edit that is taken in answers as if all were learnt anew, until it is."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.encoder import shipped_encoder
from assistant.engine import Engine, build, entries_of
from assistant.knowledge import load
from assistant.retrieval import Retriever
from assistant.selftest import confusions, misled
from assistant.updating import adapted, learns_anew, updated
from tests.folders import change, whole


def silent(what: str, done: int, total: int) -> None:
    return


@pytest.fixture
def folder(tmp_path):
    return whole(tmp_path / "knowledge")


def learnt(folder) -> Retriever:
    return Retriever(entries_of(load(folder)), shipped_encoder())


def best(retriever: Retriever, question: str) -> str:
    return retriever.rank(question).candidates[0].id


def test_a_new_phrasing_finds_its_passage_at_once(folder):
    before = learnt(folder)
    change(
        folder / "passages/worry-list.yaml",
        "  - list for tomorrow sleep",
        "  - list for tomorrow sleep\n  - zorgblat at midnight",
    )
    after = updated(before, entries_of(load(folder)))
    assert best(after, "zorgblat?") == "worry-list"
    assert best(before, "are short naps refreshing") == best(after, "are short naps refreshing") == "naps"


def test_scores_are_those_of_learning_anew(folder):
    """Only how rare a word is may lag behind, and that is little."""
    before = learnt(folder)
    change(folder / "passages/naps.yaml", "  - forty winks, helpful?", "  - is a rest on the couch fine")
    entries = entries_of(load(folder))
    taken_in, anew = updated(before, entries), Retriever(entries, shipped_encoder())
    for question in ("a rest on the couch", "should I nap", "worries at night", "same hour every day"):
        ours, theirs = ({c.id: c.score for c in r.rank(question).candidates} for r in (taken_in, anew))
        assert ours.keys() == theirs.keys()
        assert max(abs(ours[id] - theirs[id]) for id in ours) < 0.05


def test_taking_back_an_edit_gives_the_old_weights(folder):
    before = learnt(folder)
    entries = entries_of(load(folder))
    fewer = tuple(e for e in entries if e.id != "naps")
    back = updated(updated(before, fewer), entries)
    assert np.abs(back.weights - before.weights).max() < 2e-3  # embeddings are rounded, not always to the same side
    assert best(back, "can I nap in the afternoon") == "naps"


def test_a_passage_that_is_gone_is_not_found(folder):
    without = updated(learnt(folder), tuple(e for e in entries_of(load(folder)) if e.id != "naps"))
    assert "naps" not in {c.id for c in without.rank("can I nap in the afternoon").candidates}


def test_another_set_of_groups_needs_learning_anew(folder):
    passages = tuple(e for e in entries_of(load(folder)) if e.group == "passage")
    assert updated(learnt(folder), passages) is None


def test_an_edit_of_texts_that_nothing_is_learnt_from_costs_nothing(folder):
    before = load(folder)
    engine = build(before)
    change(folder / "helplines/WORLD.yaml", "cost: free", "cost: none")
    change(folder / "passages/naps.yaml", "due: 2027-05-23", "due: 2027-06-23")
    after = load(folder)
    assert not learns_anew(before, after)
    assert adapted(engine, before, after) is engine


def test_a_new_phrase_of_danger_is_heard_at_once(folder):
    before = load(folder)
    engine = build(before)
    assert not engine.screen.screen("purple zebra tonight").danger
    change(folder / "crisis/phrases/en.yaml", "[kill myself, end my life]", "[kill myself, end my life, purple zebra]")
    after = adapted(engine, before, load(folder))
    assert isinstance(after, Engine)
    assert after.screen.screen("purple zebra tonight").danger


def test_a_phrasing_that_misleads_is_found_by_the_quick_way_as_by_the_slow(folder):
    change(
        folder / "passages/naps.yaml",
        "  - forty winks, helpful?",
        "  - does a fixed hour for getting up teach the body its rhythm",
    )
    retriever = learnt(folder)
    slow = {
        (e.id, p)
        for e in retriever.entries
        if e.group == "passage"
        for p in e.phrasings
        if best(retriever, p) != e.id
    }  # fmt: skip
    assert {(m.owner.id, m.phrasing) for m in misled(retriever, silent)} == slow


def test_confusions_are_those_of_leaving_each_phrasing_out(folder):
    """The shortcut's predictions, against learning without one phrasing for real."""
    retriever = learnt(folder)
    found = {(c.owner, c.rival): c.lost for c in confusions(retriever, silent)}
    slow: dict[tuple[str, str], int] = {}
    x = retriever.dense_rows(np.arange(len(retriever._phrasings)))
    gram, moment = retriever.normal
    for row, owner in enumerate(retriever._owner):
        if retriever.entries[owner].group != "passage":
            continue
        less = moment.copy()
        less[:, owner] -= x[row]
        weights = np.linalg.solve(gram - np.outer(x[row], x[row]), less)
        first = int((x[row] @ weights).argmax())
        if first != owner and retriever.entries[first].group == "passage":
            pair = (retriever.entries[owner].id, retriever.entries[first].id)
            slow[pair] = slow.get(pair, 0) + 1
    assert found == slow
    assert found


@pytest.mark.parametrize("phrase", [".*", "(a+)+$", "[a-z ]+", "kill|hello", "\\\\w"])
def test_a_phrase_of_danger_is_read_as_it_stands(folder, phrase):
    """Signs of patterns mean themselves: no phrase of a curator can match everything, or take long."""
    change(
        folder / "crisis/phrases/en.yaml",
        "[kill myself, end my life]",
        f"[kill myself, end my life, '{phrase}']",
    )
    screen = build(load(folder)).screen
    assert not screen.screen("hello there").danger
    assert not screen.screen("a" * 2_000 + "!").danger
    assert screen.screen("I want to kill myself").danger
