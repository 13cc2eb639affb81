"""Turns utterances into numbers: weighted character grams, weighted stems, and an embedding.

Three views of a text, each scaled to length 1, so that the dot product of two texts in one view
is a cosine similarity (0 to 1 for grams and stems, -1 to 1 for embeddings). Method and weights:
TF-IDF with logarithmic counts; grams and stems that the knowledge has never seen still count in
a question's length, so that a question about something else cannot look close.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from assistant.embedding import Embedder
from assistant.learning import segment_sums
from assistant.text import Stems, gram_hashes, word_hashes

BUCKETS = 1 << 18
"""Hashed features a view: so many that the shipped knowledge hardly ever collides."""

SKETCH = 1024
"""Columns that grams and stems are folded into, with signs, for learning (a count sketch)."""

GRAM_SHARE, STEM_SHARE, EMBEDDING_SHARE = 2 / 9, 1 / 9, 6 / 9
"""Shares of the three views in a similarity (measured on five public question sets)."""

FIRST_WORD = 1995
"""The table's vocabulary lists words by frequency from here on (before: marks and letters)."""

RAREST = 1.7  # no unit; "the" has 0.15, "brain" about 0.8


_DENSE, _ALONE = np.zeros(2 * BUCKETS, np.float32), threading.Lock()
"""Room in which one text's features are laid out, by one thread at a time: all zeros, but while it multiplies."""


@dataclass(frozen=True)
class Rows:
    """Sparse rows, one a text: row i has `ids[starts[i]:starts[i+1]]` with the same `values`."""

    ids: np.ndarray
    values: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    def dot(self, f: Features, chosen: np.ndarray) -> np.ndarray:
        """Return the product of each of the *chosen* rows with the sparse views of *f*."""
        lengths = self.starts[chosen + 1] - self.starts[chosen]
        ends = lengths.cumsum()
        where = np.arange(ends[-1]) + (self.starts[chosen] - (ends - lengths)).repeat(lengths)
        with _ALONE:
            _DENSE[f.ids] = f.values
            products = self.values[where] * _DENSE[self.ids[where]]
            _DENSE[f.ids] = 0
        return segment_sums(products, np.append(0, ends))


@dataclass(frozen=True)
class Features:
    """One text: its weighted grams and stems, and its embedding.

    Ids below `BUCKETS` are grams, the others stems; *values* carry the views' shares, so that the
    product of two texts is their part of a similarity. *known* is the share (0 to 1) of the grams'
    weight that the knowledge has seen; *length* is in words.
    """

    ids: np.ndarray
    values: np.ndarray
    known: float
    embedding: np.ndarray
    length: int


_Hashed = tuple[np.ndarray, np.ndarray]
"""A text's features, repeated ones repeated: their ids, and how rare the language makes each."""


class Frequencies:
    """How rare each hashed feature is in the knowledge: its inverse document frequency."""

    def __init__(self, documents: Sequence[np.ndarray]) -> None:
        counts = np.zeros(2 * BUCKETS, np.int32)
        for ids in documents:
            counts[np.unique(ids)] += 1
        n = len(documents)
        self.idf = (np.log((1 + n) / (1 + counts)) + 1).astype(np.float32)
        self.seen = counts > 0


