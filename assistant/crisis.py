"""The crisis screen: does this message signal danger, and of what kind?

The first opinion goes by phrases and words. Where that is not sure, a second opinion reads the
message and its most alarming part by their meaning, and is learnt from messages that staff judged.
It screens; it does not diagnose. It needs no other part of the program and never raises for text.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, pairwise

import numpy as np

from assistant.embedding import StaticTable, Stretch, StretchEmbedder
from assistant.encoder import OneTurn
from assistant.firstopinion import SURE_HARMLESS, WINDOW, FirstOpinion, Reading, wordy
from assistant.learning import SoftmaxRegression, ridge
from assistant.nearness import Nearness
from assistant.text import fold, words

THRESHOLD = -0.7  # log-odds from which help is shown, where too few examples tell how sure to be
MIN_DANGER = 0.3  # probability from which help is shown: missing danger is far worse than a false alarm
ALERT = 1.6  # log-odds less that are needed on the turns after a crisis
EXAMPLES_ENOUGH, JUDGED_ENOUGH = 200, 200  # of each sort, and judged ones, from which a second opinion is learnt
PLAIN_STEP = 3  # every third plain question stands in as a harmless neighbour
SURE_KIND = 0.3  # 0 to 1: below, the kind of danger named is wrong three times in four
BURIED = 50  # messages of danger put among harmless ones, to learn from


@dataclass(frozen=True)
class Verdict:
    """What the screen says; *score* is in log-odds above the threshold, *words* triggered it."""

    danger: bool
    category: str
    score: float
    words: str


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
        self._embedder = embedder
        self.categories = tuple(danger) or tuple(phrases)
        messages = [m for each in danger.values() for m in each]
        self._first = FirstOpinion(phrases, messages, lookalikes, others, table)
        told = embedder.matrix([_as_read(text) for text in self._first.told])
        self._kinds = self._learn_kinds(danger, told)
        self._judge: SoftmaxRegression | None = None
        if len(judged) >= JUDGED_ENOUGH and min(len(messages), len(lookalikes)) >= EXAMPLES_ENOUGH:
            calm = [_as_read(fold(m)) for m in (*lookalikes, *others[::PLAIN_STEP]) if len(m.split()) <= WINDOW]
            # of a long text one part decides: those of harmless texts that alarm most have to be known as such
            calm += [r.part for m in lookalikes if wordy(m) for r in self._first.readings(m) if r.words]
            self._nearness = Nearness(told, embedder.matrix(calm))
            judged = [*judged, *_buried(messages, [m for m, is_danger in judged if not is_danger])]
            read = [self._first.readings(m) for m, _ in judged]
            labels = np.array([is_danger for _, is_danger in judged])
            self._judge, around = self._learn_judge(read, labels.astype(int))
            self._nearness.add(around, labels)
        self._first.teach(judged)

    # learning

    def _learn_kinds(self, danger: Mapping[str, Sequence[str]], units: np.ndarray) -> np.ndarray:
        """Return one column of weights a category, learnt from the embeddings of the messages."""
        owner = np.repeat(np.arange(len(danger)), [len(each) for each in danger.values()])
        if not len(owner):
            return np.zeros((self._embedder.size, 0))
        return ridge(units, np.eye(len(danger), dtype=np.float32)[owner], 1.0)

    def with_phrases(self, phrases: Mapping[str, Sequence[str]]) -> CrisisScreen:
        """Return the same screen with other literal phrases; what it learnt from examples stays."""
        other = copy.copy(self)
        other._first = self._first.with_phrases(phrases)
        return other

    def _learn_judge(
        self, read: Sequence[Sequence[Reading]], danger: np.ndarray
    ) -> tuple[SoftmaxRegression, np.ndarray]:
        """Learn from the likeliest reading of each message: first the first opinion's, then what this makes of them.

        Returns, too, the embedding of what is around the part that alarms most, one row a message.
        """
        readings = [r for each in read for r in each]
        bounds = np.concatenate(([0], np.cumsum([len(each) for each in read])))
        units, around, parts = self._meaning(readings, self._embedder)
        signals = self._signals(readings, units, around, parts)
        judge = SoftmaxRegression.fit(signals[bounds[:-1]], danger, 2)
        odds = judge.probabilities(signals)[:, 1]
        worst = np.array([a + odds[a:b].argmax() for a, b in pairwise(bounds)])
        judge = SoftmaxRegression.fit(signals[worst], danger, 2)
        return judge, units[[around[n] for n in bounds[:-1]]]

    # judging

    def screen(self, utterance: str, *, alert: bool = False, encoder: OneTurn | None = None) -> Verdict:
        """Judge *utterance*; never raises for a str.

        Args:
            utterance: what the visitor typed, of any length.
            alert: the turns after a crisis have a lower bar.
            encoder: used in place of the screen's own; it remembers what this turn read.
        """
        reader = encoder or self._embedder
        readings = self._first.readings(utterance)
        reading = readings[0]
        above = reading.score - THRESHOLD
        if self._judge is not None and reading.score > SURE_HARMLESS:
            p = self._judge.probabilities(self._signals(readings, *self._meaning(readings, reader)))[:, 1]
            reading, worst = readings[int(p.argmax())], float(p.max())
            above = float(np.log((worst + 1e-9) / (1 - worst + 1e-9)) - np.log(MIN_DANGER / (1 - MIN_DANGER)))
        above += ALERT if alert else 0.0
        if above <= 0 or not reading.words:
            return Verdict(False, "", above, "")
        return Verdict(True, self._category(reading, reader), above, reading.wording)

    def _meaning(
        self, readings: Sequence[Reading], embedder: StretchEmbedder
    ) -> tuple[np.ndarray, list[int], list[int]]:
        """Return embeddings, and the row of each reading's whole, or what is around its part, and of the part.

        What is around is read in its company, the part by itself: in a peaceful story one sentence of danger
        would take on the meaning of the others.
        """
        around = [(" ".join(r.words), r.words, r.around) for r in readings]
        parts = [(" ".join(own), own, (0, len(own))) for r in readings for own in [r.words[slice(*r.stretch)]]]
        wanted: dict[str, tuple[list[str], dict[Stretch, None]]] = {}
        for text, own, stretch in around + parts:
            wanted.setdefault(text, (own, {}))[1][stretch] = None
        units = embedder.stretches([(own, list(stretches)) for own, stretches in wanted.values()])
        row = {(text, s): n for n, (text, s) in enumerate((text, s) for text, (_, own) in wanted.items() for s in own)}
        return np.concatenate(units), [row[text, s] for text, _, s in around], [row[text, s] for text, _, s in parts]

    def _signals(
        self, readings: Sequence[Reading], units: np.ndarray, around: Sequence[int], parts: Sequence[int]
    ) -> np.ndarray:
        """Return what the second opinion is made from: the first one, and what `_meaning` read."""
        first = np.array([[r.score, r.whole, r.literal is not None, np.log1p(len(r.words))] for r in readings])
        meaning = self._nearness.signals(units)
        found = np.hstack((first, meaning[around], meaning[parts]))
        long = np.array([[len(r.words) > WINDOW] for r in readings])
        return np.hstack((found, long, long * found))  # a long text has weights of its own

    def _category(self, reading: Reading, embedder: StretchEmbedder) -> str:
        """Return what kind of danger a phrase says, or else the examples; nothing where these do not tell."""
        if reading.literal:
            return reading.literal.category
        if not self._kinds.shape[1]:
            return ""
        sure = embedder.matrix([reading.wording])[0] @ self._kinds
        return self.categories[int(sure.argmax())] if sure.max() >= SURE_KIND else ""


def _as_read(folded: str) -> str:
    return " ".join(words(folded))


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
