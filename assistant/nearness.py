"""How near a text is, in meaning, to messages that signal danger and to harmless ones."""

from __future__ import annotations

import numpy as np

from assistant.embedding import Quantised
from assistant.learning import SoftmaxRegression, principal_axes

SEVERAL = 5  # neighbours whose mean is less a matter of chance than the nearest one
PENALTY = 30.0  # of the line between the two sorts
AXES = 192  # numbers kept of an example: they hold 95 % of what sets examples apart, and no verdict needs the rest
FOREMOST = 32  # of these, looked at first: they hold over half
CLOSE = 96  # examples of each sort, about, that are then compared in full: the nearest is off by 0.004 on average
SAMPLE, MOST = 8, 800  # every eighth example tells how close that is; where many are as close, so many are compared
TOGETHER = 8  # texts whose neighbours are looked for in one go
SIGNALS = ("log-odds by meaning", "nearest danger", "nearest harmless", "dangers near", "harmless near")


class Nearness:
    """Learnt from examples of both sorts: a line between them, and the examples themselves.

    Neighbours are found in two steps, for comparing all of some fifty thousand examples would cost
    several times what encoding a question does: first by the foremost principal axes of the examples,
    then, the closest ones, by all that are kept.
    """

    def __init__(self, danger: np.ndarray, harmless: np.ndarray) -> None:
        """Learn from the embeddings of examples of both sorts, one a row."""
        units = np.vstack((danger, harmless))
        signs = np.arange(len(units)) < len(danger)
        self._line = SoftmaxRegression.fit(units, signs.astype(int), 2, penalty=PENALTY)
        self._axes = principal_axes(units.T @ units, AXES)
        self._danger, self._harmless = (_Examples(Quantised.of(each @ self._axes)) for each in (danger, harmless))

    def add(self, units: np.ndarray, danger: np.ndarray) -> None:
        """Take in more examples, as neighbours only: the line stays."""
        more = units @ self._axes
        self._danger, self._harmless = self._danger.and_also(more[danger]), self._harmless.and_also(more[~danger])

    def signals(self, units: np.ndarray) -> np.ndarray:
        """Return the numbers that `SIGNALS` names, one row a text; *units* are the texts' embeddings."""
        p = self._line.probabilities(units)
        odds = np.log((p[:, 1] + 1e-6) / (p[:, 0] + 1e-6))
        projected = units @ self._axes
        near = np.stack([each.nearest(projected) for each in (self._danger, self._harmless)], 1)
        return np.column_stack((odds, near[:, :, -1], near.mean(2)))


class _Examples:
    """Examples of one sort, by their principal axes; the foremost are at hand as they are multiplied."""

    def __init__(self, vectors: Quantised) -> None:
        self._vectors = vectors
        self._foremost = vectors.codes[:, :FOREMOST] * vectors.scales[:, None]

    def __reduce__(self) -> tuple[object, tuple[Quantised]]:
        return _Examples, (self._vectors,)

    def and_also(self, more: np.ndarray) -> _Examples:
        """Return these and *more*, one a row."""
        return _Examples(self._vectors.and_also(Quantised.of(more)))

    def nearest(self, texts: np.ndarray) -> np.ndarray:
        """Return how near the `SEVERAL` nearest are to each of *texts*, the nearest last."""
        out = np.empty((len(texts), SEVERAL))
        for start in range(0, len(texts), TOGETHER):
            some = texts[start : start + TOGETHER]
            for row, text, seen in zip(out[start:], some, (self._foremost @ some[:, :FOREMOST].T).T, strict=False):
                row[:] = np.sort(self._vectors.dot(_close(seen), text))[-SEVERAL:]
        return out


def _close(seen: np.ndarray) -> np.ndarray:
    """Return where about `CLOSE` of the largest numbers *seen* are: much faster than where just so many are."""
    some, count = seen[::SAMPLE], CLOSE // SAMPLE
    if len(some) <= count:
        return np.arange(len(seen))
    return np.flatnonzero(seen >= np.partition(some, -count)[-count])[:MOST]
