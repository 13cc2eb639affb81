"""How near a text is, in meaning, to messages that signal danger and to harmless ones."""

from __future__ import annotations

import numpy as np

from assistant.learning import SoftmaxRegression, principal_axes

SEVERAL = 5  # neighbours whose mean is less a matter of chance than the nearest one
PENALTY = 30.0  # of the line between the two sorts
AXES = 32  # numbers of an example that are looked at first: they hold over half of what sets examples apart
CLOSE = 96  # examples of each sort, about, that are then compared in full: the nearest is off by 0.004 on average
SAMPLE, MOST = 8, 800  # every eighth example tells how close that is; where many are as close, so many are compared
TOGETHER = 8  # texts whose neighbours are looked for in one go
SIGNALS = ("log-odds by meaning", "nearest danger", "nearest harmless", "dangers near", "harmless near")

Examples = tuple[np.ndarray, np.ndarray]
"""Embeddings of examples of one sort, in full and by principal axes."""


class Nearness:
    """Learnt from examples of both sorts: a line between them, and the examples themselves.

    Neighbours are found in two steps, for reading all of some thirty thousand examples would cost
    several times what encoding a question does: first by the principal axes of the examples, then,
    the closest ones, in full.
    """

    def __init__(self, danger: np.ndarray, harmless: np.ndarray) -> None:
        """Learn from the embeddings of examples of both sorts, one a row."""
        units = np.vstack((danger, harmless))
        signs = np.arange(len(units)) < len(danger)
        self._line = SoftmaxRegression.fit(units, signs.astype(int), 2, penalty=PENALTY)
        self._axes = principal_axes(units, AXES)
        nothing = units[:0], units[:0, :AXES]
        self._danger = self._harmless = nothing
        self.add(units, signs)

    def add(self, units: np.ndarray, danger: np.ndarray) -> None:
        """Take in more examples, as neighbours only: the line stays."""

        def joined(known: Examples, more: np.ndarray) -> Examples:
            return np.vstack((known[0], more)), np.vstack((known[1], more @ self._axes))

        self._danger, self._harmless = joined(self._danger, units[danger]), joined(self._harmless, units[~danger])

    def signals(self, units: np.ndarray) -> np.ndarray:
        """Return the numbers that `SIGNALS` names, one row a text; *units* are the texts' embeddings."""
        p = self._line.probabilities(units)
        odds = np.log((p[:, 1] + 1e-6) / (p[:, 0] + 1e-6))
        near = np.stack([self._nearest(units, each) for each in (self._danger, self._harmless)], 1)
        return np.column_stack((odds, near[:, :, -1], near.mean(2)))

    def _nearest(self, units: np.ndarray, examples: Examples) -> np.ndarray:
        """Return how near the `SEVERAL` nearest *examples* are to each of *units*, the nearest last."""
        vectors, coarse = examples
        out = np.empty((len(units), SEVERAL))
        for start in range(0, len(units), TOGETHER):
            some = units[start : start + TOGETHER]
            for row, unit, seen in zip(out[start:], some, (coarse @ (some @ self._axes).T).T, strict=False):
                row[:] = np.sort(vectors[_close(seen)] @ unit)[-SEVERAL:]
        return out


def _close(seen: np.ndarray) -> np.ndarray:
    """Return where about `CLOSE` of the largest numbers *seen* are: much faster than where just so many are."""
    some, count = seen[::SAMPLE], CLOSE // SAMPLE
    if len(some) <= count:
        return np.arange(len(seen))
    return np.flatnonzero(seen >= np.partition(some, -count)[-count])[:MOST]
