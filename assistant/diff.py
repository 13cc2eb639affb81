"""What an edit changes for visitors: the same questions, asked of two states of the knowledge."""

from __future__ import annotations

import io
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.dialogue import Dialogue
from assistant.errors import AssistantError, KnowledgeError, Problem
from assistant.knowledge import Judged, JudgedTurn, Knowledge, read_judged
from assistant.replies import Answer, ClinicalReply, CrisisReply, Reply, kind

MARGIN = 0.1
"""Change of the confidence (0 to 1) from which it is told."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class State:
    """What one reply was, as far as it is compared."""

    kind: str
    passages: tuple[str, ...]
    places: tuple[str, ...]
    text: str
    confidence: float
    crisis: str = ""


@dataclass(frozen=True)
class Change:
    """A question whose reply is another now; *what* names the parts that differ."""

    question: str
    what: tuple[str, ...]
    old: State
    new: State

    @property
    def is_crisis(self) -> bool:
        """Whether help in danger changed: its wording, its lines, or whether it comes."""
        return "crisis" in self.what


@dataclass(frozen=True)
class Difference:
    """All that changed between two states; *crisis* lists changes of what is said in danger."""

    asked: int
    changes: tuple[Change, ...]
    crisis: tuple[str, ...]

    @property
    def touches_crisis(self) -> bool:
        return bool(self.crisis) or any(c.is_crisis for c in self.changes)

    def as_json(self) -> dict[str, Any]:
        changes = [asdict(c) | {"crisis": c.is_crisis} for c in self.changes]
        return {"asked": self.asked, "crisis": list(self.crisis), "changes": changes}


def compare(
    old: Dialogue,
    new: Dialogue,
    questions: Iterable[Judged],
    *,
    margin: float = MARGIN,
    progress: Progress = lambda what, done, total: None,
) -> Difference:
    """Ask both the same *questions*, turn by turn, and return what differs, in their order."""
    conversations = list(questions)
    changes: list[Change] = []
    asked = 0
    for done, conversation in enumerate(conversations, 1):
        contexts = ["", ""]
        for turn in conversation.turns:
            replies = [d.respond(turn.question, c) for d, c in zip((old, new), contexts, strict=True)]
            contexts = [r.context for r in replies]
            before, after = map(_state, replies)
            asked += 1
            if what := _differences(before, after, margin):
                changes.append(Change(turn.question, what, before, after))
        progress("ask both", done, len(conversations))
    return Difference(asked, tuple(changes), tuple(_crisis_changes(old.knowledge, new.knowledge)))


def saved_questions(new: Knowledge, files: Iterable[Path]) -> tuple[Judged, ...]:
    """Return the questions in *files*; without any, the folder's judged ones and every passage's own.

    Raises:
        KnowledgeError: a line is no judged question.
    """
    problems: list[Problem] = []
    found = [judged for path in files for judged in read_judged(path, str(path), problems)]
    if problems:
        raise KnowledgeError(problems)
    if found:
        return tuple(found)
    own = [Judged(f"ask-{p.id}", (JudgedTurn(p.ask, "answer", (p.id,)),)) for p in new.passages.values()]
    return (*new.judged, *own)


@contextmanager
def folder_of(name: str, knowledge: Path) -> Iterator[Path]:
    """Give the folder *name*, or the git revision *name* of the folder *knowledge*.

    Raises:
        AssistantError: neither a folder nor a revision that has the knowledge folder.
    """
    if Path(name).is_dir():
        yield Path(name)
        return
    top = _git(knowledge, "rev-parse", "--show-toplevel").decode().strip()
    if not top or name.startswith("-"):
        raise AssistantError(f"{name!r} is no folder, and {knowledge} is in no git repository (name two folders)")
    inside = knowledge.resolve().relative_to(Path(top).resolve()).as_posix()
    packed = _git(Path(top), "archive", "--format=zip", name, "--", inside)
    if not packed:
        hint = "name a folder or a revision like main or HEAD~1"
        raise AssistantError(f"{name!r} is no folder and no git revision with {inside}/ ({hint})")
    with tempfile.TemporaryDirectory(prefix="assistant-diff-") as temporary:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:  # which writes nothing outside the folder, and no links
            archive.extractall(temporary)
        yield Path(temporary) / inside


def _git(folder: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return b""


def _state(reply: Reply) -> State:
    cited = reply.passages if isinstance(reply, Answer | ClinicalReply) else ()
    crisis = ""
    if isinstance(reply, CrisisReply):
        lines = ", ".join(line.id for line in reply.support.resources)
        crisis = f"{reply.category}; {reply.variant}; lines {lines}"
    return State(
        kind(reply),
        tuple(c.passage.id for c in cited),
        tuple(f"{c.passage.citation.source} {c.passage.locator}" for c in cited),
        reply.text,
        reply.why.confidence if reply.why else 0.0,
        crisis,
    )


def _differences(old: State, new: State, margin: float) -> tuple[str, ...]:
    found = []
    if old.kind != new.kind:
        found.append("kind")
    if old.passages != new.passages:
        found.append("passage")
    if old.places != new.places:
        found.append("citation")
    if old.text != new.text:
        found.append("answer")
    if abs(old.confidence - new.confidence) > margin:
        found.append("score")
    if old.crisis != new.crisis:
        found.append("crisis")
    return tuple(found)


def _crisis_changes(old: Knowledge, new: Knowledge) -> Iterator[str]:
    """Yield what changed in the replies to danger and in the help lines, whether a question met it or not."""
    pairs: tuple[tuple[str, Any, Any], ...] = (
        ("the reply", old.crisis.variants, new.crisis.variants),
        ("the help lines of", old.regions, new.regions),
    )
    for what, before, after in pairs:
        for id in dict.fromkeys([*before, *after]):
            if id not in after:
                yield f"{what} {id} is gone"
            elif id not in before:
                yield f"{what} {id} is new"
            elif before[id] != after[id]:
                yield f"{what} {id} changed"
