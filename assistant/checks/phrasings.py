"""Rules for phrasings: each belongs to one thing, is found by what it says, and is not alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rapidfuzz import fuzz, process

from assistant.errors import Place, Problem, Severity
from assistant.kept import kept
from assistant.knowledge import File, Reading
from assistant.selftest import Progress
from assistant.text import fold

LEAST = 10  # phrasings a passage: fewer, and questions in other words miss it
NEAR = 92.0  # of 100, by rapidfuzz.fuzz.ratio: one or two letters in a short question
SHORT = 12  # characters: shorter phrasings are alike by chance
EXHAUSTIVE = 40_000  # phrasings up to which all pairs are compared; beyond, those that start or end alike
STRIPE = 512  # phrasings compared with all others in one go


@dataclass(frozen=True)
class Phrasing:
    """A phrasing with its owner and place; *own* is false when its file is borrowed."""

    text: str
    folded: str
    kind: str
    owner: str
    place: Place
    own: bool = True


class Twins(NamedTuple):
    """Two phrasings that are alike; *score* is 100 for the same."""

    early: Phrasing
    late: Phrasing
    score: float


def phrasings(reading: Reading) -> list[Phrasing]:
    """Return all phrasings by which things are found, in reading order."""
    found: list[Phrasing] = []

    def add(file: File, owner: str, texts: tuple[str, ...], *keys: str | int) -> None:
        for n, text in enumerate(texts):
            found.append(Phrasing(text, fold(text), file.kind.name, owner, file.place(*keys, n), reading.owns(file)))

    for file in reading.files.values():
        if file.problems:
            continue
        match file.kind.name:
            case "passage" | "small-talk" | "follow-up":
                add(file, file.id, file.values["questions"], "questions")
            case "not-covered":
                for n, topic in enumerate(file.values["topics"]):
                    add(file, topic["id"], topic["questions"], "topics", n, "questions")
            case "clinical":
                add(file, file.id, file.values["examples"], "examples")
            case _:
                pass
    return found


def count_problems(reading: Reading) -> Iterator[Problem]:
    """Yield passages with too few phrasings."""
    for file in reading.of("passage"):
        count = len(file.values["questions"])
        if count < LEAST:
            message = f"{file.id!r} has {count} phrasing{'s' if count != 1 else ''}"
            hint = f"write at least {LEAST}, in many voices"
            yield Problem(file.place("questions"), message, hint, Severity.WARNING)


def twins(found: list[Phrasing], progress: Progress) -> list[Twins]:
    """Return pairs of phrasings that are the same, or nearly, in reading order; at least one is the folder's own.

    Comparing all is the longest work of a check, so what it found is kept until a phrasing changes.
    """
    first: dict[str, Phrasing] = {}
    pairs = [Twins(one, p, 100.0) for p in found if (one := first.setdefault(p.folded, p)) is not p]
    each = list(first.values())

    def compared() -> list[tuple[int, int, float]]:
        order = {id(p): n for n, p in enumerate(each)}
        return [(order[id(one)], order[id(other)], score) for one, other, score in near_twins(each, progress)]

    rules = Path(__file__).read_text("utf-8")
    twins = kept("twins", (rules, [(p.folded, p.kind, p.owner) for p in each]), compared)
    near = [Twins(each[one], each[other], score) for one, other, score in twins]
    return [pair for pair in (*pairs, *near) if pair.early.own or pair.late.own]


def twin_problems(pairs: list[Twins]) -> Iterator[Problem]:
    """Yield what to do about phrasings that stand at two places, or nearly so."""
    for pair in pairs:
        # The later place is told of, and the other named; but never one that cannot be changed.
        here, there = (pair.late, pair.early) if pair.late.own else (pair.early, pair.late)
        owner = f"{there.kind} {there.owner!r}"
        if (here.kind, here.owner) == (there.kind, there.owner):
            message = f"{here.text!r} is there twice; also at {there.place}"
            yield Problem(here.place, message, "delete one", Severity.WARNING)
        elif pair.score == 100.0:
            message = f"{here.text!r} belongs to {owner}, too, at {there.place}"
            yield Problem(here.place, message, "keep the one that answers it best")
        else:
            message = f"{here.text!r} is nearly {there.text!r} of {owner} at {there.place}"
            hint = "keep the one that answers it best, or tell them apart"
            yield Problem(here.place, message, hint, Severity.WARNING)


def near_twins(found: list[Phrasing], progress: Progress) -> Iterator[tuple[Phrasing, Phrasing, float]]:
    """Yield pairs of phrasings of two owners that are nearly the same, each pair once, in reading order."""
    long = sorted((p for p in found if len(p.folded) > SHORT), key=lambda p: (len(p.folded), p.folded))
    order = {id(p): n for n, p in enumerate(found)}
    if len(long) <= EXHAUSTIVE:
        blocks = [long]
    else:
        grouped: dict[str, list[Phrasing]] = defaultdict(list)
        for p in long:
            grouped[f"<{p.folded[:6]}"].append(p)
            grouped[f"{p.folded[-6:]}>"].append(p)
        blocks = [block for block in grouped.values() if len(block) > 1]
    total, done, seen = sum(map(len, blocks)), 0, set[tuple[int, int]]()
    for block in blocks:
        lengths = np.array([len(p.folded) for p in block])
        for start in range(0, len(block), STRIPE):
            stripe = block[start : start + STRIPE]
            # Two texts can only be so alike when the longer has at most (200 - NEAR) / NEAR times the letters.
            end = int(np.searchsorted(lengths, lengths[start + len(stripe) - 1] * (200 - NEAR) / NEAR, side="right"))
            others = block[start:end]
            scores = process.cdist(
                [p.folded for p in stripe], [p.folded for p in others], scorer=fuzz.ratio, score_cutoff=NEAR,
                dtype=np.float32, workers=1,
            )  # fmt: skip
            for i, j in zip(*np.nonzero(scores), strict=True):
                one, other = stripe[i], others[j]
                early, late = sorted((one, other), key=lambda p: order[id(p)])
                pair = (order[id(early)], order[id(late)])
                if j > i and (one.kind, one.owner) != (other.kind, other.owner) and pair not in seen:
                    seen.add(pair)
                    yield early, late, float(scores[i, j])
            done += len(stripe)
            progress("compare phrasings", done, total)
