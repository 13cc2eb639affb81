"""The crisis screen: does this message signal danger, and of what kind?

Literal phrases that staff can read, and a logistic regression learnt from staff's example
messages, are asked about several readings of the text (as typed, unmasked, spelling repaired)
and about its parts (whole, sentences, clauses), so that one clause in a long story is enough.
It screens; it does not diagnose. It needs no other part of the program and never raises for text.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.embedding import StaticTable
from assistant.learning import SoftmaxRegression, lbfgs, ridge
from assistant.spelling import Speller
from assistant.text import fold, joined, placed_grams, word_hashes, words
from assistant.unmasking import unmask

BUCKETS = 1 << 18
PENALTY = 0.08  # of the logistic regression's squared weights; chosen on the folder's judged messages
PHRASE = 4.0  # log-odds that a literal phrase adds: only a clearly harmless whole outweighs it
PART_MARGIN = 1.2  # log-odds more that a part of a message needs than the whole
REPAIRED_MARGIN = 0.5  # log-odds more that a repaired reading needs
THRESHOLD = -0.7  # log-odds from which help is shown, where no judged messages tell how sure to be
MIN_DANGER = 0.18  # probability from which help is shown: missing danger is far worse than a false alarm
ALERT = 1.6  # log-odds less that are needed on the turns after a crisis
SURE = 4.0  # log-odds: beyond this, either way, neighbours are not asked
OTHERS_STEP = 3  # every third plain question stands in as a harmless neighbour
FEWEST = 3  # different letters: less than that says nothing
RARE = 2  # a hashed feature that fewer messages have is left out
JUDGED_ENOUGH = 200  # judged messages from which the second opinion is learnt
WINDOW = 40  # words: longer parts are read in overlapping windows
LONG = 400  # words: beyond that unknown words are not split into pieces
_CLAUSES = re.compile(r"[.!?…;:\n。！？،؟।]+|,|\b(?:and|but|because|bc|cuz|so|or|though|although)\b")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@dataclass(frozen=True)
class Verdict:
    """What the screen says; *score* is in log-odds above the threshold, *words* triggered it."""

    danger: bool
    category: str
    score: float
    words: str


@dataclass(frozen=True)
class Model:
    """Learnt weights: hashed features, embedding, bias; and one column a category."""

    hashed: np.ndarray
    dense: np.ndarray
    bias: float
    kinds: np.ndarray


NO_EVIDENCE, NOTHING = -3.0, -99.0  # log-odds: without examples; of an empty text


@dataclass(frozen=True)
class _Reading:
    """One way to read a message: its most alarming part and that part's log-odds."""

    score: float
    stretch: str
    category: str
    text: _Tokens | None
    start: int
    end: int
    whole: float


class _Tokens:
    """A text as tokens with their hashed features, ready for sums over any stretch of it."""

    def __init__(self, parts: Sequence[list[str]], table: StaticTable) -> None:
        self.tokens = [t for part in parts for t in part]
        self.bounds = np.concatenate(([0], np.cumsum([len(p) for p in parts]))).astype(int)
        one = word_hashes(self.tokens, 1)
        self.hashes = [one, joined(one[:-1], one[1:], 2), joined(one[:-2], one[2:], 3)]
        self.grams, self.owner = placed_grams(self.tokens)
        pieces = table.tokenizer
        known = pieces.ids
        long = len(self.tokens) > LONG
        ids: list[int] = []
        owners: list[int] = []
        for i, token in enumerate(self.tokens):
            whole = known.get(token)
            found = [whole] if whole is not None else ([] if long else pieces.pieces(token))
            if found == [pieces.unknown]:  # a stranger's direction in meaning is no evidence
                found = []
            ids += found
            owners += [i] * len(found)
        vectors = table.scales[ids][:, None] * table.rows[ids] if ids else np.zeros((0, table.size))
        self.vectors, self.vector_owner = vectors.astype(np.float32), np.array(owners, int)


