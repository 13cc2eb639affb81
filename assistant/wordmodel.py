"""How much the words of a text speak for danger: a logistic regression on hashed words, pairs and grams.

It is linear, so that the log-odds of any stretch of a text are differences of running sums: a long
story is judged clause by clause for little more than the price of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.embedding import StaticTable, Stretch
from assistant.learning import lbfgs, segment_sums
from assistant.text import joined, placed_grams, word_hashes, words

BUCKETS = 1 << 20  # with a quarter as many, features that share one blur the languages with fewest examples
PENALTY = 0.05  # of the squared weights; chosen on the folder's judged messages
RARE = 4  # a hashed feature that is met less often is left out
LONG = 400  # words: beyond that unknown words are not split into pieces
NO_EVIDENCE = -3.0  # log-odds without examples
MANY, FAINT = 96, -50.0  # stretches judged by meaning, and the log-odds of the others
_SHARES = (1.0, 1.0, 0.5, 1.0)  # words, pairs, pairs with a gap, character grams
_SHIFTS = np.arange(3)[:, None]  # how many fewer pairs, and pairs with a gap, than words a stretch has
_CLAUSES = re.compile(r"[.!?…;:\n。！？،؟।]+|,|\b(and|but|because|bc|cuz|so|or|though|although)\b")

Row = tuple[np.ndarray, np.ndarray, np.ndarray]
"""A whole text's sparse features (ids, values) and its embedding."""


def tokens_of(folded: str) -> list[str]:
    """Return the words without apostrophes; scripts without blanks come as runs."""
    return [w.replace("'", "") for w in words(folded)]


def clauses_of(folded: str) -> tuple[list[str], list[Stretch]]:
    """Return the words, and from where to where each clause goes; what joins two clauses belongs to neither."""
    found: list[str] = []
    clauses = []
    for n, part in enumerate(_CLAUSES.split(folded)):
        start = len(found)
        found += words(part or "")
        if n % 2 == 0 and len(found) > start:
            clauses.append((start, len(found)))
    return found, clauses


def parts_of(found: Sequence[str], clauses: Sequence[Stretch]) -> list[list[str]]:
    """Return the tokens of each of the *clauses* of a text whose words were *found*."""
    return [[word.replace("'", "") for word in found[start:end]] for start, end in clauses]


