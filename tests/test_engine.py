"""What is learnt from a folder, and what a folder goes by that has few judged questions."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np

from assistant import engine
from assistant.dialogue import Dialogue
from assistant.encoder import shipped_encoder
from assistant.engine import OUTCOMES, shipped_confidence
from assistant.knowledge import load
from assistant.replies import kind
from assistant.retrieval import Entry, Retriever
from tests.folders import small


def test_the_shipped_confidence_is_not_out_of_date(dialogue):
    """After a change of the ranking or the knowledge, ``python benchmarks/confidence.py`` makes it anew."""
    retriever, learnt = dialogue.engine.retriever, dialogue.engine.confidence
    judged = [j.turns[0].question for j in dialogue.knowledge.judged if len(j.turns) == 1][::7]
    signals = np.stack([retriever.rank(question).signals for question in judged])
    old, new = shipped_confidence(retriever).probabilities(signals), learnt.probabilities(signals)
    assert (old.argmax(1) == new.argmax(1)).mean() > 0.97


def test_a_small_folder_of_its_own_answers_what_it_knows_and_nothing_else(tmp_path):
    small(tmp_path / "own")
    talk = Dialogue.build(load(tmp_path / "own"))
    asked = {
        "Which famous tower stands in Paris?": "unknown",
        "should I take melatonin": "clinical",
        "How do I fix a dripping tap?": "unknown",
    }
    assert {q: kind(talk.respond(q)) for q in asked} == asked
    own = [p.ask for p in talk.knowledge.passages.values()]
    assert {kind(talk.respond(q)) for q in own} == {"answer"}


def test_an_outcome_without_a_group_is_never_the_answer():
    naps = Entry("naps", "passage", ("is a short nap good for me", "how long should I nap", "nap or no nap"))
    retriever = Retriever([naps], shipped_encoder())
    chances = shipped_confidence(retriever).probabilities(retriever.rank("do I have to take this pill").signals)
    never = [OUTCOMES.index(outcome) for outcome in ("clinical", "smalltalk", "followup")]
    assert chances[never].max() < 1e-6


BESIDE = """
import os, sys
from pathlib import Path
from assistant import engine
from assistant.knowledge import load

knowledge = load(Path(sys.argv[1]))
engine.SHARED_FROM = 0
os.sched_getaffinity = lambda process: {0, 1}  # as on a machine with two processors
child = engine._learn_beside(knowledge)
assert child, "nothing was begun beside"
os.waitpid(child, 0)
assert engine._learn_beside(knowledge) == 0, "learnt twice"
kept = [path.name for path in engine.cache_folder().glob("screen-*.pickle")]
engine.CrisisScreen = None  # nobody learns it again
assert engine.build(knowledge).screen.screen("I want to kill myself").danger
print(*kept)
"""


def printed(program: str, folder: Path) -> str:
    """Return what *program* prints of a small knowledge folder, with a cache of its own; it must end well."""
    small(folder / "own")
    run = subprocess.run(
        [sys.executable, "-c", program, str(folder / "own")],
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_screen_is_learnt_beside_the_rest_and_only_once(tmp_path):
    assert len(printed(BESIDE, tmp_path).split()) == 1


def test_what_is_used_is_not_thrown_out_of_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(engine, "KEPT_BYTES", 6 * len(pickle.dumps("used", protocol=5)) + 6)
    used = engine._kept("part", "used", lambda: "used")
    for other in range(20):
        engine._kept("part", other, lambda: "more")
        assert engine._kept("part", "used", lambda: "made again") == used
        for path in (tmp_path / "psychoeducation-assistant").iterdir():
            os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns - 1_000_000_000))
    assert len(list((tmp_path / "psychoeducation-assistant").iterdir())) == 6
    assert engine._kept("part", 0, lambda: "made again") == "made again", "unused for longest, it had to go"


def test_a_part_that_is_larger_than_all_room_is_kept_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(engine, "KEPT_BYTES", 10)
    for part in ("first", "second"):
        engine._kept("part", part, lambda: "x" * 100)
    assert engine._kept("part", "second", lambda: "made again") == "x" * 100
    assert engine._kept("part", "first", lambda: "made again") == "made again"


REAPED = """
import os, signal, sys
from pathlib import Path
from assistant import engine
from assistant.knowledge import load

engine.SHARED_FROM = 0
os.sched_getaffinity = lambda process: {0, 1}
signal.signal(signal.SIGCHLD, lambda *_: os.waitpid(-1, os.WNOHANG))
engine.build(load(Path(sys.argv[1])))
"""


def test_it_does_not_matter_who_hears_first_that_the_screen_is_learnt(tmp_path):
    """A master process of gunicorn waits for every child that ends, so that nobody else can."""
    printed(REAPED, tmp_path)
