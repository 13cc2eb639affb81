"""How near a text is, in meaning, to messages that signal danger and to harmless ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.embedding import Embedder
from assistant.learning import SoftmaxRegression

SEVERAL = 5  # neighbours whose mean is less a matter of chance than the nearest one
PENALTY = 30.0  # of the line between the two sorts
AXES = 64  # numbers of an example that are looked at first: they hold seven tenths of what sets examples apart
CLOSE = 64  # examples of each sort that are then compared in full
SIGNALS = ("log-odds by meaning", "nearest danger", "nearest harmless", "dangers near", "harmless near")


class Nearness:
    """Learnt from examples of both sorts: a line between them, and the examples themselves.

    Neighbours are found in two steps, for reading all of some twenty thousand examples would cost
    several times what encoding a question does: first by the principal axes of the examples, then,
    the closest ones, in full.
    """

    def __init__(self, embedder: Embedder, texts: Sequence[str], danger: np.ndarray) -> None:
        vectors = embedder.matrix(texts)
        self._line = SoftmaxRegression.fit(vectors, danger.astype(int), 2, penalty=PENALTY)
        _, axes = np.linalg.eigh(vectors.T @ vectors)
        self._axes = np.ascontiguousarray(axes[:, -AXES:])
        self._sorts = [(own, own @ self._axes) for own in (vectors[danger], vectors[~danger])]

    def signals(self, units: np.ndarray) -> np.ndarray:
        """Return the numbers that `SIGNALS` names, one row a text; *units* are the texts' embeddings."""
        p = self._line.probabilities(units)
        odds = np.log((p[:, 1] + 1e-6) / (p[:, 0] + 1e-6))
        near = np.array([[self._nearest(unit, *examples) for examples in self._sorts] for unit in units])
        return np.column_stack((odds, near[:, :, -1], near.mean(2)))

    def _nearest(self, unit: np.ndarray, vectors: np.ndarray, coarse: np.ndarray) -> np.ndarray:
        """Return how near the `SEVERAL` nearest of *vectors* are, the nearest last."""
        seen = coarse @ (unit @ self._axes)
        close = np.argpartition(seen, -CLOSE)[-CLOSE:] if len(seen) > CLOSE else slice(None)
        return np.sort(vectors[close] @ unit)[-SEVERAL:]
