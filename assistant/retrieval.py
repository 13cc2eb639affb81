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

from assistant.embedding import Embedder, OneTurn
from assistant.features import (
    EMBEDDING_SHARE,
    SKETCH,
    Features,
    Vectoriser,
    sketch,
    stack,
)
from assistant.learning import solve
from assistant.spelling import Speller
from assistant.text import fold, words

PENALTY = 0.3  # of the ridge regression; 0.1 to 1 changed the public sets by less than a point
NEAREST_SHARE = 0.5  # weight of the nearest phrasing beside the learnt score
CANDIDATES = 16  # entries whose phrasings are compared; 24 took half as long again and judged no better
COMPARED = 60  # phrasings compared in all views: those nearest in meaning
STRIPE = 2_048  # phrasings learnt from at a time
NEIGHBOURS = 12  # phrasings that vote on the group


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
        self._sparse = stack(features)
        self._embeddings = np.stack([f.embedding for f in features])
        self.normal: tuple[np.ndarray, np.ndarray] | None = None
        if weights is None:
            self.normal = self._normal(features)
            weights = solve(*self.normal)
        self.weights = weights

    def _normal(self, features: Sequence[Features]) -> tuple[np.ndarray, np.ndarray]:
        """Return the regression's normal equations, x'x + penalty and x'y, summed over stripes of *features*."""
        width = SKETCH + self._embeddings.shape[1]
        gram = np.zeros((width, width), np.float32)
        sums = np.zeros((len(self.entries), width), np.float32)
        for start in range(0, len(features), STRIPE):
            x = np.stack([self._dense(f) for f in features[start : start + STRIPE]])
            gram += x.T @ x
            owners, first = np.unique(self._owner[start : start + STRIPE], return_index=True)
            sums[owners] += np.add.reduceat(x, first)
        gram[np.diag_indices(width)] += PENALTY
        return gram, sums.T

    @property
    def signal_names(self) -> tuple[str, ...]:
        """Names of the numbers in `Ranking.signals`, in order."""
        each = ("learnt sum", "best score", "nearest", "share of neighbours")
        shared = ("margin", "known grams", "known stems", "length", "nearest meaning", "best two agree")
        return tuple(f"{g}: {n}" for g in self.groups for n in each) + shared

    def _dense(self, f: Features) -> np.ndarray:
        return np.concatenate((sketch(f.ids, f.values), f.embedding * np.float32(EMBEDDING_SHARE**0.5)))

    def features_of(self, row: int) -> Features:
        """Return the features of phrasing number *row*."""
        own = slice(self._sparse.starts[row], self._sparse.starts[row + 1])
        return Features(self._sparse.ids[own], self._sparse.values[own], self._embeddings[row], 1.0, 1.0, 0)

    def dense_row(self, row: int) -> np.ndarray:
        """Return phrasing number *row* as the regression sees it."""
        return self._dense(self.features_of(row))

    def rank(self, utterance: str, embedder: Embedder | None = None) -> Ranking:
        """Rank entries by how well they fit *utterance*; never empty as long as there are entries."""
        return self.rank_features(self.vectoriser.features(self._tokens(utterance), embedder))

    def rank_each(self, utterances: Sequence[str]) -> list[Ranking]:
        """Rank entries for each of *utterances*: many in one go are encoded in a third of the time."""
        tokens = [self._tokens(utterance) for utterance in utterances]
        embedder = OneTurn(self.vectoriser.embedder)
        embedder.matrix([" ".join(each) for each in tokens])
        return [self.rank_features(self.vectoriser.features(each, embedder)) for each in tokens]

    def _tokens(self, utterance: str) -> list[str]:
        return self.speller.repair(words(fold(utterance)))

    def rank_features(self, f: Features, left_out: int = -1) -> Ranking:
        """Rank by features; the phrasing *left_out* does not count as a neighbour (for self-tests)."""
        learnt = self._dense(f) @ self.weights
        chosen = _largest(learnt, CANDIDATES)
        counts = self._bounds[chosen + 1] - self._bounds[chosen]
        starts = np.concatenate(([0], np.cumsum(counts)))
        rows = np.arange(starts[-1]) + np.repeat(self._bounds[chosen] - starts[:-1], counts)
        meaning = np.concatenate(
            [self._embeddings[self._bounds[c] : self._bounds[c + 1]] @ f.embedding for c in chosen.tolist()]
        )
        similarity = self._similarities(f, rows, meaning)
        if left_out >= 0:
            similarity[rows == left_out] = -1
        candidates = []
        for c, start, end in zip(chosen.tolist(), starts.tolist(), starts[1:].tolist(), strict=False):
            nearest = start + int(similarity[start:end].argmax())
            near = float(similarity[nearest])
            score = float(learnt[c]) + NEAREST_SHARE * near
            entry = self.entries[c]
            candidates.append(Candidate(entry.id, entry.group, score, near, self._phrasings[rows[nearest]]))
        candidates.sort(key=lambda c: (-c.score, c.id))
        signals = self._signals(f, learnt, candidates, similarity, rows, meaning)
        return Ranking(tuple(candidates), signals, f.length)

    def _similarities(self, f: Features, rows: np.ndarray, meaning: np.ndarray) -> np.ndarray:
        """Return each phrasing's similarity in all views together; *meaning* is that by embedding alone."""
        total = np.float32(EMBEDDING_SHARE) * meaning
        near = _largest(meaning, COMPARED)
        dense = np.zeros(self._sparse.width, np.float32)
        dense[f.ids] = f.values
        total[near] += self._sparse.dot(dense, rows[near])
        return total

    def _signals(
        self,
        f: Features,
        learnt: np.ndarray,
        candidates: Sequence[Candidate],
        similarity: np.ndarray,
        rows: np.ndarray,
        meaning: np.ndarray,
    ) -> np.ndarray:
        sums = np.bincount(self._group_of, learnt, len(self.groups))
        close = _largest(similarity, NEIGHBOURS)
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
        top = self._owner[rows[close[0]]]
        agree = float(self.entries[top].id == candidates[0].id)
        out += [margin, f.gram_known, f.stem_known, np.log1p(f.length), float(meaning.max(initial=0.0)), agree]
        return np.array(out)

    def leave_one_out(self, index: int) -> Ranking:
        """Rank phrasing number *index* as if it were no neighbour of itself (its learnt share stays)."""
        tokens = words(fold(self._phrasings[index]))
        return self.rank_features(self.vectoriser.features(tokens), index)


def _largest(values: np.ndarray, count: int) -> np.ndarray:
    """Return where the *count* largest of *values* are, largest first."""
    if len(values) <= count:
        return np.argsort(-values, kind="stable")
    found = np.argpartition(values, -count)[-count:]
    return found[np.argsort(-values[found], kind="stable")]
