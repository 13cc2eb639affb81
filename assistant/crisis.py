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
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from assistant.embedding import Embedder, StaticTable
from assistant.learning import SoftmaxRegression, ridge
from assistant.literals import UNSPACED, Literal, Literals
from assistant.nearness import Nearness
from assistant.spelling import Speller
from assistant.text import fold, words
from assistant.unmasking import unmask
from assistant.wordmodel import Tokens, WordModel, learn, parts_of, tokens_of

PHRASE = 4.0  # log-odds that a literal phrase adds: only a clearly harmless whole outweighs it
PART_MARGIN = 1.2  # log-odds more that a part of a message needs than the whole
REPAIRED_MARGIN = 0.5  # log-odds more that a repaired reading needs
THRESHOLD = -0.7  # log-odds from which help is shown, where too few examples tell how sure to be
MIN_DANGER = 0.3  # probability from which help is shown: missing danger is far worse than a false alarm
ALERT = 1.6  # log-odds less that are needed on the turns after a crisis
SURE_HARMLESS = -4.5  # log-odds: below, the second opinion is not asked
FEWEST = 3  # different letters: less than that says nothing
EXAMPLES_ENOUGH, JUDGED_ENOUGH = 200, 200  # of each sort, and judged ones, from which a second opinion is learnt
PLAIN_STEP = 2  # every second plain question stands in as a harmless neighbour
WINDOW = 40  # words: longer parts are read in overlapping windows
LOOKS = 3  # spellings, and parts of a text of more than WINDOW words, that the second opinion looks at
LONG, GLANCE, WINDOWS_READ = 4_000, 12, 12  # letters from which a text is skimmed, by so many words at a time
NOTHING = -99.0  # log-odds of an empty text
_MARKS = ".,!?;:…\"()[]*-–—'’"
_STOPS_APART = str.maketrans({stop: f"{stop} " for stop in "。！？，、"})


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

    plain: str
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
        embedder: Embedder,
        judged: Sequence[tuple[str, bool]] = (),
    ) -> None:
        self._table, self._embedder = table, embedder
        self._literals = Literals(phrases)
        self.categories = tuple(danger) or tuple(phrases)
        messages = [m for each in danger.values() for m in each]
        self._speller = Speller((tokens_of(fold(m)) for m in messages), table.tokenizer.common_words)
        texts = [fold(m) for m in (*messages, *lookalikes, *others)]
        signs = np.arange(len(texts)) < len(messages)
        self._model, units = self._learn_words(texts, signs, len(messages) + len(lookalikes))
        self._kinds = self._learn_kinds(danger, units[: len(messages)])
        self._judge: SoftmaxRegression | None = None
        if len(judged) >= JUDGED_ENOUGH and min(len(messages), len(lookalikes)) >= EXAMPLES_ENOUGH:
            chosen = np.concatenate(
                (np.arange(len(texts) - len(others)), np.arange(len(texts) - len(others), len(texts), PLAIN_STEP))
            )
            self._nearness = Nearness(embedder.matrix([" ".join(words(texts[i])) for i in chosen]), signs[chosen])
            read = [self._readings(m) for m, _ in judged]
            labels = np.array([is_danger for _, is_danger in judged])
            self._judge = self._learn_judge(read, labels.astype(int))
            self._nearness.add(embedder.matrix([readings[0].plain for readings in read]), labels)

    # learning

    def _learn_words(self, texts: Sequence[str], danger: np.ndarray, special: int) -> tuple[WordModel, np.ndarray]:
        """Learn from whole messages, and from each clause of those that only look like danger.

        Returns the model and the embedding of each text.
        """
        parts = [parts_of(text) for text in texts]
        rows = [Tokens(each, self._table).row() for each in parts]
        units = np.reshape([row[2] for row in rows], (len(rows), self._table.size))  # there may be none
        clauses = [c for i in range(special) if not danger[i] and len(parts[i]) > 1 for c in parts[i] if len(c) > 3]
        rows += [Tokens([clause], self._table).row() for clause in clauses]
        return learn(rows, np.concatenate((danger, np.zeros(len(clauses), bool))), self._table.size), units

    def _learn_kinds(self, danger: Mapping[str, Sequence[str]], units: np.ndarray) -> np.ndarray:
        """Return one column of weights a category, learnt from the embeddings of the messages."""
        owner = np.repeat(np.arange(len(danger)), [len(each) for each in danger.values()])
        if not len(owner):
            return np.zeros((self._table.size, 0))
        return ridge(units, np.eye(len(danger), dtype=np.float32)[owner], 1.0)

    def with_phrases(self, phrases: Mapping[str, Sequence[str]]) -> CrisisScreen:
        """Return the same screen with other literal phrases; what it learnt from examples stays."""
        other = copy.copy(self)
        other._literals = Literals(phrases)
        return other

    def _learn_judge(self, read: Sequence[Sequence[_Reading]], danger: np.ndarray) -> SoftmaxRegression:
        """Learn from the likeliest reading of each message: first the first opinion's, then what this makes of them."""
        signals = self._signals([r for readings in read for r in readings], self._embedder)
        bounds = np.concatenate(([0], np.cumsum([len(readings) for readings in read])))
        judge = SoftmaxRegression.fit(signals[bounds[:-1]], danger, 2)
        odds = judge.probabilities(signals)[:, 1]
        worst = np.array([a + odds[a:b].argmax() for a, b in pairwise(bounds)])
        return SoftmaxRegression.fit(signals[worst], danger, 2)

    # judging

    def screen(self, utterance: str, *, alert: bool = False, embedder: Embedder | None = None) -> Verdict:
        """Judge *utterance*; never raises for a str.

        Args:
            utterance: what the visitor typed, of any length.
            alert: the turns after a crisis have a lower bar.
            embedder: used in place of the screen's own (one that remembers what this turn asked it).
        """
        readings = self._readings(utterance)
        reading = readings[0]
        above = reading.score - THRESHOLD
        if self._judge is not None and reading.score > SURE_HARMLESS:
            p = self._judge.probabilities(self._signals(readings, embedder or self._embedder))[:, 1]
            reading, worst = readings[int(p.argmax())], float(p.max())
            above = float(np.log((worst + 1e-9) / (1 - worst + 1e-9)) - np.log(MIN_DANGER / (1 - MIN_DANGER)))
        above += ALERT if alert else 0.0
        if above <= 0 or not reading.words:
            return Verdict(False, "", above, "")
        return Verdict(True, reading.category, above, reading.phrase or reading.stretch)

    def _readings(self, utterance: str) -> list[_Reading]:
        """Return the most alarming parts of *utterance* in each spelling, worst first; at least one."""
        folded = fold(utterance)
        unmasked = unmask(folded)
        if len(folded) > LONG:
            folded = unmasked = self._excerpt(unmasked)
        found = [self._read(folded, 0.0)]
        if unmasked != folded:
            found.append(self._read(unmasked, 0.0))
        tokens = tokens_of(unmasked)
        repaired = self._speller.repair(tokens)
        if repaired != tokens:
            found.append(self._read(" ".join(repaired), REPAIRED_MARGIN))
        worst, *others = sorted((r for readings in found for r in readings), key=lambda r: -r.score)
        return [worst, *(r for r in others[: LOOKS - 1] if r.score > SURE_HARMLESS)]

    def _excerpt(self, folded: str) -> str:
        """Return the windows of a very long text that speak most for danger, the worst first."""
        chunks = folded.translate(_STOPS_APART).split(" ")
        tokens = [chunk.strip(_MARKS).replace("'", "") for chunk in chunks]
        evidence = self._model.skim(tokens, GLANCE)
        padded = f" {' '.join(tokens)} "
        for literal in self._literals.within(tokens):
            evidence[min(padded.count(" ", 0, padded.find(literal.text)), len(tokens) - 1)] += PHRASE
        worst: list[int] = []
        for at in np.argsort(-evidence, kind="stable")[: WINDOWS_READ * WINDOW].tolist():
            if len(worst) < WINDOWS_READ and all(abs(at - other) >= WINDOW // 2 for other in worst):
                worst.append(at)
        starts = [max(0, at - WINDOW // 2) for at in worst]
        return " … ".join(" ".join(chunks[start : start + WINDOW]) for start in starts)

    def _read(self, folded: str, margin: float) -> list[_Reading]:
        """Find the parts of one spelling that speak most for danger, the worst first; of a short text only that."""
        parts = parts_of(folded)
        letters = {letter for part in parts for token in part for letter in token}
        if len(letters) < FEWEST and not any(map(UNSPACED.match, letters)):
            return [_Reading("")]
        text = Tokens(parts, self._table)
        n = len(text.tokens)
        starts, ends, margins = _stretches(text)
        plain = self._model.scores(text, starts, ends)
        literals = self._literals.within(text.tokens)
        told: dict[int, Literal] = {}
        for span in range(len(starts)) if literals else ():
            part = f" {' '.join(text.tokens[starts[span] : ends[span]])} "
            if (first := next((literal for literal in literals if literal.text in part), None)) is not None:
                told[span] = first
        scores = plain - margins - margin
        scores[list(told)] += PHRASE
        whole = " ".join(words(folded))
        found: list[_Reading] = []
        taken: list[tuple[int, int]] = []
        for best in np.argsort(-scores, kind="stable").tolist():
            start, end = int(starts[best]), int(ends[best])
            if any(start < last and first < end for first, last in taken):
                continue
            taken.append((start, end))
            around, score = whole, float(plain[0])
            if n > WINDOW:  # danger in a long story would drown in the whole: the words around it stand for it
                around, score = (
                    " ".join(text.tokens[max(0, start - WINDOW // 2) : end + WINDOW // 2]),
                    float(plain[best]),
                )
            literal = told.get(best)
            found.append(
                _Reading(
                    around,
                    float(scores[best]),
                    score,
                    " ".join(text.tokens[start:end]) if end - start < n else whole,
                    literal.text.strip() if literal else "",
                    literal.category if literal else self._category(text, start, end),
                    n,
                )
            )
            if len(found) == (LOOKS if n > WINDOW else 1):
                break
        return found

    def _signals(self, readings: Sequence[_Reading], embedder: Embedder) -> np.ndarray:
        """Return what the second opinion is made from: the first one, and the meaning of the whole and of its part."""
        first = [[r.score, r.whole, bool(r.phrase), np.log1p(r.words)] for r in readings]
        texts = [r.plain for r in readings] + [r.stretch for r in readings]
        row = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        meaning = self._nearness.signals(embedder.matrix(list(row)))[[row[text] for text in texts]]
        return np.hstack((np.array(first), meaning[: len(readings)], meaning[len(readings) :]))

    def _category(self, text: Tokens, start: int, end: int) -> str:
        if not self._kinds.shape[1]:
            return ""
        unit = text.units(np.array([start]), np.array([end]))[0]
        return self.categories[int((unit @ self._kinds).argmax())]


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
