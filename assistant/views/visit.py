"""What every page needs to know of one request: words, region, and one snapshot of the knowledge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

from assistant import lifeline
from assistant.catalogue import Catalogue, Words
from assistant.live import Live, Snapshot
from assistant.passages import Region

SIZES = ("", "large", "larger")
"""Text sizes that a visitor may choose; the first is the browser's own."""

ANYWHERE = "WORLD"
TERRITORIES = {"GB": "UK"}
"""Countries that the help lines name otherwise than browsers do."""

MEMBERS = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
)
"""Member states of the European Union without help lines of their own here."""


@dataclass(frozen=True)
class Links:
    """The addresses of the pages that every page links to."""

    help: str
    topics: str
    sources: str
    about: str
    privacy: str


@dataclass(frozen=True)
class Visit:
    """One request's choices, made once.

    Attributes:
        snapshot: the state of the knowledge throughout this request.
        chosen: names and values of what the visitor chose other than it would be without a choice.
        region: the region whose help lines are shown; chosen, set, guessed, or anywhere.
        size: one of `SIZES`.
    """

    snapshot: Snapshot
    catalogue: Catalogue
    words: Words
    chosen: tuple[tuple[str, str], ...]
    region: Region
    size: str

    @property
    def name(self) -> str:
        return self.words("site.name")

    @property
    def language(self) -> str:
        """The language of the knowledge, so of every reply."""
        return self.snapshot.knowledge.language or "en"

    @property
    def regions(self) -> tuple[Region, ...]:
        return regions(self.snapshot)

    @property
    def places(self) -> tuple[Region, ...]:
        """All regions, the visitor's own first."""
        return own_first(self.snapshot, self.region)

    def link(self, path: str) -> str:
        """Return *path* with the language, region and text size that the visitor chose."""
        page, hash, fragment = path.partition("#")
        return (f"{page}?{urlencode(self.chosen)}" if self.chosen else page) + hash + fragment

    @property
    def links(self) -> Links:
        return Links(*(self.link(f"/{page}") for page in ("help", "topics", "sources", "about", "privacy")))


def regions(snapshot: Snapshot) -> tuple[Region, ...]:
    """Return every region with help lines; the built-in one when the files are gone."""
    return tuple(snapshot.knowledge.regions.values()) or (lifeline.REGION,)


def own_first(snapshot: Snapshot, own: Region) -> tuple[Region, ...]:
    """Return every region with help lines, their *own* before the others."""
    return (own, *(region for region in regions(snapshot) if region.id != own.id))


def choose_region(snapshot: Snapshot, asked: str, default: str, accepted: Iterable[str]) -> Region:
    """Return the region *asked* for, else the *default*, else a guess by language tags, else anywhere."""
    known = {region.id: region for region in regions(snapshot)}
    guesses = []
    for tag in accepted:
        territory = tag.upper().replace("_", "-").rpartition("-")[2] if len(tag) > 3 else ""
        guesses.append(TERRITORIES.get(territory, "EU" if territory in MEMBERS else territory))
    for id in (asked.upper(), default.upper(), *guesses, ANYWHERE):
        if id in known:
            return known[id]
    return next(iter(known.values()))


@dataclass(frozen=True)
class Desk:
    """Makes the `Visit` of each request."""

    live: Live
    catalogue: Catalogue
    region: str

    def visit(self) -> Visit:
        """Return the choices of the current request."""
        accepted = list(request.accept_languages.values())[:8]
        snapshot, size = self.live.current, request.values.get("size", "")
        given, guessed = self.catalogue.choose("", accepted), choose_region(snapshot, "", self.region, accepted)
        words = self.catalogue.choose(request.values.get("lang", "")[:8], accepted)
        region = choose_region(snapshot, request.values.get("region", "")[:8], self.region, accepted)
        size = size if size in SIZES else ""
        return Visit(
            snapshot=snapshot,
            catalogue=self.catalogue,
            words=words,
            chosen=tuple(
                (name, value)
                for name, value, default in (
                    ("lang", words.language, given.language),
                    ("region", region.id, guessed.id),
                    ("size", size, ""),
                )
                if value != default
            ),
            region=region,
            size=size,
        )
