"""How well a system ranks and how well it knows when to say nothing: the measures of every benchmark here.

A system gives each question a score for every entry and one confidence. *In scope* are the
questions that some entry answers. All measures are shares (0 to 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

REJECTED = (0.80, 0.95)  # shares of the out-of-scope questions that the threshold turns away
BINS = 10  # of the expected calibration error, equally wide


@dataclass(frozen=True)
class Judged:
    """One system's scores, shape ``(questions, entries)``, and confidences for one set of questions.

    *gold* holds the numbers of the right entries by question; none for one that is out of scope.
    """

    scores: np.ndarray
    confidence: np.ndarray
    gold: Sequence[frozenset[int]]

    @property
    def scoped(self) -> np.ndarray:
        return np.array([bool(g) for g in self.gold])

    def right(self) -> np.ndarray:
        """Return how right each question's first entry is: 1, 0, or by chance where the top is tied."""
        out = np.zeros(len(self.gold))
        for i, (row, gold) in enumerate(zip(self.scores, self.gold, strict=True)):
            if gold:
                top = np.flatnonzero(row == row.max())
                out[i] = len(gold.intersection(top.tolist())) / len(top) if np.isfinite(row.max()) else 0.0
        return out

    def ranks(self) -> np.ndarray:
        """Return the rank (0 is best) of each in-scope question's best right entry; ties count by chance."""
        found = []
        for row, gold in zip(self.scores, self.gold, strict=True):
            if not gold:
                continue
            best = row[list(gold)].max()
            if not np.isfinite(best):
                found.append(np.inf)
                continue
            level = int((row == best).sum()) - len(gold) + 1
            found.append(float((row > best).sum()) + max(level - 1, 0) / 2)
        return np.array(found)


def auroc(inside: np.ndarray, outside: np.ndarray) -> float:
    """Return the chance that one of *inside* has more confidence than one of *outside*; ties count half."""
    ordered = np.sort(outside)
    below = np.searchsorted(ordered, inside, "left")
    same = np.searchsorted(ordered, inside, "right") - below
    return float((below + same / 2).mean() / len(outside))


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Return the expected calibration error: the mean gap between confidence (0 to 1) and share right."""
    return float(sum(abs(n / len(right) * (mean - share)) for mean, share, n in reliability(confidence, right)))


def reliability(confidence: np.ndarray, right: np.ndarray) -> list[tuple[float, float, int]]:
    """Return (mean confidence, share right, count) of each of `BINS` equal bins that holds any question."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        (float(confidence[bins == b].mean()), float(right[bins == b].mean()), int((bins == b).sum()))
        for b in range(BINS)
        if (bins == b).any()
    ]


def measures(judged: Judged, *, probability: bool, ranks: bool = True) -> dict[str, float]:
    """Return the measures by name.

    Args:
        judged: what a system said.
        probability: the confidence claims to be the chance of being right, so it can be held to that.
        ranks: the system ranks entries; else it names one, and only its first can be judged.
    """
    inside, right = judged.scoped, judged.right()
    found = {"top-1": float(right[inside].mean())}
    if ranks:
        places = judged.ranks()
        found |= {"top-3": float((places < 3).mean()), "MRR": float((1 / (places + 1)).mean())}
    if not inside.all():
        found["AUROC"] = auroc(judged.confidence[inside], judged.confidence[~inside])
        for share in REJECTED:
            limit = np.quantile(judged.confidence[~inside], share)
            found[f"right@{100 * share:.0f}"] = float((right * (judged.confidence > limit))[inside].mean())
        if probability:
            found["ECE"] = calibration_error(judged.confidence, right)
    return found
