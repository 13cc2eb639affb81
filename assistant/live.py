"""One whole snapshot of the knowledge at a time; follows edits, and keeps the last good one.

An edit comes into force in two steps. Within two seconds its texts are shown and its phrasings
are found, by what is learnt already (`updating`). Then all is learnt anew in another process,
once for all workers, and swapped in when it is ready.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.context import ContextSigner
from assistant.dialogue import Dialogue
from assistant.errors import Problem
from assistant.knowledge import Knowledge, Reading, read
from assistant.losses import confirmed, losses
from assistant.updating import NOWHERE, adapted

EVERY = 0.25  # seconds between looks at names, times and sizes
PATIENCE = 1.0  # seconds that a folder may keep changing before it is read all the same
WHOLE = 30.0  # seconds between looks at the content, for saves that keep time and size
SHOWN = 20  # problems a look that are logged

log = logging.getLogger("assistant.live")

Marks = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One immutable state. `problems` are those of the last attempt to load, empty when all is well."""

    knowledge: Knowledge
    dialogue: Dialogue
    problems: tuple[Problem, ...] = ()


class Live:
    """Holds the current snapshot; `follow` keeps it up to date from a daemon thread.

    Attributes:
        current: to be read once per request and used throughout it; never changes in itself.
        loaded: called with the outcome of each attempt to load an edit.
    """

    def __init__(self, folder: Path, secret_key: str, region: str = "") -> None:
        """Load *folder*; where that fails, start with the built-in help alone, and say why in the log."""
        self.folder, self._key, self._region = folder, secret_key, region
        self.loaded: Callable[[bool], None] = lambda well: None
        self._pid = 0
        self._seen = self._marks = _marks(folder)
        self._first_change = self._last_whole = time.monotonic()
        self._unlearnt: Knowledge | None = None  # in force or not, but not learnt whole
        self._learning: subprocess.Popen[bytes] | None = None
        self._taught: Knowledge | None = None
        self._good = read(folder)
        knowledge = self._good.knowledge
        if knowledge is None:
            _log(self._good.problems)
            knowledge = Knowledge(folder, "", "en", "", "built-in")
        problems = self._good.problems if self._good.knowledge is None else ()
        self.current = Snapshot(knowledge, Dialogue.build(knowledge, secret_key, region), problems)

    def follow(self) -> None:
        """Start following edits in this process; does nothing when it already does."""
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        threading.Thread(target=self._watch, name="knowledge", daemon=True).start()

    def _watch(self) -> None:
        wait = threading.Event()
        while not wait.wait(EVERY):
            try:
                if self._is_due():
                    self.look()
                self._learn()
            except Exception:  # whatever it was, the next edit must be seen
                log.exception("not loaded")
                self.loaded(False)

    def _is_due(self) -> bool:
        """Tell whether the folder has changed and come to rest, or has kept changing for long enough."""
        now = time.monotonic()
        marks = _marks(self.folder)
        settled, self._marks = marks == self._marks, marks
        if marks == self._seen:
            self._first_change = now
            whole, self._last_whole = now - self._last_whole > WHOLE, max(self._last_whole, now - WHOLE)
            return whole
        return settled or now - self._first_change > PATIENCE

    def look(self) -> bool:
        """Look at the content once; return whether a new snapshot came into force."""
        self._seen = _marks(self.folder)
        self._first_change = self._last_whole = time.monotonic()
        reading = read(self.folder, self._good)
        problems = list(reading.problems) if reading.knowledge is None else []
        if reading.knowledge is not None and self._good.knowledge is not None and not confirmed(self.folder):
            problems = losses(self._good, reading)
        if problems:
            return self._refuse(problems)
        assert reading.knowledge is not None
        if self._good.knowledge is not None and reading.knowledge.revision == self._good.knowledge.revision:
            if self.current.problems:
                log.info("as before", extra={"revision": reading.knowledge.revision})
                self._use(self.current.knowledge, self.current.dialogue)
            return False
        return self._accept(reading, reading.knowledge)

    def _refuse(self, problems: list[Problem]) -> bool:
        if tuple(problems) != self.current.problems:
            _log(problems)
            self.loaded(False)
        self.current = Snapshot(self.current.knowledge, self.current.dialogue, tuple(problems))
        return False

    def _accept(self, reading: Reading, knowledge: Knowledge) -> bool:
        """Bring *knowledge* into force, as far as what is learnt allows, and note what is to be learnt."""
        before, self._good = self.current, reading
        engine = adapted(before.dialogue.engine, before.knowledge, knowledge)
        if engine is not before.dialogue.engine or self._unlearnt is not None:
            self._unlearnt = knowledge
        if engine is None:  # too much is new: all at once, when it is learnt
            self.current = Snapshot(before.knowledge, before.dialogue)
            return False
        self._use(knowledge, Dialogue(knowledge, engine, ContextSigner(self._key), self._region))
        log.info("loaded", extra={"revision": knowledge.revision, "passages": len(knowledge.passages)})
        return True

    def _use(self, knowledge: Knowledge, dialogue: Dialogue) -> None:
        self.current = Snapshot(knowledge, dialogue)
        self.loaded(True)

    def _learn(self) -> None:
        """Let another process learn what is not learnt yet; take it over when it is ready."""
        if self._unlearnt is None:
            return
        if self._learning is None:
            if self._marks == self._seen and not self.current.problems:
                self._learning, self._taught = _prepare(self.folder), self._unlearnt
            return
        status = self._learning.poll()
        if status is None:
            return
        self._learning = None
        if self._taught is not self._unlearnt:
            return  # there was another edit: learn again
        if status in (0, NOWHERE):
            wanted, self._unlearnt = self._unlearnt, None
            learnt = Dialogue.build(wanted, self._key, self._region)
            self.current = Snapshot(wanted, learnt, self.current.problems)
            log.info("learnt", extra={"revision": wanted.revision})
        elif self._marks == self._seen and not self.current.problems:
            self._unlearnt = None
            log.error("not learnt anew; the next edit tries again")

    @property
    def reading(self) -> Reading:
        """Return the files of the last good state, for the team's own tools."""
        return self._good


def _prepare(folder: Path) -> subprocess.Popen[bytes]:
    """Start learning what *folder* holds, in a process of its own that keeps it in the cache."""
    return subprocess.Popen(  # noqa: S603 (this program itself)
        [sys.executable, "-m", "assistant", "prepare", "--knowledge", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _log(problems: list[Problem] | tuple[Problem, ...]) -> None:
    for problem in problems[:SHOWN]:
        log.error("%s", problem)
    if len(problems) > SHOWN:
        log.error("and %d more problems", len(problems) - SHOWN)


def _marks(folder: Path) -> Marks:
    """Return names, times and sizes of the files that a change of the knowledge would touch."""
    found: list[tuple[str, int, int]] = []
    for base, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(f for f in folders if not f.startswith("."))[:50]
        if base.count(os.sep) - str(folder).count(os.sep) >= 2:
            folders.clear()
        for name in sorted(files):
            path = os.path.join(base, name)
            try:
                status = os.stat(path)
            except OSError:
                continue
            found.append((path, status.st_mtime_ns, status.st_size))
    return tuple(found)
