"""Everything that is learnt from one knowledge folder, computed once and kept."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from assistant import kept, lifeline
from assistant.crisis import CrisisScreen
from assistant.embedding import shipped_table
from assistant.encoder import shipped_encoder
from assistant.knowledge import Knowledge
from assistant.learning import SoftmaxRegression
from assistant.passages import Passage
from assistant.retrieval import Entry, Retriever
from assistant.text import sentences

PASSAGE, UNCOVERED, CLINICAL, SMALL_TALK, FOLLOW_UP = "passage", "uncovered", "clinical", "smalltalk", "followup"
OUTCOMES = ("answer", "unknown", "clinical", "smalltalk", "followup")
_GROUP_OUTCOME = dict(zip((PASSAGE, UNCOVERED, CLINICAL, SMALL_TALK, FOLLOW_UP), OUTCOMES, strict=True))
JUDGED_ENOUGH = 200  # judged questions from which the confidence is learnt on them, not on the shipped ones
PENALTY = 3.0  # of the regression that tells outcomes apart
FOLLOW_UP_STEP = 5  # every fifth follow-up, ranked as if it were new
PLAIN = 4_000  # questions on subjects not covered from which the crisis screen learns: with twice as many, and all
# that the shipped passages are asked, it raised false alarms (2 of 485) and saw no more danger
DANGERS_AN_ORDINARY = 5  # examples of danger for each ordinary question: of shipped ones there are so many
NEVER = 40.0  # log-odds that rule an outcome out


@dataclass(frozen=True, eq=False)
class Engine:
    """The crisis screen, the retriever (none without passages), and how far to trust it."""

    screen: CrisisScreen
    retriever: Retriever | None
    confidence: SoftmaxRegression | None


def build(knowledge: Knowledge) -> Engine:
    """Learn, or load from where it is kept, all that *knowledge* needs for answering."""
    screen = screen_for(knowledge)
    retriever = retriever_for(knowledge) if knowledge.passages else None
    return Engine(screen, retriever, confidence_for(knowledge, retriever) if retriever else None)


def screen_for(knowledge: Knowledge) -> CrisisScreen:
    """Learn, or load from the cache, the crisis screen alone."""
    inputs = screen_inputs(knowledge)
    return kept.kept(
        "screen", inputs, lambda: CrisisScreen(**inputs, table=shipped_table(), embedder=shipped_encoder())
    )


def screen_inputs(knowledge: Knowledge) -> dict[str, Any]:
    """Return what `CrisisScreen` learns from, by the names of its parameters.

    What the shipped passages are asked is harmless in any folder, and stands for what a folder's own are asked, so
    that their edits leave the screen as it is.
    """
    library = knowledge.crisis
    topical = [p for e in entries_of(knowledge) if e.group == UNCOVERED for p in e.phrasings]
    others = topical[:: max(1, len(topical) // PLAIN)]
    others += [p for e in entries_of(knowledge) if e.group not in (PASSAGE, UNCOVERED) for p in e.phrasings]
    return {
        "phrases": phrases_of(knowledge),
        "danger": library.danger,
        "lookalikes": library.lookalikes,
        "others": (*_ordinary(sum(map(len, library.danger.values()))), *others, *knowledge.clinical_lookalikes),
        "judged": tuple(
            (t.question, t.kind == "crisis") for j in knowledge.judged if len(j.turns) == 1 for t in j.turns
        ),
    }


def _ordinary(dangers: int) -> list[str]:
    """Return what the shipped passages are asked: so little that few examples of danger do not drown in it."""
    asked = (kept.DATA / "ordinary.txt").read_text("utf-8").splitlines()
    most = dangers // DANGERS_AN_ORDINARY
    return asked[:: ceil(len(asked) / most)] if most else []


def confidence_for(knowledge: Knowledge, retriever: Retriever) -> SoftmaxRegression:
    """Learn, or load from the cache, how far to trust *retriever*; from the shipped questions if there are few."""
    inputs = confidence_inputs(knowledge)
    judged = inputs[1]
    if len(judged) < JUDGED_ENOUGH:
        return shipped_confidence(retriever)
    return kept.kept("confidence", inputs, lambda: _confidence(retriever, judged))


def confidence_inputs(knowledge: Knowledge) -> tuple[tuple[Entry, ...], list[tuple[str, str]], tuple[float, ...]]:
    """Return what the confidence is learnt from: the entries, the judged questions with their outcomes, and how."""
    turns = [t for j in knowledge.judged if len(j.turns) == 1 for t in j.turns]
    return entries_of(knowledge), [(t.question, t.kind) for t in turns if t.kind in OUTCOMES], (FOLLOW_UP_STEP, PENALTY)


def entries_of(knowledge: Knowledge) -> tuple[Entry, ...]:
    """Return all that an utterance can mean, passages first; none without phrasings."""
    entries = [Entry(p.id, PASSAGE, phrasings(p)) for p in knowledge.passages.values()]
    entries += [Entry(t.id, UNCOVERED, t.questions) for t in knowledge.uncovered.values()]
    entries += [Entry(k.id, CLINICAL, k.examples) for k in knowledge.clinical.values() if k.examples]
    entries += [Entry(s.id, SMALL_TALK, s.questions) for s in knowledge.small_talk.values()]
    entries += [Entry(f.id, FOLLOW_UP, f.questions) for f in knowledge.follow_ups.values()]
    return tuple(e for e in entries if e.phrasings)


def phrases_of(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Return the phrases of danger by category: the built-in ones and the folder's."""
    own = knowledge.crisis.phrases
    return {c: (*lifeline.PHRASES.get(c, ()), *own.get(c, ())) for c in {**lifeline.PHRASES, **own}}


