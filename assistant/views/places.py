"""Pages to read: sources with every place, topics, help lines, privacy, about, and the one for no network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template

from assistant.passages import Passage
from assistant.views.chat import picture
from assistant.views.visit import Desk, Visit

SCORES = Path(__file__).parent.parent / "data" / "scores.json"
"""Figures that ``benchmarks/scorecard.py`` writes: date, set, rows (name, value, low, high, n), facts and pictures."""

SCORE_PARTS = {"date", "set", "rows", "facts", "pictures"}


@dataclass(frozen=True)
class Held:
    """One passage at a place, with its picture's address."""

    passage: Passage
    picture: str


@dataclass(frozen=True)
class Spot:
    """One place of a source: its name in the address, its number from 1, and what is held there."""

    fragment: str
    position: int
    about: str
    passages: tuple[Held, ...]


@dataclass(frozen=True)
class Chapter:
    """One section of a source with its places."""

    id: str
    heading: str
    places: tuple[Spot, ...]


@dataclass(frozen=True)
class Part:
    """One section with the passages to ask about."""

    id: str
    heading: str
    passages: tuple[Passage, ...]


def blueprint(desk: Desk) -> Blueprint:
    """Return the routes of the pages to read."""
    routes = Blueprint("places", __name__)

    @routes.get("/sources")
    def sources() -> Response:
        visit = desk.visit()
        return _page("sources", visit, sources=list(visit.snapshot.knowledge.sources.values()))

    @routes.get("/sources/<id>")
    def source(id: str) -> Response:
        visit = desk.visit()
        found = visit.snapshot.knowledge.sources.get(id) or abort(404)
        held = [p for p in visit.snapshot.knowledge.passages.values() if p.citation.source == id]
        outline = tuple(
            Chapter(
                section.id,
                section.heading,
                tuple(
                    Spot(
                        place.locator.fragment,
                        position,
                        place.about,
                        tuple(Held(p, picture(p)) for p in held if p.locator == place.locator),
                    )
                    for position, place in enumerate(section.places, start=1)
                ),
            )
            for section in found.sections
        )
        return _page("source", visit, source=found, outline=outline)

    @routes.get("/topics")
    def topics() -> Response:
        visit = desk.visit()
        return _page("topics", visit, map=_map(visit))

    @routes.get("/help")
    def help_lines() -> Response:
        visit = desk.visit()
        response = _page("help", visit, places=visit.places)
        response.headers["Cache-Control"] = "no-cache"  # holds no word of anybody; the service worker may keep it
        return response

    @routes.get("/offline")
    def offline() -> Response:
        visit = desk.visit()
        response = _page("offline", visit, places=visit.places)
        response.headers["Cache-Control"] = "no-cache"
        return response

    @routes.get("/privacy")
    def privacy() -> Response:
        return _page("privacy", desk.visit())

    @routes.get("/about")
    def about() -> Response:
        visit = desk.visit()
        knowledge = visit.snapshot.knowledge
        return _page("about", visit, knowledge=knowledge, scores=_scores())

    return routes


def _page(name: str, visit: Visit, **values: object) -> Response:
    response = make_response(render_template(f"pages/{name}.html", visit=visit, words=visit.words, **values))
    response.headers["Vary"] = "Accept-Language"
    return response


def _map(visit: Visit) -> list[Part]:
    knowledge = visit.snapshot.knowledge
    parts = [
        Part(
            section.id,
            section.heading,
            tuple(
                p
                for place in section.places
                for p in knowledge.passages.values()
                if p.citation.source == source.id and p.locator == place.locator
            ),
        )
        for source in knowledge.sources.values()
        for section in source.sections
    ]
    return [part for part in parts if part.passages]


def _scores() -> dict[str, Any] | None:
    """Return the published figures, or nothing where none were made."""
    try:
        found = json.loads(SCORES.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.keys() >= SCORE_PARTS else None
