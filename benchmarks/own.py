"""Our side of the comparison: the product's own retriever on any set of entries, and how far it trusts itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.encoder import shipped_encoder
from assistant.engine import OUTCOMES, PASSAGE, Engine
from assistant.learning import SoftmaxRegression
from assistant.retrieval import Entry, Ranking, Retriever
from benchmarks.questions import Set

FOLDS = 5  # of the self-test
PENALTY = 3.0  # of its regression, as in the engine


def learnt(entries: Sequence[Entry]) -> Retriever:
    """Return the product's retriever for *entries*: the only place here that knows how it is made."""
    return Retriever(entries, shipped_encoder())


def scores(ranking: Ranking, number: dict[str, int]) -> np.ndarray:
    """Return one score a passage; minus infinity for those that the retriever did not look at closely."""
    out = np.full(len(number), -np.inf)
    for candidate in ranking.candidates:
        if candidate.group == PASSAGE:
            out[number[candidate.id]] = candidate.score
    return out


class Ours:
    """The retriever on passages alone: it trusts its best score, or what *trust* makes of the signals."""

    def __init__(self, entries: Sequence[Entry], trust: SoftmaxRegression | None = None) -> None:
        self._retriever = learnt(entries)
        self._number = {e.id: i for i, e in enumerate(entries)}
        self._trust = trust

    def ask(self, question: str) -> tuple[np.ndarray, float]:
        ranking = self._retriever.rank(question)
        found = scores(ranking, self._number)
        if self._trust is None:
            return found, float(found.max())
        return found, float(self._trust.probabilities(ranking.signals)[1])


class Product:
    """The engine on the shipped knowledge, with all that it learns from: its confidence is that of an answer."""

    def __init__(self, engine: Engine, ids: Sequence[str]) -> None:
        assert engine.retriever is not None
        assert engine.confidence is not None
        self._retriever, self._confidence = engine.retriever, engine.confidence
        self._number = {id: i for i, id in enumerate(ids)}

    def ask(self, question: str) -> tuple[np.ndarray, float]:
        ranking = self._retriever.rank(question)
        p = dict(zip(OUTCOMES, self._confidence.probabilities(ranking.signals).tolist(), strict=True))
        return scores(ranking, self._number), p["answer"] / max(1 - p["followup"], 1e-9)


def self_tested(entries: Sequence[Entry]) -> SoftmaxRegression:
    """Learn from the entries alone, without a judged question, how far the signals can be trusted.

    In each of `FOLDS` rounds every fifth entry is taken away with all its phrasings, which are then
    questions out of scope, and every fifth phrasing of the others, which are questions in scope; the
    retriever learns from the rest and is asked both. A logistic regression tells which were right.
    """
    signals, labels = [], []
    for fold in range(FOLDS):
        kept, asked = [], []
        for i, entry in enumerate(entries):
            outside = i % FOLDS == fold
            held = [p for j, p in enumerate(entry.phrasings) if outside or (i + j) % FOLDS == fold]
            rest = tuple(p for p in entry.phrasings if p not in held)
            asked += [(p, "" if outside else entry.id) for p in held]
            if rest and not outside:
                kept.append(Entry(entry.id, entry.group, rest))
        if len(kept) < 2:
            continue
        retriever = learnt(kept)
        for phrasing, owner in asked:
            ranking = retriever.rank(phrasing)
            signals.append(ranking.signals)
            labels.append(int(ranking.candidates[0].id == owner))
    return SoftmaxRegression.fit(np.stack(signals), np.array(labels), 2, penalty=PENALTY)


class Teacher:
    """Learns how far the signals can be trusted from the judged questions of other sets, never of the same family."""

    def __init__(self, sets: Sequence[Set]) -> None:
        self._seen = {}
        for asked in sets:
            retriever = learnt(asked.passages)
            found = [(retriever.rank(q.question), q.gold) for q in asked.questions]
            right = np.array([int(ranking.candidates[0].id in gold) for ranking, gold in found])
            self._seen[asked.name] = np.stack([ranking.signals for ranking, _ in found]), right

    def taught(self, name: str) -> SoftmaxRegression | None:
        """Return what the other families teach; nothing where there is no other."""
        others = [seen for other, seen in self._seen.items() if family(other) != family(name)]
        if not others:
            return None
        return SoftmaxRegression.fit(
            np.concatenate([signals for signals, _ in others]),
            np.concatenate([right for _, right in others]),
            2,
            penalty=PENALTY,
        )


def family(name: str) -> str:
    """Return what sets of one maker have in common: ``hint3`` of ``hint3_curekart``."""
    return name.split("_")[0]
