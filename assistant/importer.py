"""Turns an article into a source file with locators, and a skeleton for each of its passages.

Nothing of the article's text is copied but a few words of each place, as its quotation. What only
a person can write (what stands there in our words, the answers, the ways to ask) is left open,
so that drafts are not read until they are finished and moved.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from assistant.articles import Article, Role, fingerprint
from assistant.checks.sources import LEAST_QUOTE, MOST_QUOTE
from assistant.editing import save
from assistant.errors import AssistantError
from assistant.shapes import TODO
from assistant.text import sentences
from assistant.yamlfile import quoted

REVIEW = timedelta(days=182)
"""From the import to the first review's day."""

OPENING = "introduction"

MISSING = {
    "title": "the title of the work",
    "author": "who wrote it",
    "publisher": "who published it",
    "published": "its day, like 2026-11-23",
}
"""What is to be written where the article does not tell it."""


@dataclass(frozen=True)
class Place:
    """One place of the article with its text, which is not kept."""

    section: str
    heading: str
    number: int
    text: str

    @property
    def locator(self) -> str:
        return f"{self.section}/{self.number}"


@dataclass(frozen=True)
class Draft:
    """A file to be written: its path below the folder, and its text."""

    path: str
    text: str


def places(article: Article) -> tuple[Place, ...]:
    """Return the places of *article* in reading order.

    A section's paragraphs are numbered from 1. Where it has a list, the items are numbered from 1
    and what leads to them is number 0, as people count who read "item 3".
    """
    found: list[Place] = []
    for id, heading, blocks in _sections(article):
        items = [n for n, (role, _) in enumerate(blocks) if role is Role.ITEM]
        if items:
            lead = " ".join(text for _, text in blocks[: items[0]])
            numbered = ([(0, lead)] if lead else []) + list(enumerate((t for _, t in blocks[items[0] :]), 1))
        else:
            numbered = list(enumerate((text for _, text in blocks), 1))
        found += [Place(id, heading, number, text) for number, text in numbered]
    return tuple(found)


def drafts(
    article: Article, id: str, today: date, language: str = "en", topics: Sequence[str] = ()
) -> tuple[Draft, ...]:
    """Return the source file and one skeleton a place.

    *today* dates the first review; *topics* are those of the folder, to choose from.
    """
    found = places(article)
    topic = f"one of {', '.join(topics)}" if topics else "a topic of pointers.yaml"
    skeletons = [Draft(f"passages/{id}-{p.section}-{p.number}.yaml", _skeleton(p, id, topic, today)) for p in found]
    return (Draft(f"sources/{id}.yaml", _source(article.facts, found, language)), *skeletons)


def slug(text: str) -> str:
    """Return *text* as an id: small letters, digits and hyphens; at most 40 characters."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-") or "article"


def write(drafts: tuple[Draft, ...], folder: Path) -> tuple[Path, ...]:
    """Write *drafts* below *folder* and return their paths.

    Raises:
        AssistantError: one of the files is there; nothing was written then.
    """
    paths = tuple(folder / d.path for d in drafts)
    if there := next((p for p in paths if p.exists()), None):
        raise AssistantError(f"{there} is there already (choose another --id, or delete it)")
    for path, draft in zip(paths, drafts, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        save(path, draft.text.encode())
    return paths


def _sections(article: Article) -> Iterator[tuple[str, str, list[tuple[Role, str]]]]:
    """Yield id, heading and blocks of each section that has text; ids are unique."""
    used: set[str] = set()
    heading, blocks = "", list[tuple[Role, str]]()
    for block in [*article.blocks, None]:
        if block is not None and block.role in (Role.PARAGRAPH, Role.ITEM):
            blocks.append((block.role, block.text))
        elif block is None or block.role is Role.HEADING:
            if blocks:
                id = base = slug(heading)[:24].rstrip("-") if heading else OPENING
                count = 1
                while id in used:
                    count += 1
                    id = f"{base}-{count}"
                used.add(id)
                yield id, heading or "Introduction", blocks
            heading, blocks = (block.text if block else ""), []


def _source(facts: Mapping[str, str], found: tuple[Place, ...], language: str) -> str:
    lines = ["# yaml-language-server: $schema=../schemas/source.json"]
    for name in ("title", "author", "publisher", "published"):
        lines.append(f"{name}: {quoted(facts[name]) if facts.get(name) else f'{TODO} {MISSING[name]}'}")
    lines.append(f"language: {quoted((facts.get('language') or language).partition('-')[0])}")
    lines.append("sections:")
    section = ""
    for place in found:
        if place.section != section:
            section = place.section
            lines += [f"  - id: {section}", f"    heading: {quoted(place.heading)}", "    places:"]
        lines.append(f"      - number: {place.number}")
        lines.append(f"        # begins: {_start(place.text)} …")
        lines.append(f"        about: {TODO} what stands there, in your own words")
        lines.append(f"        fingerprint: '{fingerprint(place.text)}'")
    return "\n".join(lines) + "\n"


def _skeleton(place: Place, id: str, topic: str, today: date) -> str:
    return textwrap.dedent(
        f"""\
        # yaml-language-server: $schema=../schemas/passage.json
        title: {TODO} a short name
        ask: {TODO} one question that this answers?
        source: {id}
        locator: {place.locator}
        # 4 to 12 words, copied exactly; choose the ones that carry the claim
        quote: {quoted(_quotation(place.text))}
        topic: {TODO} {topic}
        answer: {TODO} 25 to 90 words of your own, in short sentences, and nothing that the article does not say
        simpler: {TODO} the same once more, simpler
        related: []
        review:
          state: not yet reviewed by a clinician
          due: {today + REVIEW}
        questions:
          - {TODO} at least 10 ways to ask, in many voices
        """
    )


def _start(text: str) -> str:
    """Return the first words of *text*, without the mark of a list item."""
    return " ".join(re.sub(r"^(?:\d{1,2}[.)]|[•*–-])\s+", "", text).split()[:MOST_QUOTE])


def _quotation(text: str) -> str:
    """Return a few words of the first sentence of *text* that is long enough: those that find its place."""
    for sentence in sentences(text):
        words = _start(sentence).rstrip(".!?:;,").split()
        if len(words) >= LEAST_QUOTE:
            return " ".join(words)
    return _start(text)
