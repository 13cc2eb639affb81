"""How near a text is, in meaning, to messages that signal danger and to harmless ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.encoder import SentenceEncoder
from assistant.learning import SoftmaxRegression

SEVERAL = 5  # neighbours whose mean is less a matter of chance than the nearest one
PENALTY = 30.0  # of the line between the two sorts
SIGNALS = ("log-odds by meaning", "nearest danger", "nearest harmless", "dangers near", "harmless near")


class Nearness:
    """Learnt from examples of both sorts: a line between them, and the examples themselves."""

    def __init__(self, encoder: SentenceEncoder, texts: Sequence[str], danger: np.ndarray) -> None:
        self._encoder = encoder
        vectors = encoder.matrix(texts)
        self._danger, self._harmless = vectors[danger], vectors[~danger]
        self._line = SoftmaxRegression.fit(vectors, danger.astype(int), 2, penalty=PENALTY)

    def signals(self, texts: Sequence[str]) -> np.ndarray:
        """Return the numbers that `SIGNALS` names, one row a text."""
        units = self._encoder.matrix(texts)
        p = self._line.probabilities(units)
        danger, harmless = units @ self._danger.T, units @ self._harmless.T
        several = [np.partition(near, -SEVERAL, axis=1)[:, -SEVERAL:].mean(1) for near in (danger, harmless)]
        odds = np.log((p[:, 1] + 1e-6) / (p[:, 0] + 1e-6))
        return np.column_stack((odds, danger.max(1), harmless.max(1), *several))
