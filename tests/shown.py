"""What `knowledge/README.md` shows: the commands in its ``console`` blocks, run again in a new folder.

``python -m tests.shown`` writes the real output below each command of the README, after a change of what is printed.
Figures that follow from what is learnt, days and revisions are shown as they were and are not compared.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from unittest import mock

from tests.folders import HERE, small
from tests.terminal import run

README = HERE.parent / "knowledge" / "README.md"
TODAY = date(2026, 11, 23)
SENT = ("My eyes hurt from the tablet", "naps: good or bad", "Which bicycle pump fits a Dutch valve?")

_BLOCK = re.compile(r"^```console\n(.*?)^```$|^<!-- run: (.*?) -->$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """A command with the output that the README shows below it; hidden ones prepare what is not shown."""

    command: str
    output: str
    hidden: bool = False


def shown(text: str) -> tuple[Shown, ...]:
    """Return the commands of *text* in its order."""
    found = []
    for block, hidden in _BLOCK.findall(text):
        if hidden:
            found.append(Shown(hidden, "", hidden=True))
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append(Shown(command, output.rstrip("\n")))
    return tuple(found)


def outputs(commands: tuple[Shown, ...]) -> Iterator[tuple[Shown, str]]:
    """Run *commands* one after the other in one new folder; yield each with what it prints."""
    with _desk():
        for each in commands:
            yield each, _run(each.command)


def compared(text: str) -> list[str]:
    """Return the lines of *text* as far as they are compared."""
    text = text.partition("\nsignals:\n")[0]
    text = re.sub(r"\d+\.\d+", "#", re.sub(r"\d{4}-\d\d-\d\d", "DAY", text))
    text = re.sub(r"revision [0-9a-f]{12}", "revision #", text)
    text = re.sub(r"(why not the runner-up|speaks for|clinical screen): .*", r"\1: …", text)
    text = re.sub(r"(?:^  +# +# .*\n)+", "  candidates\n", text, flags=re.MULTILINE)
    text = re.sub(r"(?:^.* taken for .*\n?)+", "  pairs", text, flags=re.MULTILINE)
    return [" ".join(line.split()) for line in text.splitlines()]


@contextmanager
def _desk() -> Iterator[None]:
    """Work in a folder that has `tests`, the small folder and three sent questions, on `TODAY`."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        desk = Path(name)
        (desk / "tests").symlink_to(HERE)
        small(desk / "small")
        address = f"sqlite:///{desk}/inbox.sqlite3"
        stack.enter_context(chdir(desk))
        stack.enter_context(mock.patch.dict(os.environ, {"ASSISTANT_DATABASE_URL": address}))
        stack.enter_context(mock.patch("assistant.workbench._today", return_value=TODAY))
        stack.enter_context(mock.patch("assistant.console.PATIENCE", 3_600.0))
        stack.enter_context(mock.patch("assistant.preview.make_server", _Stopped))
        _send(address)
        yield


def _send(address: str) -> None:
    from assistant.storage import Storage

    storage = Storage(address)
    for text in SENT:
        storage.save_question(text)


class _Stopped:
    """A server that is stopped as soon as it serves."""

    def __init__(self, host: str, port: int, *_: object, **__: object) -> None:
        self.server_port = port

    def serve_forever(self) -> None:
        raise KeyboardInterrupt

    def server_close(self) -> None:
        return


def _run(command: str) -> str:
    """Return what *command* prints: ours in this process, others in a shell."""
    if not command.startswith("assistant "):
        done = subprocess.run(["bash", "-euc", command], check=True, capture_output=True, text=True)
        return (done.stdout + done.stderr).replace("\ufeff", "").rstrip("\n")
    return run(*shlex.split(command)[1:]).output.rstrip("\n")


def main() -> None:
    """Write the real outputs into the README."""
    text, done = README.read_text("utf-8"), 0
    for each, output in outputs(shown(text)):
        if not each.hidden:
            old, new = (f"$ {each.command}\n{told}{chr(10) if told else ''}" for told in (each.output, output))
            done = text.index(old, done)
            text = text[:done] + text[done:].replace(old, new, 1)
            done += len(new)
    README.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
