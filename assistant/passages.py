"""The values that the knowledge folder is made of. All are frozen; none knows a file or a score."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, order=True)
class Locator:
    """A place in a source: section id and number, written ``section/number``."""

    section: str
    number: int

    def __str__(self) -> str:
        return f"{self.section}/{self.number}"

    @property
    def fragment(self) -> str:
        """The place's name inside a page address: ``section-number``."""
        return f"{self.section}-{self.number}"


@dataclass(frozen=True)
class SourcePlace:
    """One place: what stands there in our words, and the fingerprint that proves its text."""

    locator: Locator
    about: str
    fingerprint: str | None = None


@dataclass(frozen=True)
class Section:
    id: str
    heading: str
    places: tuple[SourcePlace, ...]


@dataclass(frozen=True)
class Source:
    """A published work; its text is not shipped, only its outline."""

    id: str
    title: str
    author: str
    publisher: str
    published: date
    language: str
    sections: tuple[Section, ...]
    note: str = ""

    def section(self, id: str) -> Section | None:
        return next((s for s in self.sections if s.id == id), None)

    def place(self, locator: Locator) -> SourcePlace | None:
        section = self.section(locator.section)
        return next((p for p in section.places if p.locator == locator), None) if section else None

    @property
    def places(self) -> tuple[SourcePlace, ...]:
        """All places in reading order."""
        return tuple(p for s in self.sections for p in s.places)


@dataclass(frozen=True)
class Review:
    """Who has reviewed a text, and by when it must be looked at again."""

    state: str
    due: date | None = None


@dataclass(frozen=True)
class Picture:
    """A drawing shipped beside the passages, with its text alternative."""

    file: str
    alternative: str


@dataclass(frozen=True)
class Citation:
    """A place as it is shown to a visitor."""

    source: str
    title: str
    author: str
    published: date
    section: str
    locator: Locator
    quote: str

    @property
    def href(self) -> str:
        return f"/sources/{self.source}#{self.locator.fragment}"


@dataclass(frozen=True)
class Passage:
    """One curated, citable text; the unit of retrieval."""

    id: str
    title: str
    ask: str
    citation: Citation
    text: str
    simpler: str
    topic: str
    related: tuple[str, ...]
    questions: tuple[str, ...]
    review: Review
    note: str = ""
    picture: Picture | None = None

    @property
    def locator(self) -> Locator:
        return self.citation.locator


@dataclass(frozen=True)
class UncoveredTopic:
    """Something people ask that the sources do not answer, and the passages that come nearest."""

    id: str
    about: str
    near: tuple[str, ...]
    questions: tuple[str, ...]
    opening: str = ""


@dataclass(frozen=True)
class SmallTalk:
    """A kind of small talk: its ways of being said, and the replies, taken in turn."""

    id: str
    replies: tuple[str, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class FollowUp:
    """A way to ask on after an answer (``more``, ``simpler``, ``why``, ``where`` …)."""

    id: str
    questions: tuple[str, ...]


@dataclass(frozen=True)
class ClinicalKind:
    """A kind of question that only a professional may answer, and what is said instead."""

    id: str
    reply: str
    professional: str
    bring: tuple[str, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Pointer:
    """A topic's gentle lines towards professional help, used in turn; none for plain facts."""

    topic: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Contact:
    """One way to reach a help line; *how* is ``call``, ``text``, ``chat``, ``email``, ``relay`` or ``web``."""

    how: str
    value: str
    detail: str = ""

    @property
    def href(self) -> str | None:
        """A link that dials or writes, or nothing where there is none."""
        digits = "".join(c for c in self.value if c.isdigit() or c == "+")
        match self.how:
            case "call" | "relay":
                return f"tel:{digits}"
            case "text":
                return f"sms:{digits}" + (f"?&body={self.detail}" if self.detail.isalpha() else "")
            case "email":
                return f"mailto:{self.value}"
            case "web":
                return f"https://{self.value}"
            case _:
                return None


@dataclass(frozen=True)
class HelpLine:
    """A service to contact now."""

    id: str
    name: str
    region: str
    purpose: str
    whom: str
    contacts: tuple[Contact, ...]
    hours: str
    cost: str
    languages: str
    source: str
    checked: date
    expires: date


@dataclass(frozen=True)
class Region:
    """A country or a group of countries with its emergency number and help lines, best first."""

    id: str
    name: str
    emergency: str
    lines: tuple[HelpLine, ...]
    poison: str = ""
    note: str = ""


@dataclass(frozen=True)
class CrisisVariant:
    """What the crisis screen says for one kind of danger, and in other words on later turns."""

    category: str
    first: str
    steps: tuple[str, ...]
    moment: str
    say: str
    next: str
    professional: str
    purposes: tuple[str, ...]
    later: tuple[str, ...]
    extra: tuple[str, ...] = ()


@dataclass(frozen=True)
class CrisisLibrary:
    """All that the crisis screen needs: phrases and examples by category, look-alikes, replies."""

    phrases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    danger: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lookalikes: tuple[str, ...] = ()
    variants: dict[str, CrisisVariant] = field(default_factory=dict)
