"""What a turn can end in. The six kinds of reply share three parts: support, suggestions, context."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from assistant.passages import CrisisVariant, HelpLine, Passage, Region


class Level(StrEnum):
    """How strongly a reply points to help."""

    NONE = "none"
    GENTLE = "gentle"
    PROFESSIONAL = "professional"
    URGENT = "urgent"


@dataclass(frozen=True)
class Support:
    """A pointer to people who can help."""

    level: Level = Level.NONE
    text: str = ""
    resources: tuple[HelpLine, ...] = ()
    region: Region | None = None


@dataclass(frozen=True)
class Cited:
    """A passage as shown in one reply: its full text, or the simpler one."""

    passage: Passage
    text: str


@dataclass(frozen=True)
class Why:
    """Why this answer: for "why this answer", `--explain` and the preview. Scores: 0 to 1, no unit."""

    phrasing: str
    confidence: float
    minimum: float
    candidates: tuple[tuple[str, float], ...]
    signals: tuple[tuple[str, float], ...] = ()
    screens: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Reply:
    """The parts that every reply has."""

    text: str
    support: Support
    suggestions: tuple[str, ...]
    context: str
    why: Why | None


@dataclass(frozen=True)
class Answer(Reply):
    """One or two cited passages, the best first."""

    passages: tuple[Cited, ...]
    opening: str = ""


@dataclass(frozen=True)
class Clarification(Reply):
    """Did you mean one of these? Up to three passages; their `ask` lines are the suggestions."""

    choices: tuple[Passage, ...]


@dataclass(frozen=True)
class Abstention(Reply):
    """No passage answers this; `near` says what the sources do say nearby."""

    near: tuple[Passage, ...]
    about: str = ""


@dataclass(frozen=True)
class ClinicalReply(Reply):
    """A question for a professional: declined kindly, with general information at most."""

    professional: str
    bring: tuple[str, ...]
    passages: tuple[Cited, ...]


@dataclass(frozen=True)
class SmallTalkReply(Reply):
    """Greetings, thanks, goodbyes, and what this program is."""


@dataclass(frozen=True)
class CrisisReply(Reply):
    """Help first. `later` is true on turns after the first, with other words."""

    category: str
    variant: CrisisVariant
    later: bool
    passages: tuple[Cited, ...] = ()


KINDS: dict[type[Reply], str] = {
    Answer: "answer",
    Clarification: "unknown",
    Abstention: "unknown",
    ClinicalReply: "clinical",
    SmallTalkReply: "smalltalk",
    CrisisReply: "crisis",
}


def kind(reply: Reply) -> str:
    """Return the contract's name of the reply's kind."""
    return KINDS[type(reply)]