def _ids(hashes: np.ndarray) -> np.ndarray:
    return (hashes % np.uint64(BUCKETS)).astype(np.int64)


_SHARES = (1.0, 1.0, 0.5, 1.0)  # words, pairs, pairs with a gap, character grams


def _row(text: _Tokens) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a whole text's sparse features (ids, values) and its embedding, for learning."""
    ids, values = [], []
    for hashes, share in zip([*text.hashes, text.grams], _SHARES, strict=True):
        if len(hashes):
            ids.append(_ids(hashes))
            values.append(np.full(len(hashes), share / np.sqrt(len(hashes)), np.float32))
    total = text.vectors.sum(0)
    unit = total / (np.linalg.norm(total) + 1e-9)
    empty = np.empty(0, np.float32)
    return np.concatenate(ids or [empty.astype(int)]), np.concatenate(values or [empty]), unit


def tokens_of(folded: str) -> list[str]:
    """Return the words without apostrophes; scripts without blanks come as runs."""
    return [w.replace("'", "") for w in words(folded)]


def parts_of(folded: str) -> list[list[str]]:
    """Return the words of each clause, in order; never an empty clause."""
    return [t for part in _CLAUSES.split(folded) if (t := tokens_of(part))]


def _literal(phrases: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return each phrase as it is looked for, with its category."""
    return [(" ".join(tokens_of(fold(p))), category) for category, each in phrases.items() for p in each if p.strip()]


class CrisisScreen:
    """Learnt once from examples; asked about every utterance first."""

    def __init__(
        self,
        phrases: Mapping[str, Sequence[str]],
        danger: Mapping[str, Sequence[str]],
        lookalikes: Sequence[str],
        others: Sequence[str],
        table: StaticTable,
        judged: Sequence[tuple[str, bool]] = (),
    ) -> None:
        self._table = table
        self._phrases = _literal(phrases)
        self.categories = tuple(danger) or tuple(phrases)
        messages = [m for each in danger.values() for m in each]
        self._speller = Speller((tokens_of(fold(m)) for m in messages), table.common_words)
        self.model = self._learn(danger, lookalikes, others)
        self._judge: SoftmaxRegression | None = None
        if len(judged) >= JUDGED_ENOUGH and len(self._dangers) >= 5 and len(self._harmless) >= 5:
            signals = np.stack([self._signals(self._reading(m)) for m, _ in judged])
            labels = np.array([int(is_danger) for _, is_danger in judged])
            self._judge = SoftmaxRegression.fit(signals, labels, 2)

    def _learn(self, danger: Mapping[str, Sequence[str]], lookalikes: Sequence[str], others: Sequence[str]) -> Model:
        positive = [_Tokens(parts_of(fold(m)), self._table) for each in danger.values() for m in each]
        harmless = [parts_of(fold(m)) for m in (*lookalikes, *others)]
        clauses = [[c] for parts in harmless[: len(lookalikes)] if len(parts) > 1 for c in parts if len(c) > 3]
        negative = [_Tokens(parts, self._table) for parts in (*harmless, *clauses) if parts]
        size = self._table.size
        self._dangers = self._harmless = np.zeros((0, size), np.float32)
        if not positive or not negative:
            return Model(np.zeros(BUCKETS), np.zeros(size), NO_EVIDENCE, np.zeros((size, 0)))
        rows = [_row(t) for t in (*positive, *negative)]
        units = np.stack([r[2] for r in rows]).astype(np.float32)
        self._dangers = units[: len(positive)]
        similar = units[len(positive) : len(positive) + len(lookalikes)]
        self._harmless = np.concatenate((similar, units[len(positive) + len(lookalikes) :: OTHERS_STEP]))
        hashed, dense, bias = _logistic(rows, len(positive))
        vectors = np.stack([r[2] for r in rows[: len(positive)]])
        owner = np.repeat(np.arange(len(danger)), [len(each) for each in danger.values()])
        kinds = ridge(vectors, np.eye(len(danger), dtype=np.float32)[owner], 1.0)
        return Model(hashed, dense, bias, kinds)

    def with_phrases(self, phrases: Mapping[str, Sequence[str]]) -> CrisisScreen:
        """Return the same screen with other literal phrases; what it learnt from examples stays."""
        other = copy.copy(self)
        other._phrases = _literal(phrases)
        return other

    def screen(self, utterance: str, *, alert: bool = False) -> Verdict:
        """Judge *utterance*; *alert* lowers the bar on the turns after a crisis. Never raises for a str."""
        reading = self._reading(utterance)
        above = reading.score - THRESHOLD
        if self._judge is not None and abs(reading.score) < SURE and reading.text is not None:
            p = float(self._judge.probabilities(self._signals(reading))[1])
            above = float(np.log((p + 1e-9) / (1 - p + 1e-9)) - np.log(MIN_DANGER / (1 - MIN_DANGER)))
        above += ALERT if alert else 0.0
        danger = bool(above > 0 and reading.text is not None)
        return Verdict(danger, reading.category if danger else "", above, reading.stretch if danger else "")

    def _reading(self, utterance: str) -> _Reading:
        """Return the most alarming way to read *utterance*."""
        folded = fold(utterance)
        readings = [self._read(folded, 0.0)]
        unmasked = unmask(folded)
        if unmasked != folded:
            readings.append(self._read(unmasked, 0.0))
        tokens = tokens_of(unmasked)
        repaired = self._speller.repair(tokens)
        if repaired != tokens:
            readings.append(self._read(" ".join(repaired), REPAIRED_MARGIN))
        return max(readings, key=lambda r: r.score)

    def _read(self, folded: str, margin: float) -> _Reading:
        """Find the part of one reading that speaks most for danger."""
        parts = parts_of(folded)
        if len({letter for part in parts for token in part for letter in token}) < FEWEST and not _UNSPACED.search(
            folded
        ):
            return _Reading(NOTHING, "", "", None, 0, 0, NOTHING)
        text = _Tokens(parts, self._table)
        starts, ends, margins = self._stretches(text)
        plain = self._scores(text, starts, ends)
        best = int((plain - margins).argmax())
        start, end = int(starts[best]), int(ends[best])
        score = float(plain[best] - margins[best] - margin)
        padded = f" {' '.join(text.tokens)} "
        for phrase, category in self._phrases:
            if phrase in padded and (f" {phrase} " in padded or _UNSPACED.search(phrase)):
                return _Reading(score + PHRASE, phrase, category, text, start, end, float(plain[0]))
        return _Reading(
            score, " ".join(text.tokens[start:end]), self._category(text, start, end), text, start, end, float(plain[0])
        )

    def _signals(self, reading: _Reading) -> np.ndarray:
        """Return what the second opinion is made from: scores, and how near danger and harmless examples are."""
        text = reading.text
        if text is None:
            return np.zeros(11)
        n = len(text.tokens)
        units = self._units(text, np.array([0, reading.start]), np.array([n, reading.end])).astype(np.float32)
        dangers, harmless = units @ self._dangers.T, units @ self._harmless.T
        nearest = [dangers[0].max(), harmless[0].max(), dangers[1].max(), harmless[1].max()]
        several = [np.partition(row[0], -5)[-5:].mean() for row in (dangers, harmless)]
        return np.array(
            [
                reading.score,
                reading.whole,
                *nearest,
                *several,
                nearest[0] - nearest[1],
                nearest[2] - nearest[3],
                np.log1p(n),
            ]
        )

    def _stretches(self, text: _Tokens) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return starts, ends and margins of the whole (or windows), each clause, and pairs of clauses."""
        n, b = len(text.tokens), text.bounds
        whole = [(s, min(s + WINDOW, n)) for s in range(0, max(1, n - WINDOW // 2), WINDOW // 2)]
        spans = dict.fromkeys(whole, 0.0 if n <= WINDOW else PART_MARGIN)
        if n <= 2 * WINDOW:
            spans[0, n] = 0.0
        for width in (1, 2, 3):
            for i in range(len(b) - width):
                span = (int(b[i]), int(b[i + width]))
                if 3 <= span[1] - span[0] <= WINDOW:
                    spans.setdefault(span, PART_MARGIN)
        pairs = np.array(list(spans))
        return pairs[:, 0], pairs[:, 1], np.array(list(spans.values()))

    def _scores(self, text: _Tokens, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Return log-odds of each stretch, from running sums over the text."""
        total = np.full(len(starts), self.model.bias)
        for shift, (hashes, share) in enumerate(zip(text.hashes, _SHARES, strict=False)):
            sums = np.concatenate(([0.0], np.cumsum(self.model.hashed[_ids(hashes)])))
            last = np.maximum(ends - shift, starts)
            last = np.minimum(last, len(sums) - 1)
            count = np.maximum(last - starts, 0)
            total += (
                share
                * np.where(count > 0, sums[last] - sums[np.minimum(starts, last)], 0)
                / np.sqrt(np.maximum(count, 1))
            )
        each = np.bincount(text.owner, self.model.hashed[_ids(text.grams)], len(text.tokens))
        sums = np.concatenate(([0.0], np.cumsum(each)))
        counts = np.concatenate(([0], np.cumsum(np.bincount(text.owner, minlength=len(text.tokens)))))
        total += _SHARES[3] * (sums[ends] - sums[starts]) / np.sqrt(np.maximum(counts[ends] - counts[starts], 1))
        return total + self._units(text, starts, ends) @ self.model.dense

    def _units(self, text: _Tokens, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        sums = np.concatenate((np.zeros((1, self._table.size), np.float32), np.cumsum(text.vectors, 0)))
        a = np.searchsorted(text.vector_owner, starts)
        b = np.searchsorted(text.vector_owner, ends)
        vectors = sums[b] - sums[a]
        return np.asarray(vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9))

    def _category(self, text: _Tokens, start: int, end: int) -> str:
        if not self.model.kinds.shape[1]:
            return ""
        unit = self._units(text, np.array([start]), np.array([end]))[0]
        return self.categories[int((unit @ self.model.kinds).argmax())]


def _logistic(
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]], positive: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Fit a logistic regression; both classes weigh the same. Returns hashed and dense weights, bias."""
    ids = np.concatenate([r[0] for r in rows]).astype(np.int32)
    values = np.concatenate([r[1] for r in rows]).astype(np.float32)
    starts = np.concatenate(([0], np.cumsum([len(r[0]) for r in rows])))[:-1]
    lengths = np.array([len(r[0]) for r in rows])
    vectors = np.stack([r[2] for r in rows]).astype(np.float32)
    y = np.zeros(len(rows), np.float32)
    y[:positive] = 1
    frequent = np.bincount(ids, minlength=BUCKETS) >= RARE
    values = np.where(frequent[ids], values, 0)
    used = np.flatnonzero(frequent)
    size = len(used)
    compact = np.where(frequent[ids], np.searchsorted(used, ids), 0)
    weight = np.where(y > 0, len(rows) / (3 * positive), 1.0)

    def objective(w: np.ndarray) -> tuple[float, np.ndarray]:
        w = w.astype(np.float32)
        z = np.add.reduceat(values * w[compact], starts) + vectors @ w[size:-1] + w[-1]
        loss = (weight * (np.logaddexp(0, z) - y * z)).sum() + 0.5 * PENALTY * (w[:-1] @ w[:-1])
        residual = weight * (1 / (1 + np.exp(-z)) - y)
        gradient = np.concatenate(
            (np.bincount(compact, values * np.repeat(residual, lengths), size), vectors.T @ residual, [residual.sum()])
        )
        gradient[:-1] += PENALTY * w[:-1]
        return float(loss), gradient

    w = lbfgs(objective, np.zeros(size + vectors.shape[1] + 1, np.float32), steps=60)
    hashed = np.zeros(BUCKETS, np.float32)
    hashed[used] = w[:size]
    return hashed, w[size:-1].astype(np.float32), float(w[-1])
