"""What every command shares: settings, faults told plainly, progress, problems in three formats."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any

import click

from assistant.errors import AssistantError, KnowledgeError, Problem, SettingsError, Severity
from assistant.settings import Settings

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)

PATIENCE = 2.0
"""Seconds after which work that goes on shows how far it is."""

QUIET = 15.0
"""Seconds between two such lines where they are kept, as in a log, and not overwritten."""

EXIT_FIX, EXIT_USAGE = 1, 2
"""Something is to be fixed; the command was not used as it must be."""


def reports(command: Callable[..., Any]) -> Callable[..., Any]:
    """Print our own faults plainly: exit 1 for something to fix, 2 for wrong usage."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return command(*args, **options)
        except KnowledgeError as fault:
            for problem in fault.problems:
                click.echo(str(problem), err=True)
            sys.exit(EXIT_FIX)
        except SettingsError as fault:
            click.echo(f"error: {fault}", err=True)
            sys.exit(EXIT_USAGE)
        except AssistantError as fault:
            click.echo(f"error: {fault}", err=True)
            sys.exit(EXIT_FIX)
        except BrokenPipeError:  # `| head` has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)

    return run


def settings(knowledge: Path | None = None) -> Settings:
    """Return the settings of the environment; *knowledge* from the command line goes before them."""
    return Settings.from_environ(os.environ, knowledge=knowledge)


def near(path: Path) -> Path:
    """Return *path* as seen from here, when it is below the current folder."""
    try:
        return path.resolve().relative_to(Path.cwd())
    except (ValueError, OSError):
        return path


class Progress:
    """Shows how far long work is, on standard error, and nothing for work under `PATIENCE`."""

    WIDTH = 30  # characters of the bar

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._shown = 0.0
        self._live = sys.stderr.isatty()
        self._open = False

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._begun < PATIENCE or now - self._shown < (0.1 if self._live else PATIENCE):
            return
        self._shown = now
        filled = self.WIDTH * done // max(1, total)
        line = f"[{'#' * filled}{'-' * (self.WIDTH - filled)}] {100 * done // max(1, total):3d} % {what}"
        click.echo(f"\r{line:78s}" if self._live else line, nl=not self._live, err=True)
        self._open = self._live

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Say that *what* is still under way, and for how long, while the work inside cannot tell how far it is."""
        done, begun = threading.Event(), time.monotonic()

        def tell() -> None:
            pause = PATIENCE
            while not done.wait(pause):
                line = f"{what} … {time.monotonic() - begun:.0f} s"
                click.echo(f"\r{line:78s}" if self._live else line, nl=not self._live, err=True)
                self._open, pause = self._live, 1.0 if self._live else QUIET

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield
        finally:
            done.set()
            teller.join()
            self.close()

    def close(self) -> None:
        """Wipe the bar."""
        if self._open:
            click.echo(f"\r{'':78s}\r", nl=False, err=True)
            self._open = False


def as_text(problems: Sequence[Problem]) -> str:
    return "\n".join(map(str, problems))


def as_github(problems: Sequence[Problem]) -> str:
    """Return *problems* as GitHub's workflow commands, which mark the lines of a pull request."""

    def escaped(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def value(text: str) -> str:
        return escaped(text).replace(":", "%3A").replace(",", "%2C")

    return "\n".join(
        f"::{p.severity} file={value(p.place.path)},line={p.place.line},col={p.place.column}"
        f"::{escaped(f'{p.message} ({p.hint})')}"
        for p in problems
    )


def as_json(problems: Sequence[Problem]) -> str:
    rows = [{**asdict(p.place), "severity": p.severity, "message": p.message, "hint": p.hint} for p in problems]
    return json.dumps(rows, ensure_ascii=False, indent=2)


FORMATS = {"text": as_text, "github": as_github, "json": as_json}


def summary(problems: Sequence[Problem]) -> str:
    """Return how many errors and warnings there are, in words."""
    errors = sum(p.severity is Severity.ERROR for p in problems)

    def counted(count: int, what: str) -> str:
        return f"{count} {what}{'' if count == 1 else 's'}"

    return f"{counted(errors, 'error')}, {counted(len(problems) - errors, 'warning')}"
