"""One whole snapshot of the knowledge at a time; follows edits, and keeps the last good one."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.dialogue import Dialogue
from assistant.errors import KnowledgeError, Place, Problem
from assistant.knowledge import Knowledge, load

EVERY = 0.5  # seconds between looks at the folder
CONFIRM = ".confirm-removal"
"""A file of this name in the folder confirms that passages may disappear; it is removed when used."""

log = logging.getLogger("assistant.live")


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One immutable state. `problems` are those of the last attempt to load, empty when all is well."""

    knowledge: Knowledge
    dialogue: Dialogue
    problems: tuple[Problem, ...] = ()


class Live:
    """Holds the current snapshot; `follow` keeps it up to date from a daemon thread."""

    def __init__(self, folder: Path, secret_key: str, region: str = "") -> None:
        self.folder, self._key, self._region = folder, secret_key, region
        self._seen = _marks(folder)
        self.loaded: Callable[[bool], None] = lambda well: None  # called after each attempt to load a change
        self._thread: threading.Thread | None = None
        self._pid = 0
        try:
            self.current = self._snapshot(load(folder))
        except KnowledgeError as fault:
            for problem in fault.problems[:20]:
                log.error("%s", problem)
            empty = Knowledge(folder, "", "en", "", "built-in")
            self.current = Snapshot(empty, Dialogue.build(empty, secret_key, region), fault.problems)

    def _snapshot(self, knowledge: Knowledge) -> Snapshot:
        return Snapshot(knowledge, Dialogue.build(knowledge, self._key, self._region))

    def follow(self) -> None:
        """Start following edits in this process; does nothing when it already does."""
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._watch, name="knowledge", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        wait = threading.Event()
        while not wait.wait(EVERY):
            try:
                self.look()
            except Exception:  # whatever it was, the next edit must be seen
                log.exception("not loaded")
                self.loaded(False)

    def look(self) -> bool:
        """Look once; return whether a new snapshot came into force."""
        marks = _marks(self.folder)
        if marks == self._seen:
            return False
        self._seen = marks
        try:
            knowledge = load(self.folder)
            if knowledge.revision == self.current.knowledge.revision and not self.current.problems:
                return False
            self._refuse_losses(knowledge)
            self.current = self._snapshot(knowledge)
        except KnowledgeError as fault:
            for problem in fault.problems[:20]:
                log.error("%s", problem)
            self.current = Snapshot(self.current.knowledge, self.current.dialogue, fault.problems)
            self.loaded(False)
            return False
        self.loaded(True)
        return True

    def _refuse_losses(self, knowledge: Knowledge) -> None:
        lost = sorted(set(self.current.knowledge.passages) - set(knowledge.passages))
        confirmed = self.folder / CONFIRM
        if lost and not confirmed.exists():
            place = Place(str(self.folder))
            hint = f"put them back, or confirm with a file named {CONFIRM} in this folder"
            raise KnowledgeError([Problem(place, f"the passages {', '.join(lost[:5])} are gone", hint)])


def _marks(folder: Path) -> tuple[tuple[str, int, int], ...]:
    found = []
    for base, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            try:
                status = os.stat(os.path.join(base, name))
            except OSError:
                continue
            found.append((os.path.join(base, name), status.st_mtime_ns, status.st_size))
    return tuple(found)
