"""What the retriever makes of the folder's own phrasings: which mislead, and which passages are easily confused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from assistant.engine import PASSAGE
from assistant.retrieval import NEAREST_SHARE, Candidate, Entry, Retriever

STRIPE = 1_024  # phrasings asked in one go

RIVALS = 6  # entries ahead by what is learnt that are looked at; one further back hardly ever wins

Progress = Callable[[str, int, int], None]
"""Told what is done, how far (steps), and how many steps there are."""


@dataclass(frozen=True)
class Misled:
    """A phrasing for which something else is found before its owner."""

    owner: Entry
    phrasing: str
    found: Candidate


@dataclass(frozen=True)
class Confusion:
    """Of *asked* phrasings of *owner*, asked as if they were new, *lost* found *rival* first."""

    owner: str
    rival: str
    lost: int
    asked: int


def misled(retriever: Retriever, progress: Progress) -> Iterator[Misled]:
    """Yield the phrasings of passages that find something else first when they are asked as they stand.

    Most are cleared at once: nothing is nearer to a phrasing than itself, so whatever has the best
    learnt score, too, is found first.
    """
    rows = _passage_rows(retriever)
    for done in range(0, len(rows), STRIPE):
        stripe = rows[done : done + STRIPE]
        learnt = retriever.dense_rows(stripe) @ retriever.weights
        owners = retriever._owner[stripe]
        ahead = learnt > learnt[np.arange(len(stripe)), owners][:, None]
        for position in np.flatnonzero(ahead.any(1)):
            if not _overtaken(retriever, stripe[position], learnt[position], np.flatnonzero(ahead[position])):
                continue
            owner, text = retriever.entries[owners[position]], retriever._phrasings[stripe[position]]
            best = retriever.rank(text).candidates[0]
            if (best.group, best.id) != (owner.group, owner.id):
                yield Misled(owner, text, best)
        progress("ask every phrasing", min(len(rows), done + STRIPE), len(rows))


def _overtaken(retriever: Retriever, row: int, learnt: np.ndarray, rivals: np.ndarray) -> bool:
    """Tell whether a rival with a better learnt score stays ahead when nearness is added."""
    own = learnt[retriever._owner[row]] + NEAREST_SHARE
    features = next(retriever.features_of(np.array([row])))
    rivals = rivals[np.argsort(-learnt[rivals])][:RIVALS]
    bounds = [(int(retriever._bounds[r]), int(retriever._bounds[r + 1])) for r in rivals]
    similarity, _ = retriever._similarities(features, np.concatenate([np.arange(a, b) for a, b in bounds]), bounds)
    starts = np.cumsum([0, *(b - a for a, b in bounds)])[:-1]
    return bool((learnt[rivals] + NEAREST_SHARE * np.maximum.reduceat(similarity, starts)).max() > own)


def confusions(retriever: Retriever, progress: Progress) -> list[Confusion]:
    """Return which passage is taken for which, most often first, when each phrasing is asked as if it were new.

    Leaving one row out of a ridge regression needs no new learning: the prediction without it is
    (p - h·y) / (1 - h), where h is the row's own leverage (Allen's PRESS).
    """
    rows = _passage_rows(retriever)
    inverse = np.linalg.inv(retriever.normal[0])
    asked: dict[int, int] = {}
    lost: dict[tuple[int, int], int] = {}
    for done in range(0, len(rows), STRIPE):
        stripe = rows[done : done + STRIPE]
        x = retriever.dense_rows(stripe)
        learnt = x @ retriever.weights
        leverage = np.clip(np.einsum("ij,jk,ik->i", x, inverse, x, optimize=True), 0, 0.999)
        owners = retriever._owner[stripe]
        every = np.arange(len(stripe))
        learnt[every, owners] = (learnt[every, owners] - leverage) / (1 - leverage)
        others = np.arange(len(retriever.entries)) != owners[:, None]
        learnt[others] = (learnt / (1 - leverage)[:, None])[others]
        for owner, first in zip(map(int, owners), map(int, learnt.argmax(1)), strict=True):
            asked[owner] = asked.get(owner, 0) + 1
            if first != owner:
                lost[owner, first] = lost.get((owner, first), 0) + 1
        progress("ask every phrasing as if it were new", min(len(rows), done + STRIPE), len(rows))
    found = [
        Confusion(retriever.entries[o].id, retriever.entries[r].id, n, asked[o])
        for (o, r), n in lost.items()
        if retriever.entries[r].group == PASSAGE
    ]
    return sorted(found, key=lambda c: (-c.lost, c.owner, c.rival))


def _passage_rows(retriever: Retriever) -> np.ndarray:
    passages = np.array([e.group == PASSAGE for e in retriever.entries])
    return np.flatnonzero(passages[retriever._owner])
