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
from itertools import cycle, pairwise

import numpy as np

from assistant.embedding import StaticTable, Stretch, StretchEmbedder
from assistant.encoder import OneTurn
from assistant.learning import SoftmaxRegression, ridge
from assistant.literals import UNSPACED, Literal, Literals
from assistant.nearness import Nearness
from assistant.spelling import Speller
from assistant.text import fold, words
from assistant.unmasking import unmask
from assistant.wordmodel import Row, Tokens, WordModel, clauses_of, learn, parts_of, tokens_of

PHRASE = 4.0  # log-odds that a literal phrase adds: only a clearly harmless whole outweighs it
PART_MARGIN = 1.2  # log-odds more that a part of a message needs than the whole
REPAIRED_MARGIN = 0.5  # log-odds more that a repaired reading needs
THRESHOLD = -0.7  # log-odds from which help is shown, where too few examples tell how sure to be
MIN_DANGER = 0.3  # probability from which help is shown: missing danger is far worse than a false alarm
ALERT = 1.6  # log-odds less that are needed on the turns after a crisis
SURE_HARMLESS = -4.5  # log-odds: below, the second opinion is not asked
FEWEST = 3  # different letters: less than that says nothing
EXAMPLES_ENOUGH, JUDGED_ENOUGH = 200, 200  # of each sort, and judged ones, from which a second opinion is learnt
PLAIN_STEP = 3  # every third plain question stands in as a harmless neighbour
WORDY = 30  # words of a long message
WINDOW = 40  # words: longer parts are read in overlapping windows
BESIDE = 10  # words on each side of a part of a long text that are read with it
LOOKS = 3  # spellings, and parts of a text of more than WINDOW words, that the second opinion looks at
LONG, GLANCE, WINDOWS_READ = 4_000, 12, 12  # letters from which a text is skimmed, by so many words at a time
SURE_KIND = 0.3  # 0 to 1: below, the kind of danger named is wrong three times in four
BURIED = 50  # messages of danger put among harmless ones, to learn from
NOTHING = -99.0  # log-odds of an empty text
_MARKS = ".,!?;:…\"()[]*-–—'’"
_STOPS = "。！？，、"  # no blank follows them


@dataclass(frozen=True)
class Verdict:
    """What the screen says; *score* is in log-odds above the threshold, *words* triggered it."""

    danger: bool
    category: str
    score: float
    words: str


@dataclass(frozen=True)
class _Reading:
    """One way to read a message, as its *words*: an alarming part of it, that part's log-odds, and the whole's.

    The *whole* is what stands *around* the part in a long text.
    """

    words: list[str]
    score: float = NOTHING
    whole: float = NOTHING
    around: Stretch = (0, 0)
    stretch: Stretch = (0, 0)
    literal: Literal | None = None

    @property
    def wording(self) -> str:
        """What to show for it: the literal phrase, or the words of the part."""
        return self.literal.text.strip() if self.literal else " ".join(self.words[slice(*self.stretch)])


