"""Rules for judged questions: each says something that can come back, and names passages or places that are there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from assistant.errors import Place, Problem, Severity
from assistant.knowledge import Knowledge
from assistant.replies import KINDS
from assistant.shapes import did_you_mean


def judged_problems(folder: Path, knowledge: Knowledge) -> Iterator[Problem]:
    """Yield kinds of replies that do not exist, and passages and places that a question's `gold` names in vain."""
    known = {*knowledge.passages, *(str(p.locator) for source in knowledge.sources.values() for p in source.places)}
    for path in sorted((folder / "judged").glob("*.jsonl")):
        for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
            item = json.loads(line) if line.strip() else {"turns": []}
            for turn in item.get("turns", [item]):
                yield from _of_one(turn, Place(f"{folder}/judged/{path.name}", number), known)


def _of_one(turn: dict[str, str | list[str]], place: Place, known: set[str]) -> Iterator[Problem]:
    kind, names = str(turn["kind"]), sorted(set(KINDS.values()))
    if kind not in names:
        hint = did_you_mean(kind, names) or f"write one of {', '.join(names)}"
        yield Problem(place, f"no reply is of the kind {kind!r}", hint, Severity.WARNING)
    for gold in turn.get("gold", ()):
        if gold not in known:
            hint = did_you_mean(gold, known) or "name a passage or a place"
            yield Problem(place, f"no passage and no place is called {gold!r}", hint, Severity.WARNING)