class Tokens:
    """A text as tokens with their hashed features, ready for sums over any stretch of it."""

    def __init__(self, parts: Sequence[list[str]], table: StaticTable) -> None:
        self.tokens = [t for part in parts for t in part]
        self.bounds = np.concatenate(([0], np.cumsum([len(p) for p in parts]))).astype(int)
        one = word_hashes(self.tokens, 1)
        grams, self.owner = placed_grams(self.tokens)
        self.hashed = [_ids(h) for h in (one, joined(one[:-1], one[1:], 2), joined(one[:-2], one[2:], 3), grams)]
        self._table = table
        pieces = table.tokenizer
        long = len(self.tokens) > LONG
        ids: list[int] = []
        owners: list[int] = []
        for i, token in enumerate(self.tokens):
            whole = pieces.ids.get(token)
            found = [whole] if whole is not None else ([] if long else pieces.pieces(token))
            if found == [pieces.unknown]:  # a stranger's direction in meaning is no evidence
                found = []
            ids += found
            owners += [i] * len(found)
        self._pieces, self._piece_owner = np.array(ids, int), np.array(owners, int)

    def row(self) -> Row:
        """Return the features of the whole text, for learning."""
        ids, values = [np.empty(0, int)], [np.empty(0, np.float32)]
        for own, share in zip(self.hashed, _SHARES, strict=True):
            if len(own):
                ids.append(own)
                values.append(np.full(len(own), share / np.sqrt(len(own)), np.float32))
        return np.concatenate(ids), np.concatenate(values), self.unit()

    def unit(self) -> np.ndarray:
        """Return the embedding of the whole text, length 1; zeros where none of its words is known."""
        return self.units(np.array([0]), np.array([len(self.tokens)]))[0]

    def units(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Return the embedding of each stretch, length 1; zeros where none of its words is known."""
        first, last = np.searchsorted(self._piece_owner, starts), np.searchsorted(self._piece_owner, ends)
        counts = last - first
        sums = np.zeros((len(starts), self._table.size), np.float32)
        if counts.any():
            offsets = np.cumsum(counts) - counts
            ids = self._pieces[np.arange(counts.sum()) + np.repeat(first - offsets, counts)]
            filled = counts > 0
            vectors = self._table.rows[ids] * self._table.scales[ids][:, None]
            sums[filled] = np.add.reduceat(vectors, offsets[filled])
        return np.asarray(sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-9))


@dataclass(frozen=True, eq=False)
class WordModel:
    """Learnt weights: of hashed features, of the embedding, and the bias."""

    hashed: np.ndarray
    dense: np.ndarray
    bias: float

    def scores(self, text: Tokens, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Return the log-odds of each stretch of *text* that *starts* and *ends* (in tokens) bound.

        Of very many stretches those that the hashed features speak for most are judged by meaning, too;
        the others get `FAINT`.
        """
        n = len(text.tokens)
        weights = self.hashed[np.concatenate(text.hashed)]
        kinds = np.cumsum([0, *(len(each) for each in text.hashed)])[:3, None]  # where words, pairs and gaps begin
        sums = np.append(0.0, weights.cumsum(dtype=float))
        last = np.maximum(ends - _SHIFTS, starts)
        found = (sums[kinds + last] - sums[kinds + starts]) / np.sqrt(np.maximum(last - starts, 1))
        grams = np.append(0.0, np.bincount(text.owner, weights[-len(text.owner) :], n).cumsum())
        counts = np.append(0, np.bincount(text.owner, minlength=n).cumsum())
        spelling = (grams[ends] - grams[starts]) / np.sqrt(np.maximum(counts[ends] - counts[starts], 1))
        total = self.bias + np.array(_SHARES) @ np.vstack((found, spelling))
        if len(total) > MANY:
            kept = np.argpartition(total, -MANY)[-MANY:]
            judged = np.full(len(total), FAINT)
            judged[kept] = total[kept] + text.units(starts[kept], ends[kept]) @ self.dense
            return judged
        return total + text.units(starts, ends) @ self.dense

    def skim(self, tokens: Sequence[str], width: int) -> np.ndarray:
        """Return how much the *width* tokens around each of *tokens* speak for danger: fast, and rough."""
        one = word_hashes(tokens, 1)
        grams, owner = placed_grams(list(tokens))
        evidence = self.hashed[_ids(one)] / np.sqrt(width)
        evidence[1:] += self.hashed[_ids(joined(one[:-1], one[1:], 2))] / np.sqrt(width)
        spelling = np.bincount(owner, self.hashed[_ids(grams)], len(tokens))
        evidence += spelling / np.sqrt(width * max(1.0, len(grams) / len(tokens)))
        return np.convolve(evidence, np.ones(width), "same")


def learn(rows: Sequence[Row], danger: np.ndarray, size: int, start: WordModel | None, steps: int) -> WordModel:
    """Fit a model to *rows*, of which those where *danger* is true signal it; these weigh half as much as the rest.

    *size* is that of an embedding. The model to *start* from was learnt on much the same rows. *steps* are of L-BFGS.
    """
    if not danger.any() or danger.all():
        return WordModel(np.zeros(BUCKETS, np.float16), np.zeros(size), NO_EVIDENCE)
    ids = np.concatenate([r[0] for r in rows]).astype(np.int32)
    values = np.concatenate([r[1] for r in rows]).astype(np.float32)
    lengths = np.array([len(r[0]) for r in rows])
    vectors = np.stack([r[2] for r in rows]).astype(np.float32)
    counts = np.bincount(ids, minlength=BUCKETS)
    used = np.flatnonzero(counts >= RARE)
    kept = counts[ids] >= RARE
    owner = np.repeat(np.arange(len(rows), dtype=np.int32), lengths)[kept]
    column = np.zeros(BUCKETS, np.int32)
    column[used] = np.arange(len(used))
    values, columns = values[kept], column[ids[kept]]
    row_starts = np.append(0, np.bincount(owner, minlength=len(rows)).cumsum())
    order = np.argsort(columns, kind="stable")  # the same numbers column by column
    column_owner, column_values = owner[order], values[order]
    column_starts = np.append(0, counts[used].cumsum())
    del ids, kept, owner, order
    size = len(used)
    y = danger.astype(np.float32)
    weight = np.where(danger, len(rows) / (3 * danger.sum()), 1.0).astype(np.float32)

    def objective(w: np.ndarray) -> tuple[float, np.ndarray]:
        w = w.astype(np.float32)
        z = segment_sums(values * w[columns], row_starts) + vectors @ w[size:-1] + w[-1]
        loss = (weight * (np.logaddexp(0, z) - y * z)).sum() + 0.5 * PENALTY * (w[:-1] @ w[:-1])
        residual = (weight * (0.5 + 0.5 * np.tanh(0.5 * z) - y)).astype(np.float32)
        sums = segment_sums(column_values * residual[column_owner], column_starts)
        gradient = np.concatenate((sums, vectors.T @ residual, [residual.sum()]))
        gradient[:-1] += PENALTY * w[:-1]
        return float(loss), gradient

    before = np.zeros(size + vectors.shape[1] + 1, np.float32)
    if start is not None:
        before[:] = np.concatenate((start.hashed[used], start.dense, [start.bias]))
    w = lbfgs(objective, before, steps=steps)
    hashed = np.zeros(BUCKETS, np.float16)  # half as precise is as good, in half the room
    hashed[used] = w[:size]
    return WordModel(hashed, w[size:-1].astype(np.float32), float(w[-1]))


def _ids(hashes: np.ndarray) -> np.ndarray:
    return (hashes % np.uint64(BUCKETS)).astype(np.int64)