class Vectoriser:
    """Learns weights from the knowledge's texts, given as words, then turns any words into `Features`."""

    def __init__(self, texts: Sequence[list[str]], embedder: Embedder) -> None:
        self.embedder = embedder
        self._rank = embedder.tokenizer.ids
        self.stems = Stems(w for tokens in texts for w in tokens)
        self._learn([self._hashed(t) for t in texts])

    @classmethod
    def fit(cls, texts: Sequence[list[str]], embedder: Embedder) -> tuple[Vectoriser, Rows]:
        """Learn from *texts* and return their sparse features, too, without hashing each twice."""
        made = cls((), embedder)
        made.stems = Stems(w for tokens in texts for w in tokens)
        hashed = [made._hashed(t) for t in texts]
        made._learn(hashed)
        hashed.reverse()  # each is let go as soon as it is weighed: there may be very many
        return made, stack([made._weighed(hashed.pop())[:2] for _ in texts])

    def _learn(self, hashed: Sequence[_Hashed]) -> None:
        self.frequencies = Frequencies([ids for ids, _ in hashed])

    def _hashed(self, tokens: list[str]) -> _Hashed:
        terms, rarity = self._terms(tokens)
        grams = gram_hashes(tokens)
        ids = (np.concatenate((grams, word_hashes(terms, 1))) % np.uint64(BUCKETS)).astype(np.int32)
        ids[len(grams) :] += BUCKETS
        return ids, np.concatenate((np.ones(len(grams), np.float32), rarity))

    def _terms(self, tokens: list[str]) -> tuple[list[str], np.ndarray]:
        """Return stems and stem pairs, with each one's rarity in English (0.15 to 1.7, no unit)."""
        stems = self.stems.of(tokens)
        rarity = [self._rarity(t) for t in tokens]
        pairs = [f"{a}_{b}" for a, b in pairwise(stems)]
        pair_rarity = [0.7 * min(a, b) for a, b in pairwise(rarity)]
        return stems + pairs, np.sqrt(np.array(rarity + pair_rarity, np.float32))

    def _rarity(self, word: str) -> float:
        """How rare *word* is in English, from its rank in the table's vocabulary (Zipf's law)."""
        rank = self._rank.get(word.partition("'")[0])
        if rank is None:
            return RAREST
        return 0.15 + 0.2 * math.log10(max(1, rank - FIRST_WORD))

    def features(self, tokens: list[str], embedding: np.ndarray | None = None) -> Features:
        """Return the features of a text given as its *tokens*, the words of `text.words`."""
        if embedding is None:
            embedding = self.embedder.matrix([" ".join(tokens)])[0]
        return Features(*self._weighed(self._hashed(tokens)), embedding, len(tokens))

    def _weighed(self, hashed: _Hashed) -> tuple[np.ndarray, np.ndarray, float]:
        """Return ids and values, and the share of the grams' weight that is known."""
        ids, first, counts = np.unique(hashed[0], return_index=True, return_counts=True)
        weights = (1 + np.log(counts, dtype=np.float32)) * self.frequencies.idf[ids] * hashed[1][first]
        square = weights * weights
        grams = int(ids.searchsorted(BUCKETS))
        parts = slice(0, grams), slice(grams, len(ids))
        total = [float(square[part].sum()) or 1.0 for part in parts]
        for part, whole, share in zip(parts, total, (GRAM_SHARE, STEM_SHARE), strict=True):
            weights[part] *= (share / whole) ** 0.5
        return ids, weights, float(square[:grams] @ self.frequencies.seen[ids[:grams]]) / total[0]


_SPREAD = np.arange(2 * BUCKETS, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
_COLUMN = ((_SPREAD >> np.uint64(33)) % np.uint64(SKETCH)).astype(np.int16)
_SIGN = np.where(_SPREAD >> np.uint64(63), 1, -1).astype(np.float32)


def sketch(ids: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Fold sparse features into `SKETCH` columns with signs, which keeps dot products on average.

    The count sketch of Charikar, Chen and Farach-Colton.
    """
    return np.bincount(_COLUMN[ids], values * _SIGN[ids], SKETCH).astype(np.float32)


def stack(texts: Sequence[tuple[np.ndarray, np.ndarray]]) -> Rows:
    """Put the ids and values of many texts into `Rows`."""
    starts = np.concatenate(([0], np.cumsum([len(ids) for ids, _ in texts]))).astype(np.int64)
    return Rows(np.concatenate([ids for ids, _ in texts]), np.concatenate([values for _, values in texts]), starts)
