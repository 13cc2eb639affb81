"""The crisis screen's first opinion: which parts of a message alarm, by phrases and by the words of examples.

Literal phrases that staff can read, and a logistic regression learnt from staff's example
messages, are asked about several readings of the text (as typed, unmasked, spelling repaired)
and about its parts (whole, sentences, clauses), so that one clause in a long story is enough.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.embedding import StaticTable, Stretch
from assistant.literals import UNSPACED, Literal, Literals
from assistant.spelling import Speller
from assistant.text import fold
from assistant.unmasking import unmask
from assistant.wordmodel import Row, Tokens, WordModel, clauses_of, learn, parts_of, tokens_of

PHRASE = 4.0  # log-odds that a literal phrase adds: only a clearly harmless whole outweighs it
PART_MARGIN = 1.2  # log-odds more that a part of a message needs than the whole
REPAIRED_MARGIN = 0.5  # log-odds more that a repaired reading needs
SURE_HARMLESS = -4.5  # log-odds: below, no second opinion is asked
REPAIR_FROM = 8  # uses: a rare word of one language is near many typing mistakes of another
FEWEST = 3  # different letters: less than that says nothing
WORDY = 30  # words from which a message speaks of other things, too; with 15 more long ones were judged wrongly
WINDOW = 40  # words: longer parts are read in overlapping windows
BESIDE = 10  # words on each side of a part of a long text that are read with it
LOOKS = 3  # spellings, and parts of a text of more than WINDOW words, that are looked at again
LONG, GLANCE, WINDOWS_READ = 4_000, 12, 12  # letters from which a text is skimmed, by so many words at a time
ROUGH_STEPS, STEPS, MORE_STEPS = 60, 50, 25  # of learning: to find parts, from there (after 40 in all some verdicts
# still moved), and from there with the judged messages
NOTHING = -99.0  # log-odds of an empty text
_MARKS = ".,!?;:…\"()[]*-–—'’"
_STOPS = "。！？，、"  # no blank follows them


@dataclass(frozen=True)
class Reading:
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
    def part(self) -> str:
        """The words of the part."""
        return " ".join(self.words[slice(*self.stretch)])

    @property
    def wording(self) -> str:
        """What to show for it: the literal phrase, or the words of the part."""
        return self.literal.text.strip() if self.literal else self.part


class FirstOpinion:
    """Learnt from messages of danger, and from the *special* ones that only look like it and *plain* ones."""

    def __init__(
        self,
        phrases: Mapping[str, Sequence[str]],
        danger: Sequence[str],
        special: Sequence[str],
        plain: Sequence[str],
        table: StaticTable,
    ) -> None:
        """Learn from examples.

        Of a long message of danger only the part that tells of it counts: most of its words are about other things.
        """
        self._table = table
        self._literals = Literals(phrases)
        danger, special, plain = ([fold(m) for m in each] for each in (danger, special, plain))
        self._speller = Speller(map(tokens_of, danger), table.tokenizer.common_words, REPAIR_FROM)
        split = [_parts(text) for text in special]
        clauses = [[part] for parts in split if len(parts) > 1 for part in parts if len(part) > 3]
        self._calm = [Tokens(parts, table).row() for parts in [*split, *map(_parts, plain), *clauses]]
        short = self._rows([text for text in danger if not wordy(text)])
        self._model = self._learnt(short, self._calm, None, ROUGH_STEPS)
        self.told = [self._part_told(text) for text in danger]
        long = self._rows([told for told, text in zip(self.told, danger, strict=True) if wordy(text)])
        self._alarming = short + long
        self._model = self._learnt(self._alarming, self._calm, self._model, STEPS)

    def teach(self, judged: Sequence[tuple[str, bool]]) -> None:
        """Learn from the *judged* messages as well, once the second opinion has learnt how far to trust the first.

        It must do so from messages that the first one does not know.
        """
        if judged:
            told = self._rows([self._part_told(fold(m)) for m, danger in judged if danger])
            calm = self._rows([fold(m) for m, danger in judged if not danger])
            self._model = self._learnt(self._alarming + told, self._calm + calm, self._model, MORE_STEPS)
        self._alarming, self._calm, self.told = [], [], []  # all is learnt

    def _rows(self, folded: Sequence[str]) -> list[Row]:
        return [Tokens(_parts(text), self._table).row() for text in folded]

    def _learnt(self, alarming: list[Row], calm: list[Row], start: WordModel | None, steps: int) -> WordModel:
        signs = np.arange(len(alarming) + len(calm)) < len(alarming)
        return learn([*alarming, *calm], signs, self._table.size, start, steps)

    def _part_told(self, folded: str) -> str:
        """Return the clauses of a long message that speak most for danger; a short one whole."""
        if not wordy(folded):
            return folded
        found, clauses = clauses_of(folded)
        text = Tokens(parts_of(found, clauses), self._table)
        starts, ends, _ = _stretches(text)
        scores = np.where(ends - starts <= WORDY, self._model.scores(text, starts, ends), NOTHING)
        best = int(scores.argmax())
        place = [word for start, end in clauses for word in range(start, end)]
        return " ".join(found[place[starts[best]] : place[ends[best] - 1] + 1])

    def with_phrases(self, phrases: Mapping[str, Sequence[str]]) -> FirstOpinion:
        """Return the same opinion with other literal phrases; what it learnt from examples stays."""
        other = copy.copy(self)
        other._literals = Literals(phrases)
        return other

    def readings(self, utterance: str) -> list[Reading]:
        """Return the most alarming parts of *utterance* in each spelling, worst first; at least one."""
        folded = fold(utterance)
        unmasked = unmask(folded, self._speller.uses)
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

    def _read(self, folded: str, margin: float) -> list[Reading]:
        """Find the parts of one spelling that speak most for danger, the worst first; of a short text only that."""
        found, clauses = clauses_of(folded)
        letters = set().union(*found)
        if len(letters) < FEWEST and not any(map(UNSPACED.match, letters)):
            return [Reading([])]
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
        readings: list[Reading] = []
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
            readings.append(Reading(found, float(scores[best]), whole, around, stretch, told.get(best)))
            if len(readings) == (LOOKS if n > WINDOW else 1):
                break
        return readings


def _parts(folded: str) -> list[list[str]]:
    return parts_of(*clauses_of(folded))


def wordy(message: str) -> bool:
    """Tell whether a *message* is so long that most of its words may be about something else."""
    return len(message.split()) > WORDY or (len(message) > 2 * WORDY and bool(UNSPACED.search(message)))


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
