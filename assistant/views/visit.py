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
        asked_language: the language that the visitor chose, empty when the browser's was taken.
        region: the region whose help lines are shown; chosen, set, guessed, or anywhere.
        size: one of `SIZES`.
    """

    snapshot: Snapshot
    catalogue: Catalogue
    words: Words
    asked_language: str
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
    def region_id(self) -> str:
        return self.region.id

    @property
    def regions(self) -> tuple[Region, ...]:
        return regions(self.snapshot)

    def link(self, path: str) -> str:
        """Return *path* with the language that the visitor chose."""
        return f"{path}?{urlencode({'lang': self.asked_language})}" if self.asked_language else path

    @property
    def links(self) -> Links:
        return Links(*(self.link(f"/{page}") for page in ("help", "topics", "sources", "about", "privacy")))


def regions(snapshot: Snapshot) -> tuple[Region, ...]:
    """Return every region with help lines; the built-in one when the files are gone."""
    return tuple(snapshot.knowledge.regions.values()) or (lifeline.REGION,)


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
        asked = request.values.get("lang", "").lower()[:8]
        asked = asked if asked in self.catalogue.languages else ""
        accepted = list(request.accept_languages.values())[:8]
        size = request.values.get("size", "")
        snapshot = self.live.current
        return Visit(
            snapshot=snapshot,
            catalogue=self.catalogue,
            words=self.catalogue.choose(asked, accepted),
            asked_language=asked,
            region=choose_region(snapshot, request.values.get("region", "")[:8], self.region, accepted),
            size=size if size in SIZES else "",
        )
