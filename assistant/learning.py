"""The learning methods in use: ridge regression, logistic regression, L-BFGS under it, and principal axes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]


def ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """Return weights W, shape ``(features, outputs)``, that minimise |xW - y|² + penalty |W|²."""
    return solve(gram_matrix(x, penalty), x.T @ y)


def gram_matrix(x: np.ndarray, penalty: float) -> np.ndarray:
    """Return x'x + penalty, to which rows can be added and from which they can be taken away later."""
    gram = np.asarray(x.T @ x)
    gram[np.diag_indices(len(gram))] += penalty
    return gram


def solve(gram: np.ndarray, moment: np.ndarray) -> np.ndarray:
    """Return the weights of `ridge` for its normal equations: *gram* is `gram_matrix`, *moment* is x'y."""
    return np.asarray(np.linalg.solve(gram, moment), np.float32)


def principal_axes(gram: np.ndarray, count: int) -> np.ndarray:
    """Return the *count* axes along which rows differ most, one a column, most first (not centred).

    *gram* is x'x of the rows; times a factor, or with the same added all along its diagonal, it has the same axes.
    """
    _, axes = np.linalg.eigh(gram)
    return np.ascontiguousarray(axes[:, : -count - 1 : -1])


def largest(values: np.ndarray, count: int) -> np.ndarray:
    """Return where the *count* largest of *values* are, largest first."""
    if len(values) <= count:
        return np.argsort(-values, kind="stable")
    found = np.argpartition(values, -count)[-count:]
    return found[np.argsort(-values[found], kind="stable")]


def segment_sums(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the sums of runs of *values*, float32: run i goes from ``starts[i]`` to before ``starts[i + 1]``."""
    if not len(values):
        return np.zeros(len(starts) - 1, np.float32)
    sums = np.add.reduceat(values, np.minimum(starts[:-1], len(values) - 1))
    return np.where(starts[1:] > starts[:-1], sums, 0).astype(np.float32)


def lbfgs(objective: Objective, start: np.ndarray, *, steps: int = 120, memory: int = 8) -> np.ndarray:
    """Minimise a smooth function from *start* (Nocedal & Wright, algorithm 7.5, backtracking search)."""
    point = start
    value, gradient = objective(point)
    moves: list[np.ndarray] = []
    turns: list[np.ndarray] = []
    for _ in range(steps):
        direction = -_scaled(gradient, moves, turns)
        slope = float(gradient @ direction)
        if slope >= 0:
            direction, slope = -gradient, -float(gradient @ gradient)
        length = 1.0 if moves else min(1.0, 1.0 / (np.abs(gradient).sum() + 1e-12))
        while True:
            candidate = point + length * direction
            new_value, new_gradient = objective(candidate)
            if new_value <= value + 1e-4 * length * slope or length < 1e-10:
                break
            length *= 0.5
        move, turn = candidate - point, new_gradient - gradient
        if move @ turn > 1e-12:
            moves, turns = [*moves, move][-memory:], [*turns, turn][-memory:]
        improvement = value - new_value
        point, value, gradient = candidate, new_value, new_gradient
        if improvement < 1e-6 * max(1.0, abs(value)) or np.abs(gradient).max() < 1e-6:
            break
    return point


def _scaled(gradient: np.ndarray, moves: list[np.ndarray], turns: list[np.ndarray]) -> np.ndarray:
    """Apply the inverse Hessian that the last moves imply (the two-loop recursion)."""
    q = gradient.copy()
    shares = []
    for move, turn in zip(reversed(moves), reversed(turns), strict=True):
        share = (move @ q) / (turn @ move)
        q -= share * turn
        shares.append(share)
    if moves:
        q *= (moves[-1] @ turns[-1]) / (turns[-1] @ turns[-1])
    for move, turn, share in zip(moves, turns, reversed(shares), strict=True):
        q += (share - (turn @ q) / (turn @ move)) * move
    return q


class SoftmaxRegression:
    """Multinomial logistic regression on a few dense signals, standardised first."""

    def __init__(self, mean: np.ndarray, spread: np.ndarray, weights: np.ndarray) -> None:
        self.mean, self.spread, self.weights = mean, spread, weights

    @classmethod
    def fit(cls, x: np.ndarray, labels: np.ndarray, classes: int, *, penalty: float = 1.0) -> SoftmaxRegression:
        """Learn from *x*, shape ``(rows, signals)``, and *labels*, integers below *classes*."""
        mean, spread = x.mean(0), x.std(0) + 1e-6
        z = np.hstack([(x - mean) / spread, np.ones((len(x), 1))])
        onehot = np.eye(classes)[labels]
        size = (z.shape[1], classes)

        def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
            w = flat.reshape(size)
            p = _softmax(z @ w)
            loss = -np.log(p[np.arange(len(z)), labels] + 1e-12).sum() + 0.5 * penalty * (w[:-1] ** 2).sum()
            gradient = z.T @ (p - onehot)
            gradient[:-1] += penalty * w[:-1]
            return float(loss), gradient.ravel()

        weights = lbfgs(objective, np.zeros(size[0] * classes), steps=300).reshape(size)
        return cls(mean, spread, weights)

    def probabilities(self, signals: np.ndarray) -> np.ndarray:
        """Return one probability a class for one row or many; each row sums to 1."""
        z = (np.atleast_2d(signals) - self.mean) / self.spread
        p = _softmax(np.hstack([z, np.ones((len(z), 1))]) @ self.weights)
        return p if np.ndim(signals) > 1 else p[0]


def _softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))
