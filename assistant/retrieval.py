"""Ranks what the knowledge has against an utterance.

Every kind of thing that an utterance can mean is an *entry* with phrasings: a passage, a topic
that the sources do not cover, a kind of clinical question, a kind of small talk. One ridge
regression learns a weight for each feature and entry; the best candidates are then compared
with each of their phrasings. An entry's score is both together: what its phrasings have in
common, plus half of how near the nearest one is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.embedding import Embedder
from assistant.features import (
    EMBEDDING_WEIGHT,
    GRAM_WEIGHT,
    SKETCH,
    STEM_WEIGHT,
    Features,
    Rows,
    Vectoriser,
    sketch,
    stack,
)
from assistant.learning import gram_matrix, solve
from assistant.spelling import Speller
from assistant.text import fold, words

PENALTY = 0.3  # of the ridge regression; 0.1 to 1 changed the public sets by less than a point
NEAREST_SHARE = 0.5  # weight of the nearest phrasing beside the learnt score
CANDIDATES = 24  # entries whose phrasings are compared
COMPARED = 200  # phrasings compared in all views: those nearest in meaning
NEIGHBOURS = 12  # phrasings that vote on the group
TOTAL_WEIGHT = GRAM_WEIGHT + STEM_WEIGHT + EMBEDDING_WEIGHT


@dataclass(frozen=True)
class Entry:
    """Something an utterance can mean: its id, its group (``passage`` …) and ways to say it."""

    id: str
    group: str
    phrasings: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """An entry with its score (about 0 to 1.5, no unit) and its nearest phrasing (similarity 0 to 1)."""

    id: str
    group: str
    score: float
    similarity: float
    phrasing: str


@dataclass(frozen=True)
class Ranking:
    """Candidates, best first, and the signals that tell how far to trust them."""

    candidates: tuple[Candidate, ...]
    signals: np.ndarray
    words: int

    def of(self, group: str) -> tuple[Candidate, ...]:
        """Return the candidates of one *group*, best first; may be empty."""
        return tuple(c for c in self.candidates if c.group == group)


class Retriever:
    """Learnt from entries once; ranks any utterance in about a millisecond."""

    def __init__(self, entries: Sequence[Entry], embedder: Embedder, *, weights: np.ndarray | None = None) -> None:
        self.entries = tuple(entries)
        self.groups = tuple(dict.fromkeys(e.group for e in entries))
        self._phrasings = [p for e in entries for p in e.phrasings]
        self._owner = np.repeat(np.arange(len(entries)), [len(e.phrasings) for e in entries])
        self._bounds = np.concatenate(([0], np.cumsum([len(e.phrasings) for e in entries])))
        self._group_of = np.array([self.groups.index(e.group) for e in entries])
        tokens = [words(fold(p)) for p in self._phrasings]
        self.speller = Speller(tokens, embedder.tokenizer.common_words)
        self.vectoriser, features = Vectoriser.fit(tokens, embedder)
        self._grams, self._stems = stack(features, "gram"), stack(features, "stem")
        self._embeddings = np.stack([f.embedding for f in features])
        self.normal: tuple[np.ndarray, np.ndarray] | None = None
        if weights is None:
            x = np.stack([self._dense(f) for f in features])
            sums = np.add.reduceat(x, self._bounds[:-1])  # x'y, since each phrasing has one owner
            self.normal = gram_matrix(x, PENALTY), sums.T.copy()
            weights = solve(*self.normal)
        self.weights = weights

    @property
    def signal_names(self) -> tuple[str, ...]:
        """Names of the numbers in `Ranking.signals`, in order."""
        each = ("learnt sum", "best score", "nearest", "share of neighbours")
        shared = ("margin", "known grams", "known stems", "length", "nearest meaning", "best two agree")
        return tuple(f"{g}: {n}" for g in self.groups for n in each) + shared

    def _dense(self, f: Features) -> np.ndarray:
        out = np.empty(SKETCH + len(f.embedding), np.float32)
        out[:SKETCH] = sketch(f.gram_ids, f.gram_values, 0) * np.float32((GRAM_WEIGHT / TOTAL_WEIGHT) ** 0.5)
        out[:SKETCH] += sketch(f.stem_ids, f.stem_values, 1) * np.float32((STEM_WEIGHT / TOTAL_WEIGHT) ** 0.5)
        out[SKETCH:] = f.embedding * np.float32((EMBEDDING_WEIGHT / TOTAL_WEIGHT) ** 0.5)
        return out

    def features_of(self, row: int) -> Features:
        """Return the features of phrasing number *row*."""
        grams, stems = (slice(view.starts[row], view.starts[row + 1]) for view in (self._grams, self._stems))
        return Features(
            self._grams.ids[grams].astype(np.int64), self._grams.values[grams],
            self._stems.ids[stems].astype(np.int64), self._stems.values[stems],
            self._embeddings[row], 1.0, 1.0, 0,
        )  # fmt: skip

    def dense_row(self, row: int) -> np.ndarray:
        """Return phrasing number *row* as the regression sees it."""
        return self._dense(self.features_of(row))

    def rank(self, utterance: str) -> Ranking:
        """Rank entries by how well they fit *utterance*; never empty as long as there are entries."""
        return self.rank_features(self.vectoriser.features(self.speller.repair(words(fold(utterance)))))

    def rank_features(self, f: Features, left_out: int = -1) -> Ranking:
        """Rank by features; the phrasing *left_out* does not count as a neighbour (for self-tests)."""
        learnt = self._dense(f) @ self.weights
        chosen = np.argsort(-learnt, kind="stable")[:CANDIDATES]
        rows = np.concatenate([np.arange(self._bounds[c], self._bounds[c + 1]) for c in chosen])
        meaning = np.concatenate(
            [self._embeddings[self._bounds[c] : self._bounds[c + 1]] @ f.embedding for c in chosen]
        )
        similarity = self._similarities(f, rows, meaning)
        if left_out >= 0:
            similarity[rows == left_out] = -1
        order = np.argsort(-similarity, kind="stable")[: max(NEIGHBOURS, 1)]
        starts = np.concatenate(([0], np.cumsum(self._bounds[chosen + 1] - self._bounds[chosen])))
        nearest = {
            int(c): int(a + similarity[a:b].argmax()) for c, a, b in zip(chosen, starts, starts[1:], strict=False)
        }
        candidates = sorted(
            (
                Candidate(
                    self.entries[c].id,
                    self.entries[c].group,
                    float(learnt[c] + NEAREST_SHARE * similarity[nearest[c]]),
                    float(similarity[nearest[c]]),
                    self._phrasings[rows[nearest[c]]],
                )
                for c in map(int, chosen)
            ),
            key=lambda c: (-c.score, c.id),
        )
        signals = self._signals(f, learnt, candidates, similarity, rows, order, meaning)
        return Ranking(tuple(candidates), signals, f.length)

    def _similarities(self, f: Features, rows: np.ndarray, meaning: np.ndarray) -> np.ndarray:
        """Return each phrasing's similarity in all views together; *meaning* is that by embedding alone."""
        total = EMBEDDING_WEIGHT * meaning
        near = np.argpartition(-meaning, COMPARED)[:COMPARED] if len(rows) > COMPARED else np.arange(len(rows))
        for view, ids, values, weight in (
            (self._grams, f.gram_ids, f.gram_values, GRAM_WEIGHT),
            (self._stems, f.stem_ids, f.stem_values, STEM_WEIGHT),
        ):
            total[near] += weight * _sparse_dot(view, ids, values, rows[near])
        return total / TOTAL_WEIGHT

    def _signals(
        self,
        f: Features,
        learnt: np.ndarray,
        candidates: Sequence[Candidate],
        similarity: np.ndarray,
        rows: np.ndarray,
        order: np.ndarray,
        meaning: np.ndarray,
    ) -> np.ndarray:
        sums = np.bincount(self._group_of, learnt, len(self.groups))
        close = order[:NEIGHBOURS]
        votes = np.maximum(similarity[close], 0) ** 4
        share = np.bincount(self._group_of[self._owner[rows[close]]], votes, len(self.groups))
        share = share / (votes.sum() + 1e-9)
        out = []
        for i, group in enumerate(self.groups):
            own = [c for c in candidates if c.group == group]
            best = max((c.score for c in own), default=0.0)
            near = max((c.similarity for c in own), default=0.0)
            out += [sums[i], best, near, share[i]]
        margin = candidates[0].score - candidates[1].score if len(candidates) > 1 else candidates[0].score
        top = self._owner[rows[order[0]]]
        agree = float(self.entries[top].id == candidates[0].id)
        out += [margin, f.gram_known, f.stem_known, np.log1p(f.length), float(meaning.max(initial=0.0)), agree]
        return np.array(out)

    def leave_one_out(self, index: int) -> Ranking:
        """Rank phrasing number *index* as if it were no neighbour of itself (its learnt share stays)."""
        tokens = words(fold(self._phrasings[index]))
        return self.rank_features(self.vectoriser.features(tokens), index)


def _sparse_dot(view: Rows, ids: np.ndarray, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    dense = np.zeros(view.width, np.float32)
    dense[ids] = values
    return view.dot(dense, rows)