def phrasings(passage: Passage) -> tuple[str, ...]:
    """Return all that finds *passage*: its questions, title, and the sentences of its own text."""
    return (*passage.questions, passage.title, passage.ask, *sentences(passage.text))


def _confidence(retriever: Retriever, judged: list[tuple[str, str]]) -> SoftmaxRegression:
    """Learn on *judged* questions which outcome the signals speak for."""
    signals = [ranking.signals for ranking in retriever.rank_each([question for question, _ in judged])]
    labels = [OUTCOMES.index(wanted) for _, wanted in judged]
    owners = [e.group for e in retriever.entries for _ in e.phrasings]
    for i in range(0, len(owners), FOLLOW_UP_STEP):
        if owners[i] == FOLLOW_UP:  # no judged question stands for these: they have a turn before them
            signals.append(retriever.leave_one_out(i).signals)
            labels.append(OUTCOMES.index(_GROUP_OUTCOME[FOLLOW_UP]))
    return SoftmaxRegression.fit(np.stack(signals), np.array(labels), len(OUTCOMES), penalty=PENALTY)


def shipped_confidence(retriever: Retriever) -> SoftmaxRegression:
    """Return what the shipped knowledge's judged questions taught, for the groups that *retriever* has.

    Made by ``benchmarks/learnt.py``. A signal of a group that is not there counts as a usual one, and
    what that group stands for is never the outcome.
    """
    with np.load(Path(__file__).parent / "data" / "confidence.npz") as stored:
        names = stored["names"].tolist()
        mean, spread, weights = stored["mean"], stored["spread"], stored["weights"].copy()
    rows = [names.index(name) for name in retriever.signal_names]
    for group, outcome in _GROUP_OUTCOME.items():
        if group not in retriever.groups and outcome != "unknown":
            weights[-1, OUTCOMES.index(outcome)] -= NEVER
    return SoftmaxRegression(mean[rows], spread[rows], weights[[*rows, -1]])


def retriever_for(knowledge: Knowledge) -> Retriever:
    """Learn, or load from the cache, the retriever alone."""
    entries = entries_of(knowledge)
    return kept.kept("retriever", entries, lambda: Retriever(entries, shipped_encoder(), kept.embeddings))


def kept_retriever(knowledge: Knowledge | None = None) -> Retriever | None:
    """Return the retriever of *knowledge* if it is kept; without *knowledge*, the one that was used last."""
    return kept.newest("retriever") if knowledge is None else kept.look("retriever", entries_of(knowledge))
