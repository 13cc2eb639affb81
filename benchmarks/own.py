"""Our side of the comparison: the product's own retriever on any set of entries, and how far it trusts itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.embedding import shipped_table
from assistant.engine import OUTCOMES, PASSAGE, Engine
from assistant.learning import SoftmaxRegression
from assistant.retrieval import Entry, Ranking, Retriever

FOLDS = 5  # of the self-test
PENALTY = 3.0  # of its regression, as in the engine


def learnt(entries: Sequence[Entry]) -> Retriever:
    """Return the product's retriever for *entries*: the only place here that knows how it is made."""
    return Retriever(entries, shipped_table())


def scores(ranking: Ranking, number: dict[str, int]) -> np.ndarray:
    """Return one score a passage; minus infinity for those that the retriever did not look at closely."""
    out = np.full(len(number), -np.inf)
    for candidate in ranking.candidates:
        if candidate.group == PASSAGE:
            out[number[candidate.id]] = candidate.score
    return out


class Ours:
    """The retriever on passages alone: its confidence is its best score, or what a self-test makes of the signals.

    The self-test needs no judged question. In each of `FOLDS` rounds every fifth entry is taken away
    with all its phrasings, which are then questions out of scope, and every fifth phrasing of the
    others, which are questions in scope; the retriever learns from the rest and is asked both. A
    logistic regression on the signals then tells which answers were right.
    """

    def __init__(self, entries: Sequence[Entry], *, self_test: bool) -> None:
        self._retriever = learnt(entries)
        self._number = {e.id: i for i, e in enumerate(entries)}
        self._trust = _self_tested(entries) if self_test else None

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


def _self_tested(entries: Sequence[Entry]) -> SoftmaxRegression:
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