class CrisisScreen:
    """Learnt once from examples; asked about every utterance first."""

    def __init__(
        self,
        phrases: Mapping[str, Sequence[str]],
        danger: Mapping[str, Sequence[str]],
        lookalikes: Sequence[str],
        others: Sequence[str],
        table: StaticTable,
        embedder: StretchEmbedder,
        judged: Sequence[tuple[str, bool]] = (),
    ) -> None:
        self._table, self._embedder = table, embedder
        self._literals = Literals(phrases)
        self.categories = tuple(danger) or tuple(phrases)
        messages = [m for each in danger.values() for m in each]
        self._speller = Speller((tokens_of(fold(m)) for m in messages), table.tokenizer.common_words)
        alarming, special = [fold(m) for m in messages], [fold(m) for m in lookalikes]
        plain = [fold(m) for m in others]
        alarming, taught = self._learn_words(alarming, special, plain, judged)
        told = embedder.matrix([" ".join(words(text)) for text in alarming])
        self._kinds = self._learn_kinds(danger, told)
        self._judge: SoftmaxRegression | None = None
        if len(judged) >= JUDGED_ENOUGH and min(len(messages), len(lookalikes)) >= EXAMPLES_ENOUGH:
            calm = embedder.matrix([" ".join(words(text)) for text in special + plain[::PLAIN_STEP]])
            self._nearness = Nearness(told, calm)
            judged = [*judged, *_buried(messages, [m for m, is_danger in judged if not is_danger])]
            read = [self._readings(m) for m, _ in judged]
            labels = np.array([is_danger for _, is_danger in judged])
            self._judge = self._learn_judge(read, labels.astype(int))
            self._model = taught
            likeliest = embedder.stretches([(r.words, (r.around,)) for r, *_ in read])
            self._nearness.add(np.concatenate(likeliest), labels)

    # learning

    def _learn_words(
        self, danger: Sequence[str], special: Sequence[str], plain: Sequence[str], judged: Sequence[tuple[str, bool]]
    ) -> tuple[list[str], WordModel]:
        """Learn from messages, and from each clause of the *special* ones, which only look like danger.

        Of a long message of danger only the part that tells of it counts: most of its words are about other things.

        Returns the messages of danger with the long ones cut to that part, and a model that was taught the *judged*
        messages, too: the second opinion has to learn from messages that the first one does not know.
        """
        clauses = [
            part for text in special for parts in [_parts(text)] if len(parts) > 1 for part in parts if len(part) > 3
        ]
        harmless = [*map(_parts, special), *map(_parts, plain), *([part] for part in clauses)]
        calm = [Tokens(parts, self._table).row() for parts in harmless]
        short = [text for text in danger if not _wordy(text)]
        self._model = self._learnt(short, calm, None)
        told = [self._part_told(text) for text in danger]
        if len(short) < len(danger):
            self._model = self._learnt(told, calm, self._model)
        alarming = [self._part_told(fold(m)) for m, is_danger in judged if is_danger]
        calm += [Tokens(_parts(fold(m)), self._table).row() for m, is_danger in judged if not is_danger]
        return told, self._learnt(told + alarming, calm, self._model) if judged else self._model

    def _learnt(self, danger: Sequence[str], calm: Sequence[Row], start: WordModel | None) -> WordModel:
        rows = [Tokens(_parts(text), self._table).row() for text in danger]
        return learn([*rows, *calm], np.arange(len(rows) + len(calm)) < len(rows), self._table.size, start)

    def _part_told(self, folded: str) -> str:
        """Return the clauses of a long message that speak most for danger; a short one whole."""
        if not _wordy(folded):
            return folded
        found, clauses = clauses_of(folded)
        text = Tokens(parts_of(found, clauses), self._table)
        starts, ends, _ = _stretches(text)
        scores = np.where(ends - starts <= WORDY, self._model.scores(text, starts, ends), NOTHING)
        best = int(scores.argmax())
        place = [word for start, end in clauses for word in range(start, end)]
        return " ".join(found[place[starts[best]] : place[ends[best] - 1] + 1])

    def _learn_kinds(self, danger: Mapping[str, Sequence[str]], units: np.ndarray) -> np.ndarray:
        """Return one column of weights a category, learnt from the embeddings of the messages."""
        owner = np.repeat(np.arange(len(danger)), [len(each) for each in danger.values()])
        if not len(owner):
            return np.zeros((self._embedder.size, 0))
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

    def screen(self, utterance: str, *, alert: bool = False, encoder: OneTurn | None = None) -> Verdict:
        """Judge *utterance*; never raises for a str.

        Args:
            utterance: what the visitor typed, of any length.
            alert: the turns after a crisis have a lower bar.
            encoder: used in place of the screen's own; it remembers what this turn read.
        """
        readings = self._readings(utterance)
        reading = readings[0]
        above = reading.score - THRESHOLD
        if self._judge is not None and reading.score > SURE_HARMLESS:
            p = self._judge.probabilities(self._signals(readings, encoder or self._embedder))[:, 1]
            reading, worst = readings[int(p.argmax())], float(p.max())
            above = float(np.log((worst + 1e-9) / (1 - worst + 1e-9)) - np.log(MIN_DANGER / (1 - MIN_DANGER)))
        above += ALERT if alert else 0.0
        if above <= 0 or not reading.words:
            return Verdict(False, "", above, "")
        return Verdict(True, self._category(reading, encoder or self._embedder), above, reading.wording)

    def _readings(self, utterance: str) -> list[_Reading]:
        """Return the most alarming parts of *utterance* in each spelling, worst first; at least one."""
        folded = fold(utterance)
        unmasked = unmask(folded, self._table.tokenizer.common_words)
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
        for stop in _STOPS:
            folded = folded.replace(stop, f"{stop} ")
        chunks = folded.split(" ")
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
        found, clauses = clauses_of(folded)
        letters = set().union(*found)
        if len(letters) < FEWEST and not any(map(UNSPACED.match, letters)):
            return [_Reading([])]
        text = Tokens(parts_of(found, clauses), self._table)
        n = len(text.tokens)
        starts, ends, margins = _stretches(text)
        plain = self._model.scores(text, starts, ends)
        literals = self._literals.within(text.tokens)
        told: dict[int, Literal] = {}
        for span in sorted(range(len(starts)), key=lambda i: ends[i] - starts[i]) if literals else ():
            if n > WINDOW and any(starts[span] <= starts[i] and ends[i] <= ends[span] for i in told):
                continue  # in a long text a phrase counts where it stands, not for all that is around
            part = f" {' '.join(text.tokens[starts[span] : ends[span]])} "
            if (first := next((literal for literal in literals if literal.text in part), None)) is not None:
                told[span] = first
        scores = plain - margins - margin
        scores[list(told)] += PHRASE
        place = [word for start, end in clauses for word in range(start, end)]  # of each token
        readings: list[_Reading] = []
        taken: list[tuple[int, int]] = []
        for best in np.argsort(-scores, kind="stable").tolist():
            start, end = int(starts[best]), int(ends[best])
            if any(start < last and first < end for first, last in taken):
                continue
            taken.append((start, end))
            stretch = (place[start], place[end - 1] + 1) if end - start < n else (0, len(found))
            around, whole = (0, len(found)), float(plain[0])
            if n > WINDOW:  # danger in a long story would drown in the whole: the words around it stand for it
                around = (max(0, stretch[0] - BESIDE), min(len(found), stretch[1] + BESIDE))
                whole = float(plain[best])
            readings.append(_Reading(found, float(scores[best]), whole, around, stretch, told.get(best)))
            if len(readings) == (LOOKS if n > WINDOW else 1):
                break
        return readings

    def _signals(self, readings: Sequence[_Reading], embedder: StretchEmbedder) -> np.ndarray:
        """Return what the second opinion is made from: the first one, and the meaning of a part and of what is around.

        What is around is read in its company, the part by itself: in a peaceful story one sentence of danger
        would take on the meaning of the others.
        """
        around = [(" ".join(r.words), r.words, r.around) for r in readings]
        parts = [(" ".join(own), own, (0, len(own))) for r in readings for own in [r.words[slice(*r.stretch)]]]
        wanted: dict[str, tuple[list[str], dict[Stretch, None]]] = {}
        for text, own, stretch in around + parts:
            wanted.setdefault(text, (own, {}))[1][stretch] = None
        units = embedder.stretches([(own, list(stretches)) for own, stretches in wanted.values()])
        meaning = self._nearness.signals(np.concatenate(units))
        row = {(text, s): n for n, (text, s) in enumerate((text, s) for text, (_, own) in wanted.items() for s in own)}
        first = np.array([[r.score, r.whole, r.literal is not None, np.log1p(len(r.words))] for r in readings])
        each = [meaning[[row[text, s] for text, _, s in some]] for some in (around, parts)]
        found = np.hstack((first, *each))
        long = np.array([[len(r.words) > WINDOW] for r in readings])
        return np.hstack((found, long, long * found))  # a long text has weights of its own

    def _category(self, reading: _Reading, embedder: StretchEmbedder) -> str:
        """Return what kind of danger a phrase says, or else the examples; nothing where these do not tell."""
        if reading.literal:
            return reading.literal.category
        if not self._kinds.shape[1]:
            return ""
        sure = embedder.matrix([reading.wording])[0] @ self._kinds
        return self.categories[int(sure.argmax())] if sure.max() >= SURE_KIND else ""


def _parts(folded: str) -> list[list[str]]:
    return parts_of(*clauses_of(folded))


def _wordy(message: str) -> bool:
    """Tell whether a *message* is so long that most of its words may be about something else."""
    return len(message.split()) > WORDY or (len(message) > 2 * WORDY and bool(UNSPACED.search(message)))


def _buried(messages: Sequence[str], harmless: Sequence[str]) -> list[tuple[str, bool]]:
    """Return long texts made of *harmless* ones, and as many with one of the *messages* of danger among them."""
    short = [m for m in harmless if len(m.split()) <= WINDOW][:: max(1, len(harmless) // (4 * BURIED))]
    told = messages[:: max(1, len(messages) // BURIED)][:BURIED]
    found = []
    for n, (message, *around) in enumerate(zip(told, *[cycle(short)] * 3, strict=False)):
        found.append((" ".join(around), False))
        around.insert(n % 4, message)
        found.append((" ".join(around), True))
    return found


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
