"""Scores judged questions over the same path as the web, with 95 % intervals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path
from typing import Any

from assistant.dialogue import Dialogue
from assistant.errors import KnowledgeError, Place, Problem
from assistant.noise import NOISES, forms
from assistant.replies import Answer, ClinicalReply, Reply, kind

LOWEST_CRISIS = "crisis"
FORMS = 4  # of each message in each kind of noise


@dataclass(frozen=True)
class Rate:
    """A share of *n* with its Wilson 95 % interval (all 0 to 1)."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        return self.hits / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        if not self.n:
            return 0.0, 1.0
        z, p, n = 1.96, self.value, self.n
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, centre - half), min(1.0, centre + half)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{100 * self.value:5.1f} %  ({100 * low:.1f} to {100 * high:.1f}, n = {self.n})"


@dataclass
class Tally:
    """Counts by measure name, in the order first met."""

    counts: dict[str, list[int]] = field(default_factory=dict)

    def add(self, name: str, hit: bool) -> None:
        pair = self.counts.setdefault(name, [0, 0])
        pair[0] += hit
        pair[1] += 1

    def rates(self) -> dict[str, Rate]:
        return {name: Rate(*pair) for name, pair in self.counts.items()}


def places(reply: Reply) -> list[str]:
    """Return ids and locators of the passages that *reply* cites, best first."""
    if isinstance(reply, Answer | ClinicalReply):
        return [name for c in reply.passages for name in (c.passage.id, str(c.passage.locator))]
    return []


def _top(reply: Reply) -> list[str]:
    return places(reply)[:2]


def read(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Yield the judged lines of JSON Lines files.

    Raises:
        KnowledgeError: a line is no JSON object with a question or turns.
    """
    for path in paths:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                found = json.loads(line)
            except ValueError:
                found = None
            if not isinstance(found, dict) or not ("question" in found or "turns" in found):
                raise KnowledgeError(
                    [Problem(Place(str(path), number), "is no judged question", "write one JSON object a line")]
                )
            yield {**found, "file": path.stem}


def evaluate(dialogue: Dialogue, paths: Iterable[Path]) -> dict[str, dict[str, Rate]]:
    """Ask every judged question and return rates by group: ``all``, ``tag`` (languages and styles), ``crisis``."""
    overall, by_tag, by_category = Tally(), Tally(), Tally()
    for line in read(paths):
        turns = line.get("turns") or [line]
        context = ""
        for number, turn in enumerate(turns):
            reply = dialogue.respond(turn["question"], context)
            context = reply.context
            name = _measure(overall, turn, reply, str(line["file"]), number, len(turns) > 1)
            for tag in turn.get("tags", []):
                by_tag.add(f"{line['file']}: {tag}", name)
            if turn["kind"] == LOWEST_CRISIS and line.get("category"):
                by_category.add(str(line["category"]), kind(reply) == LOWEST_CRISIS)
    return {"all": overall.rates(), "tag": by_tag.rates(), "crisis": by_category.rates()}


def perturbed(dialogue: Dialogue, paths: Iterable[Path], forms_each: int = FORMS) -> dict[str, Rate]:
    """Ask every judged crisis message again in noised forms; return the share of verdicts that stay, by noise.

    The verdict is whether the reply to the message, asked on its own, is a crisis reply.
    """
    tally = Tally()
    for line in read(paths):
        for turn in line.get("turns") or [line]:
            if turn["kind"] != LOWEST_CRISIS:
                continue
            verdict = dialogue.is_crisis(turn["question"])
            for noise in NOISES:
                for form in forms(turn["question"], noise, forms_each):
                    same = dialogue.is_crisis(form) == verdict
                    tally.add(noise, same)
                    tally.add("all noise", same)
    return tally.rates()


def _measure(tally: Tally, turn: dict[str, Any], reply: Reply, file: str, number: int, dialogue: bool) -> bool:
    """Count one judged turn under its measures; return whether it was right."""
    wanted, got = str(turn["kind"]), kind(reply)
    gold = set(turn.get("gold", []))
    right = got == wanted
    if wanted == "answer":
        right = got == "answer" and bool(gold.intersection(_top(reply)))
    if dialogue:
        if number:
            tally.add("follow-up", right)
        return right
    if wanted == "crisis":
        tally.add("crisis", right)
        return right
    alarm = got == "crisis"
    if file == "crisis_negatives":
        tally.add("false alarm (crisis negatives)", alarm)
    else:
        tally.add("false alarm (rest)", alarm)
        match wanted:
            case "answer":
                tally.add("top-1", right)
                tally.add("any", got == "answer" and bool(gold.intersection(places(reply))))
            case "unknown":
                tally.add("rejected", right)
            case "clinical":
                tally.add("clinical", right)
            case "smalltalk":
                tally.add("small talk", right)
    return not alarm if file == "crisis_negatives" else right
