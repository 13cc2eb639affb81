"""Ranks what the knowledge has against an utterance.

Every kind of thing that an utterance can mean is an *entry* with phrasings: a passage, a topic
that the sources do not cover, a kind of clinical question, a kind of small talk. One ridge
regression learns a weight for each feature and entry; the best candidates are then compared
with each of their phrasings. An entry's score is both together: what its phrasings have in
common, plus half of how near the nearest one is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.embedding import Embedder, Quantised
from assistant.features import (
    EMBEDDING_SHARE,
    SKETCH,
    Features,
    Vectoriser,
    sketch,
)
from assistant.learning import largest, principal_axes, solve
from assistant.spelling import Speller
from assistant.text import fold, words

PENALTY = 0.3  # of the ridge regression; 0.1 to 1 changed the public sets by less than a point
NEAREST_SHARE = 0.5  # weight of the nearest phrasing beside the learnt score
CANDIDATES = 16  # entries whose phrasings are compared; 24 took half as long again and judged no better
AXES = 32  # numbers of a phrasing's embedding that are looked at first
COMPARED = 60  # phrasings compared in all views: those nearest in meaning
STRIPE = 2_048  # phrasings learnt from at a time
TOGETHER = 128  # utterances whose scores are one product
NEIGHBOURS = 12  # phrasings that vote on the group

Read = Callable[[Sequence[str]], Quantised]
"""Turns texts into embeddings, one a row."""


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

    def __init__(self, entries: Sequence[Entry], embedder: Embedder, read: Read | None = None) -> None:
        """Learn from *entries*; *read*, if given, turns their texts into embeddings in place of the *embedder*."""
        self.entries = tuple(entries)
        self.groups = tuple(dict.fromkeys(e.group for e in entries))
        self._phrasings = [p for e in entries for p in e.phrasings]
        self._owner = np.repeat(np.arange(len(entries)), [len(e.phrasings) for e in entries])
        self._bounds = np.concatenate(([0], np.cumsum([len(e.phrasings) for e in entries])))
        self._group_of = np.array([self.groups.index(e.group) for e in entries])
        tokens = [words(fold(p)) for p in self._phrasings]
        self.speller = Speller(tokens, embedder.tokenizer.common_words)
        texts = [" ".join(each) for each in tokens]
        self._embeddings = read(texts) if read else Quantised.of(embedder.matrix(texts))
        self.vectoriser, self._sparse = Vectoriser.fit(tokens, embedder)
        self.normal = self._normal(embedder.size)
        self.weights = solve(*self.normal)
        self._axes = principal_axes(self.normal[0][SKETCH:, SKETCH:], AXES)
        self._coarse = self._embeddings.times(self._axes)

    def _normal(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the regression's normal equations, x'x + penalty and x'y, summed over stripes of the phrasings."""
        width = SKETCH + size
        gram = np.zeros((width, width), np.float32)
        sums = np.zeros((len(self.entries), width), np.float32)
        for start in range(0, len(self._phrasings), STRIPE):
            x = self.dense_rows(np.arange(start, min(start + STRIPE, len(self._phrasings))))
            gram += x.T @ x
            owners, first = np.unique(self._owner[start : start + STRIPE], return_index=True)
            sums[owners] += np.add.reduceat(x, first)
        gram[np.diag_indices(width)] += PENALTY
        return gram, sums.T

    @property
    def signal_names(self) -> tuple[str, ...]:
        """Names of the numbers in `Ranking.signals`, in order."""
        each = ("learnt sum", "best score", "nearest", "share of neighbours")
        shared = ("margin", "known grams", "length", "nearest meaning", "best two agree")
        return tuple(f"{g}: {n}" for g in self.groups for n in each) + shared

    def _dense(self, f: Features) -> np.ndarray:
        return np.concatenate((sketch(f.ids, f.values), f.embedding * np.float32(EMBEDDING_SHARE**0.5)))

    def features_of(self, rows: np.ndarray) -> Iterator[Features]:
        """Yield the features of the phrasings that have the numbers *rows*."""
        for row, embedding in zip(rows.tolist(), self._embeddings.rows(rows), strict=True):
            own = slice(self._sparse.starts[row], self._sparse.starts[row + 1])
            yield Features(self._sparse.ids[own], self._sparse.values[own], 1.0, embedding, 0)

    def dense_rows(self, rows: np.ndarray) -> np.ndarray:
        """Return the phrasings that have the numbers *rows* as the regression sees them, one a row."""
        return np.stack([self._dense(f) for f in self.features_of(rows)])

    def rank(self, utterance: str, embedder: Embedder | None = None) -> Ranking:
        """Rank entries by how well they fit *utterance*; never empty as long as there are entries."""
        return self.rank_each([utterance], embedder)[0]

    def rank_each(self, utterances: Sequence[str], embedder: Embedder | None = None) -> list[Ranking]:
        """Rank entries for each of *utterances*: many in one go take a third of the time, or less of many entries."""
        tokens = [self._tokens(utterance) for utterance in utterances]
        embeddings = (embedder or self.vectoriser.embedder).matrix([" ".join(each) for each in tokens])
        features = [self.vectoriser.features(each, e) for each, e in zip(tokens, embeddings, strict=True)]
        found: list[Ranking] = []
        for start in range(0, len(features), TOGETHER):
            some = features[start : start + TOGETHER]
            learnt = np.stack([self._dense(f) for f in some]) @ self.weights
            found += [self._ranked(f, row) for f, row in zip(some, learnt, strict=True)]
        return found

    def recognises(self, tokens: list[str]) -> bool:
        """Return whether any of *tokens* is a word, repaired if need be; other scripts than Latin count as words."""
        return any(not t.isascii() or self.speller.knows(t) for t in self.speller.repair(tokens))

    def _tokens(self, utterance: str) -> list[str]:
        return self.speller.repair(words(fold(utterance)))

    def rank_features(self, f: Features, left_out: int = -1) -> Ranking:
        """Rank by features; the phrasing *left_out* does not count as a neighbour (for self-tests)."""
        return self._ranked(f, self._dense(f) @ self.weights, left_out)

    def _ranked(self, f: Features, learnt: np.ndarray, left_out: int = -1) -> Ranking:
        """Rank by features and by what the regression makes of them, a number an entry."""
        chosen = largest(learnt, CANDIDATES)
        bounds = [(int(self._bounds[c]), int(self._bounds[c + 1])) for c in chosen]
        rows = np.concatenate([np.arange(a, b) for a, b in bounds])
        similarity, meaning = self._similarities(f, rows, bounds)
        if left_out >= 0:
            similarity[rows == left_out] = -1
        candidates = []
        start = 0
        for c, value, (a, b) in zip(chosen.tolist(), learnt[chosen].tolist(), bounds, strict=True):
            own = similarity[start : start + b - a]
            nearest = int(own.argmax())
            near = float(own[nearest])
            entry = self.entries[c]
            score = value + NEAREST_SHARE * near
            candidates.append(Candidate(entry.id, entry.group, score, near, self._phrasings[a + nearest]))
            start += b - a
        candidates.sort(key=lambda c: (-c.score, c.id))
        signals = self._signals(f, learnt, candidates, similarity, rows, meaning)
        return Ranking(tuple(candidates), signals, f.length)

    def _similarities(
        self, f: Features, rows: np.ndarray, bounds: Sequence[tuple[int, int]]
    ) -> tuple[np.ndarray, float]:
        """Return how similar phrasings are in all views together, and how near the nearest one is in meaning.

        Of the *rows*, which *bounds* say as well, those that are nearest by the principal axes are compared in full.
        """
        axes = f.embedding @ self._axes
        meaning = np.concatenate([self._coarse[a:b] @ axes for a, b in bounds])
        near = largest(meaning, COMPARED)
        meaning[near] = self._embeddings.dot(rows[near], f.embedding)
        similarity = meaning * np.float32(EMBEDDING_SHARE)
        similarity[near] += self._sparse.dot(f, rows[near])
        return similarity, float(meaning[near].max())

    def _signals(
        self,
        f: Features,
        learnt: np.ndarray,
        candidates: Sequence[Candidate],
        similarity: np.ndarray,
        rows: np.ndarray,
        meaning: float,
    ) -> np.ndarray:
        sums = np.bincount(self._group_of, learnt, len(self.groups)).tolist()
        close = largest(similarity, NEIGHBOURS)
        votes = np.maximum(similarity[close], 0) ** 4
        owners = self._owner[rows[close]]
        share = (np.bincount(self._group_of[owners], votes, len(self.groups)) / (votes.sum() + 1e-9)).tolist()
        best, near = dict.fromkeys(self.groups, 0.0), dict.fromkeys(self.groups, 0.0)
        for c in candidates:
            best[c.group] = max(best[c.group], c.score)
            near[c.group] = max(near[c.group], c.similarity)
        out = [n for i, g in enumerate(self.groups) for n in (sums[i], best[g], near[g], share[i])]
        margin = candidates[0].score - (candidates[1].score if len(candidates) > 1 else 0.0)
        agree = float(self.entries[owners[0]].id == candidates[0].id)
        out += [margin, f.known, math.log1p(f.length), meaning, agree]
        return np.array(out)

    def leave_one_out(self, index: int) -> Ranking:
        """Rank phrasing number *index* as if it were no neighbour of itself (its learnt share stays)."""
        tokens = words(fold(self._phrasings[index]))
        return self.rank_features(self.vectoriser.features(tokens), index)
