"""Where the knowledge is thin: places without passages, passages with few phrasings, pairs that are confused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from assistant.checks.phrasings import LEAST
from assistant.knowledge import Knowledge
from assistant.passages import Locator
from assistant.retrieval import Retriever
from assistant.selftest import Confusion, confusions

Progress = Callable[[str, int, int], None]

SHADES = ("#f4f6f5", "#d6e6e3", "#a9cdc8", "#72aea8", "#3c8a86", "#155e63")
"""Background of a cell by how often it happens, from never to often."""

CELL, LEFT, TOP, RIGHT, LINE = 16, 230, 230, 120, 18  # pixels of the heat map; names slant out to the right
THIN = "#b3261e"  # colour of what is missing or too little


@dataclass(frozen=True)
class PlaceRow:
    """A place of a source, and how much there is about it."""

    source: str
    locator: str
    passages: int
    phrasings: int


@dataclass(frozen=True)
class Coverage:
    """Counts by place and by passage, and which passages are taken for which."""

    places: tuple[PlaceRow, ...]
    phrasings: Mapping[str, int]
    confusions: tuple[Confusion, ...]

    @property
    def thin(self) -> tuple[tuple[str, int], ...]:
        """Passages with fewer phrasings than `LEAST`, the fewest first."""
        return tuple(sorted(((i, n) for i, n in self.phrasings.items() if n < LEAST), key=lambda row: (row[1], row[0])))

    def as_json(self) -> dict[str, Any]:
        return {
            "places": [asdict(row) for row in self.places],
            "phrasings": dict(self.phrasings),
            "confusions": [asdict(row) for row in self.confusions],
        }


def coverage(knowledge: Knowledge, retriever: Retriever | None, progress: Progress) -> Coverage:
    """Return how well *knowledge* covers its sources; confusions need a *retriever*."""
    by_place: dict[tuple[str, Locator], list[int]] = {}
    for passage in knowledge.passages.values():
        key = (passage.citation.source, passage.locator)
        by_place.setdefault(key, []).append(len(passage.questions))
    places = tuple(
        PlaceRow(source.id, str(place.locator), len(found), sum(found))
        for source in knowledge.sources.values()
        for place in source.places
        for found in [by_place.get((source.id, place.locator), [])]
    )
    counts = {p.id: len(p.questions) for p in knowledge.passages.values()}
    return Coverage(places, counts, tuple(confusions(retriever, progress)) if retriever else ())


def as_lines(found: Coverage, pairs: int = 15) -> list[str]:
    """Return the coverage as lines for a terminal, with the *pairs* that are confused most."""
    lines = ["place                                              passages  phrasings"]
    for row in found.places:
        mark = "  <- no passage" if not row.passages else ""
        lines.append(f"{row.source + ' ' + row.locator:50s} {row.passages:8d} {row.phrasings:10d}{mark}")
    lines.append("")
    if found.thin:
        lines.append(f"passages with fewer than {LEAST} phrasings")
        lines += [f"  {id:48s} {count:8d}" for id, count in found.thin]
    else:
        lines.append(f"every passage has {LEAST} phrasings or more")
    lines.append("")
    lines.append("easily confused: each phrasing asked as if it were new")
    if not found.confusions:
        lines.append("  none")
    for pair in found.confusions[:pairs]:
        lines.append(f"  {pair.owner:30s} taken for {pair.rival:30s} {pair.lost:4d} of {pair.asked}")
    return lines


def as_svg(found: Coverage) -> str:
    """Return a heat map: a row a passage, a column what it is taken for, darker the more often.

    Each row has the number of its phrasings; below stand the places that no passage tells of.
    """
    index = {id: n for n, id in enumerate(found.phrasings)}
    bare = [f"{row.source} {row.locator}" for row in found.places if not row.passages]
    foot = TOP + CELL * (len(index) + 1)
    width, height = max(LEFT + CELL * len(index) + RIGHT, 760), foot + LINE * (len(bare) + 5)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="system-ui, sans-serif" font-size="11" role="img" aria-labelledby="t d">',
        '<title id="t">Which passage is taken for which</title>',
        '<desc id="d">Rows: passages whose phrasings were asked as if they were new. '
        "Columns: the passage found first. Darker: more often.</desc>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="{LINE + 8}" font-size="16" font-weight="bold">Which passage is taken for which</text>',
        f'<text x="16" y="{2 * LINE + 10}">Row: whose phrasing was asked as if it were new; in brackets how many it has.'
        " Column: what was found first. White is best.</text>",
    ]
    for id, n in index.items():
        y, x = TOP + CELL * n, LEFT + CELL * n
        count = found.phrasings[id]
        colour = f' fill="{THIN}"' if count < LEAST else ""
        parts.append(f'<text x="{LEFT - 6}" y="{y + 12}" text-anchor="end"{colour}>{escape(id)} ({count})</text>')
        place = f"translate({x + 12} {TOP - 6}) rotate(-60)"
        parts.append(f'<text transform="{place}">{escape(id)}</text>')
        parts.append(f'<rect x="{x}" y="{y}" width="{CELL - 1}" height="{CELL - 1}" fill="#e5e5e5"/>')
    for pair in found.confusions:
        if pair.owner not in index or pair.rival not in index:
            continue
        share = pair.lost / max(1, pair.asked)
        shade = SHADES[min(len(SHADES) - 1, 1 + int(share * 40))]
        x, y = LEFT + CELL * index[pair.rival], TOP + CELL * index[pair.owner]
        told = escape(f"{pair.owner} taken for {pair.rival}: {pair.lost} of {pair.asked}")
        parts.append(
            f'<rect x="{x}" y="{y}" width="{CELL - 1}" height="{CELL - 1}" fill="{shade}"><title>{told}</title></rect>'
        )
    for n, shade in enumerate(SHADES[1:]):
        x, y = LEFT + n * 90, foot
        parts.append(f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL - 4}" fill="{shade}"/>')
        label = f"from {n * 2.5:g} %" if n else "up to 2.5 %"
        parts.append(f'<text x="{x + CELL + 4}" y="{y + 10}">{label}</text>')
    told = "Places that no passage tells of:" if bare else "Each place has a passage."
    parts.append(f'<text x="16" y="{foot + LINE * 3}">{told}</text>')
    for n, text in enumerate(bare, 4):
        parts.append(f'<text x="16" y="{foot + LINE * n}" fill="{THIN}">{escape(text)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
