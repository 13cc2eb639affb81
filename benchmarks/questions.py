"""Questions with known answers, and the knowledge they are asked of: this folder's own, and public sets.

A public set is two files in one folder: ``NAME.kb.jsonl``, one entry a line, with ``id``, ``title``
and ``alternates``; and ``NAME.test.jsonl``, one question a line, with ``question`` and ``gold``
(an id, or null where the right reply is that nothing is known).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.engine import PASSAGE, UNCOVERED, entries_of
from assistant.knowledge import Knowledge
from assistant.retrieval import Entry

OWN = "own"
INFORMED = "own, peers told all"
OWN_QUESTIONS = Path(__file__).parent.parent / "tests" / "questions"


@dataclass(frozen=True)
class Asked:
    """A question and the ids of the entries that answer it; none when it is out of scope."""

    question: str
    gold: frozenset[str]


@dataclass(frozen=True)
class Set:
    """Entries with their phrasings, and the questions asked of them."""

    name: str
    entries: tuple[Entry, ...]
    questions: tuple[Asked, ...]

    @property
    def ids(self) -> list[str]:
        """Ids of the passages, in the order in which every system scores them."""
        return [e.id for e in self.entries if e.group == PASSAGE]

    @property
    def passages(self) -> tuple[Entry, ...]:
        return tuple(e for e in self.entries if e.group == PASSAGE)

    def gold(self) -> list[frozenset[int]]:
        number = {id: i for i, id in enumerate(self.ids)}
        return [frozenset(number[g] for g in asked.gold) for asked in self.questions]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def public(folder: Path) -> list[Set]:
    """Return the public sets in *folder*, by name."""
    found = []
    for path in sorted(folder.glob("*.kb.jsonl")):
        name = path.name.removesuffix(".kb.jsonl")
        entries = tuple(
            Entry(k["id"], PASSAGE, tuple(dict.fromkeys((k["title"], *k["alternates"])))) for k in lines(path)
        )
        questions = tuple(
            Asked(t["question"], frozenset([t["gold"]] if t["gold"] else []))
            for t in lines(folder / f"{name}.test.jsonl")
        )
        found.append(Set(name, entries, questions))
    return found


def own(knowledge: Knowledge, folder: Path = OWN_QUESTIONS) -> Set:
    """Return the measuring questions of kinds answer and unknown, asked of the shipped knowledge.

    A gold place of the source stands for every passage at that place.
    """
    names: dict[str, set[str]] = {}
    for passage in knowledge.passages.values():
        for name in (passage.id, str(passage.locator)):
            names.setdefault(name, set()).add(passage.id)
    questions = [
        Asked(line["question"], frozenset(id for g in line.get("gold", []) for id in names[g]))
        for file in ("answer", "unknown")
        for line in lines(folder / f"{file}.jsonl")
    ]
    return Set(OWN, entries_of(knowledge), tuple(questions))


def informed(knowledge: Knowledge, folder: Path = OWN_QUESTIONS) -> Set:
    """Return the same questions on all that the product learns from: every other entry, and the judged questions.

    A judged question becomes a phrasing of its passage. What is no passage becomes one entry a
    group: no peer is asked to tell those apart.
    """
    asked = own(knowledge, folder)
    at = {str(p.locator): p.id for p in reversed(knowledge.passages.values())}
    phrasings: dict[tuple[str, str], list[str]] = {}
    for entry in asked.entries:
        key = (PASSAGE, entry.id) if entry.group == PASSAGE else (entry.group, f"any {entry.group}")
        phrasings.setdefault(key, []).extend(entry.phrasings)
    for judged in knowledge.judged:
        for turn in judged.turns if len(judged.turns) == 1 else ():
            if turn.kind == "answer" and turn.gold:
                id = at.get(turn.gold[0], turn.gold[0])
                phrasings[PASSAGE, id].append(turn.question)
            elif turn.kind in ("unknown", "clinical", "smalltalk"):
                group = UNCOVERED if turn.kind == "unknown" else turn.kind
                phrasings.setdefault((group, f"any {group}"), []).append(turn.question)
    entries = tuple(Entry(id, group, tuple(dict.fromkeys(p))) for (group, id), p in phrasings.items())
    return Set(INFORMED, entries, asked.questions)
