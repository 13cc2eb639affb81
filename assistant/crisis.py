"""The crisis screen: does this message signal danger, and of what kind?

Literal phrases that staff can read, and a logistic regression learnt from staff's example
messages, are asked about several readings of the text (as typed, unmasked, spelling repaired)
and about its parts (whole, sentences, clauses), so that one clause in a long story is enough.
Where that is not sure, a second opinion reads the message and its most alarming part by their
meaning. It screens; it does not diagnose. It needs no other part of the program and never raises
for text.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assistant.embedding import StaticTable
from assistant.encoder import SentenceEncoder
from assistant.learning import SoftmaxRegression, ridge
from assistant.nearness import Nearness
from assistant.spelling import Speller
from assistant.text import fold
from assistant.unmasking import unmask
from assistant.wordmodel import Tokens, WordModel, learn, parts_of, tokens_of

PHRASE = 4.0  # log-odds that a literal phrase adds: only a clearly harmless whole outweighs it
PART_MARGIN = 1.2  # log-odds more that a part of a message needs than the whole
REPAIRED_MARGIN = 0.5  # log-odds more that a repaired reading needs
THRESHOLD = -0.7  # log-odds from which help is shown, where too few examples tell how sure to be
MIN_DANGER = 0.3  # probability from which help is shown: missing danger is far worse than a false alarm
ALERT = 1.6  # log-odds less that are needed on the turns after a crisis
SURE_HARMLESS, SURE_DANGER = -4.5, 7.0  # log-odds: beyond these the second opinion is not asked
FEWEST = 3  # different letters: less than that says nothing
EXAMPLES_ENOUGH, JUDGED_ENOUGH = 200, 200  # of each sort, and judged ones, from which a second opinion is learnt
PLAIN_STEP = 3  # every third plain question stands in as a harmless neighbour
WINDOW = 40  # words: longer parts are read in overlapping windows
NOTHING = -99.0  # log-odds of an empty text


@dataclass(frozen=True)
class Verdict:
    """What the screen says; *score* is in log-odds above the threshold, *words* triggered it."""

    danger: bool
    category: str
    score: float
    words: str


@dataclass(frozen=True)
class _Reading:
    """One way to read a message: its most alarming part, that part's log-odds, and the whole's."""

    folded: str
    score: float = NOTHING
    whole: float = NOTHING
    stretch: str = ""
    phrase: str = ""
    category: str = ""
    words: int = 0


class CrisisScreen:
    """Learnt once from examples; asked about every utterance first."""

    def __init__(
        self,
        phrases: Mapping[str, Sequence[str]],
        danger: Mapping[str, Sequence[str]],
        lookalikes: Sequence[str],
        others: Sequence[str],
        table: StaticTable,
        encoder: SentenceEncoder,
        judged: Sequence[tuple[str, bool]] = (),
    ) -> None:
        self._table = table
        self._phrases = _literal(phrases)
        self.categories = tuple(danger) or tuple(phrases)
        messages = [m for each in danger.values() for m in each]
        self._speller = Speller((tokens_of(fold(m)) for m in messages), table.tokenizer.common_words)
        texts = [fold(m) for m in (*messages, *lookalikes, *others)]
        signs = np.arange(len(texts)) < len(messages)
        self._model = self._learn_words(texts, signs, len(messages) + len(lookalikes))
        self._kinds = self._learn_kinds(danger, texts)
        self._judge: SoftmaxRegression | None = None
        if len(judged) >= JUDGED_ENOUGH and min(len(messages), len(lookalikes)) >= EXAMPLES_ENOUGH:
            chosen = np.concatenate(
                (np.arange(len(texts) - len(others)), np.arange(len(texts) - len(others), len(texts), PLAIN_STEP))
            )
            self._nearness = Nearness(encoder, [texts[i] for i in chosen], signs[chosen])
            labels = np.array([int(is_danger) for _, is_danger in judged])
            self._judge = SoftmaxRegression.fit(self._signals([self._reading(m) for m, _ in judged]), labels, 2)

    # learning

    def _learn_words(self, texts: Sequence[str], danger: np.ndarray, special: int) -> WordModel:
        """Learn from whole messages, and from each clause of those that only look like danger."""
        rows, labels = [], []
        for i, text in enumerate(texts):
            parts = parts_of(text)
            clauses = parts if len(parts) > 1 and not danger[i] and i < special else []
            for each in ([parts] if parts else []) + [[c] for c in clauses if len(c) > 3]:
                rows.append(Tokens(each, self._table).row())
                labels.append(bool(danger[i]))
        return learn(rows, np.array(labels, bool), self._table.size)

    def _learn_kinds(self, danger: Mapping[str, Sequence[str]], texts: Sequence[str]) -> np.ndarray:
        """Return one column of weights a category."""
        owner = np.repeat(np.arange(len(danger)), [len(each) for each in danger.values()])
        if not len(owner):
            return np.zeros((self._table.size, 0))
        units = np.stack([Tokens(parts_of(text), self._table).row()[2] for text in texts[: len(owner)]])
        return ridge(units, np.eye(len(danger), dtype=np.float32)[owner], 1.0)

    def with_phrases(self, phrases: Mapping[str, Sequence[str]]) -> CrisisScreen:
        """Return the same screen with other literal phrases; what it learnt from examples stays."""
        other = copy.copy(self)
        other._phrases = _literal(phrases)
        return other

    # judging

    def screen(self, utterance: str, *, alert: bool = False) -> Verdict:
        """Judge *utterance*; *alert* lowers the bar on the turns after a crisis. Never raises for a str."""
        reading = self._reading(utterance)
        above = reading.score - THRESHOLD
        if self._judge is not None and SURE_HARMLESS < reading.score < SURE_DANGER:
            p = float(self._judge.probabilities(self._signals([reading])[0])[1])
            above = float(np.log((p + 1e-9) / (1 - p + 1e-9)) - np.log(MIN_DANGER / (1 - MIN_DANGER)))
        above += ALERT if alert else 0.0
        if above <= 0 or not reading.words:
            return Verdict(False, "", above, "")
        return Verdict(True, reading.category, above, reading.phrase or reading.stretch)

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
        letters = {letter for part in parts for token in part for letter in token}
        if len(letters) < FEWEST and not any(map(_unspaced, letters)):
            return _Reading(folded)
        text = Tokens(parts, self._table)
        starts, ends, margins = _stretches(text)
        plain = self._model.scores(text, starts, ends)
        best = int((plain - margins).argmax())
        start, end = int(starts[best]), int(ends[best])
        stretch = " ".join(text.tokens[start:end]) if end - start < len(text.tokens) else folded
        reading = _Reading(
            folded, float(plain[best] - margins[best] - margin), float(plain[0]),
            stretch, "", self._category(text, start, end), len(text.tokens),
        )  # fmt: skip
        padded = f" {' '.join(text.tokens)} "
        for phrase, category in self._phrases:
            if phrase in padded and (f" {phrase} " in padded or any(map(_unspaced, phrase))):
                return replace(reading, score=reading.score + PHRASE, phrase=phrase, category=category)
        return reading

    def _signals(self, readings: Sequence[_Reading]) -> np.ndarray:
        """Return what the second opinion is made from: the first one, and the meaning of the whole and of its part."""
        first = [[r.score, r.whole, bool(r.phrase), np.log1p(r.words)] for r in readings]
        texts = [r.folded for r in readings] + [r.stretch for r in readings]
        row = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        meaning = self._nearness.signals(list(row))[[row[text] for text in texts]]
        return np.hstack((np.array(first), meaning[: len(readings)], meaning[len(readings) :]))

    def _category(self, text: Tokens, start: int, end: int) -> str:
        if not self._kinds.shape[1]:
            return ""
        unit = text.units(np.array([start]), np.array([end]))[0]
        return self.categories[int((unit @ self._kinds).argmax())]


def _literal(phrases: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return each phrase as it is looked for, with its category."""
    return [(" ".join(tokens_of(fold(p))), category) for category, each in phrases.items() for p in each if p.strip()]


def _unspaced(letter: str) -> bool:
    """Whether *letter* is of a script that sets no blanks between words."""
    return "\u3040" <= letter <= "\u30ff" or "\u4e00" <= letter <= "\u9fff"


def _stretches(text: Tokens) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return starts, ends and margins of the whole (or windows), each clause, and runs of two and three clauses."""
    n, b = len(text.tokens), text.bounds
    spans = {(0, n): 0.0} if n <= 2 * WINDOW else {}
    for start in range(0, max(1, n - WINDOW // 2), WINDOW // 2):
        spans.setdefault((start, min(start + WINDOW, n)), 0.0 if n <= WINDOW else PART_MARGIN)
    for width in (1, 2, 3):
        for i in range(len(b) - width):
            start, end = int(b[i]), int(b[i + width])
            if 3 <= end - start <= WINDOW:
                spans.setdefault((start, end), PART_MARGIN)
    pairs = np.array(list(spans))
    return pairs[:, 0], pairs[:, 1], np.array(list(spans.values()))
