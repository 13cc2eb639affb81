"""What was learnt before: shipped and not out of date, or kept in the cache folder, of which not too much is kept."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace

import numpy as np

from assistant import engine, kept
from assistant.encoder import shipped_encoder
from assistant.engine import shipped_confidence
from assistant.text import fold, words

DUE = "after a change of what learns or of the knowledge, run: python benchmarks/learnt.py"


def test_what_the_shipped_knowledge_taught_is_shipped(dialogue):
    knowledge = dialogue.knowledge
    for name, inputs in (
        ("screen", engine.screen_inputs(knowledge)),
        ("confidence", engine.confidence_inputs(knowledge)),
    ):
        assert kept.path_in(kept.SHIPPED, name, inputs).is_file(), DUE
    with np.load(kept.texts_file()) as stored:
        known = set(stored["hashes"].tolist())
    texts = [" ".join(words(fold(p))) for e in engine.entries_of(knowledge) for p in e.phrasings]
    assert not [t for t, own in zip(texts, kept.hashes(texts).tolist(), strict=True) if own not in known], DUE
    assert len(list(kept.SHIPPED.iterdir())) == 3, DUE


def test_an_edited_passage_leaves_the_crisis_screen_as_it_is(dialogue):
    knowledge = dialogue.knowledge
    id, passage = next(iter(knowledge.passages.items()))
    edited = replace(passage, text="Other words.", questions=("May I ask something else?", *passage.questions))
    changed = replace(knowledge, passages={**knowledge.passages, id: edited})
    assert kept.is_kept("screen", engine.screen_inputs(changed))
    assert engine.entries_of(changed) != engine.entries_of(knowledge)


def test_of_a_folder_only_texts_are_read_that_are_not_shipped(dialogue, monkeypatch):
    read: list[str] = []
    encoder = shipped_encoder()

    class Listening:
        def matrix(self, texts):
            read.extend(texts)
            return encoder.matrix(texts)

    monkeypatch.setattr(kept, "shipped_encoder", Listening)
    known = [" ".join(words(fold(p.title))) for p in dialogue.knowledge.passages.values()]
    texts = [known[0], "a text that nobody shipped", known[1]]
    found = kept.embeddings(texts)
    assert read == ["a text that nobody shipped"]
    assert np.allclose(found.rows(), encoder.matrix(texts), atol=0.002)


def test_without_shipped_embeddings_all_is_read(monkeypatch, tmp_path):
    monkeypatch.setattr(kept, "SHIPPED", tmp_path)
    assert np.allclose(kept.embeddings(["one text"]).rows(), shipped_encoder().matrix(["one text"]), atol=0.002)


def test_a_damaged_part_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept.SHIPPED.mkdir()
    kept.save(kept.path_in(kept.SHIPPED, "part", "inputs"), "shipped")
    assert kept.kept("part", "inputs", lambda: "made") == "shipped"
    kept.path_in(kept.SHIPPED, "part", "inputs").write_bytes(b"cut sh")
    assert kept.kept("part", "inputs", lambda: "made") == "made"


def test_the_shipped_confidence_is_not_out_of_date(dialogue):
    """After a change of the ranking or the knowledge, ``python benchmarks/learnt.py`` makes it anew."""
    retriever, learnt = dialogue.engine.retriever, dialogue.engine.confidence
    judged = [j.turns[0].question for j in dialogue.knowledge.judged if len(j.turns) == 1][::7]
    signals = np.stack([retriever.rank(question).signals for question in judged])
    old, new = shipped_confidence(retriever).probabilities(signals), learnt.probabilities(signals)
    assert (old.argmax(1) == new.argmax(1)).mean() > 0.97


def test_what_is_used_is_not_thrown_out_of_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kept, "KEPT_BYTES", 6 * len(pickle.dumps("used", protocol=5)) + 6)
    used = kept.kept("part", "used", lambda: "used")
    for other in range(20):
        kept.kept("part", other, lambda: "more")
        assert kept.kept("part", "used", lambda: "made again") == used
        for path in (tmp_path / "psychoeducation-assistant").iterdir():
            os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns - 1_000_000_000))
    assert len(list((tmp_path / "psychoeducation-assistant").iterdir())) == 6
    assert kept.kept("part", 0, lambda: "made again") == "made again", "unused for longest, it had to go"


def test_a_part_that_is_larger_than_all_room_is_kept_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kept, "KEPT_BYTES", 10)
    for part in ("first", "second"):
        kept.kept("part", part, lambda: "x" * 100)
    assert kept.kept("part", "second", lambda: "made again") == "x" * 100
    assert kept.kept("part", "first", lambda: "made again") == "made again"
