"""Faults, and the places in files where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, order=True)
class Place:
    """A position in a file; line and column count from 1."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Problem:
    """Something to fix: where, what is wrong, and what to do."""

    place: Place
    message: str
    hint: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {self.message} ({self.hint})"


class AssistantError(Exception):
    """The root of this package's exceptions.

    AssistantError
    ├── SettingsError       a setting has a value that is not allowed
    └── KnowledgeError      files of the knowledge folder; carries every `Problem`
        └── UnreadableFileError   a file that cannot be read or is not YAML
    """


class SettingsError(AssistantError):
    """A setting has a value that is not allowed; the message names setting, value and choices."""


class KnowledgeError(AssistantError):
    """The knowledge folder cannot be used; `problems` lists every reason, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(p) for p in self.problems))


class UnreadableFileError(KnowledgeError):
    """A file that cannot be read, is no UTF-8, or is no YAML."""
