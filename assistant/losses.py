"""What a new look at a folder would lose: a file cut in half is often still YAML.

A save that was cut off, a folder that was not mounted and a wrong `git checkout` look like
edits. Whoever means it confirms it with a file named `CONFIRM` in the folder.
"""

from __future__ import annotations

import time
from pathlib import Path

from assistant.errors import Place, Problem
from assistant.knowledge import File, Reading
from assistant.yamlfile import Fields, Items, Node

CONFIRM = ".confirm-removal"
HOLDS = 600
"""Seconds for which the confirmation holds after it was saved, so that every worker sees it."""

MOST_LOST = 0.3
"""Share (0 to 1) of a file's texts that may go in one edit; files of under `FEW` texts may lose any."""

FEW = 10

_HINT = f"put it back, or confirm with an empty file {CONFIRM} in the folder and save again"


def losses(before: Reading, after: Reading) -> list[Problem]:
    """Return what *after* lacks that *before* had, in file order; empty when nothing is missed."""
    found = []
    for path, old in before.files.items():
        new = after.files.get(path)
        if new is None:
            if not _moved(old, after):
                what = f"the passage {old.id!r}" if old.kind.name == "passage" else "the file"
                found.append(Problem(Place(old.path), f"{what} is gone", _HINT))
        elif new.data != old.data:
            if old.data.startswith(new.data.rstrip()) and len(new.data) < len(old.data):
                last = new.data.rstrip().count(b"\n") + 1
                found.append(Problem(Place(new.path, last), "the file ends here, earlier than before", _HINT))
            elif (was := _texts(old.node)) >= FEW and (now := _texts(new.node)) < was * (1 - MOST_LOST):
                found.append(Problem(Place(new.path), f"{was - now} of {was} texts are gone", _HINT))
    return found


def confirmed(folder: Path) -> bool:
    """Tell whether someone has confirmed lately that things may go."""
    try:
        return abs(time.time() - (folder / CONFIRM).stat().st_mtime) < HOLDS
    except OSError:
        return False


def _moved(old: File, after: Reading) -> bool:
    """Tell whether the same content stands under another name now."""
    return any(f.data == old.data for f in after.files.values() if f.kind.name == old.kind.name)


def _texts(node: Node | None) -> int:
    if node is None:
        return 0
    if isinstance(node, Items):
        return sum(map(_texts, node.values))
    if isinstance(node, Fields):
        return sum(_texts(value) for _, value in node.entries.values())
    return 1
