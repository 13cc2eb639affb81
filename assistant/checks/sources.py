"""Rules that tie passages to the work they come from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assistant.articles import Article
from assistant.errors import Place, Problem, Severity
from assistant.knowledge import Knowledge, Reading

LEAST_QUOTE, MOST_QUOTE = 4, 12
"""Words of a quotation: enough to find the place, too few to stand for the work."""


def quotation_problems(reading: Reading) -> Iterator[Problem]:
    """Yield quotations that are too short or too long, and those used twice."""
    used: dict[str, Place] = {}
    for file in reading.of("passage"):
        quote = " ".join(str(file.values["quote"]).split())
        place, count = file.place("quote"), len(quote.split())
        if not LEAST_QUOTE <= count <= MOST_QUOTE:
            yield Problem(place, f"the quotation has {count} words", f"{LEAST_QUOTE} to {MOST_QUOTE} words")
        if quote in used:
            hint = "choose the words that carry this passage's claim"
            yield Problem(place, f"the quotation is used at {used[quote]}, too", hint, Severity.WARNING)
        used.setdefault(quote, place)


def coverage_problems(reading: Reading, knowledge: Knowledge) -> Iterator[Problem]:
    """Yield places of a source that no passage tells of."""
    cited = {(p.citation.source, p.locator) for p in knowledge.passages.values()}
    for file in reading.of("source"):
        for n, section in enumerate(knowledge.sources[file.id].sections):
            for m, place in enumerate(section.places):
                if (file.id, place.locator) not in cited:
                    where = file.place("sections", n, "places", m, "number")
                    message = f"no passage tells of {str(place.locator)!r}"
                    yield Problem(where, message, "write one, or delete the place", Severity.WARNING)


def article_problems(reading: Reading, knowledge: Knowledge, path: Path, article: Article) -> Iterator[Problem]:
    """Yield what the work itself, read from *path*, does not prove: fingerprints and quotations."""
    id = _source_of(knowledge, article)
    source = knowledge.sources[id]
    whole = " ".join(article.text.split())
    texts: dict[str, str] = {}
    headings = [section.heading for section in source.sections]
    file = next(f for f in reading.of("source") if f.id == id)
    for n, section in enumerate(source.sections):
        for m, place in enumerate(section.places):
            where = file.place("sections", n, "places", m, "fingerprint")
            if place.fingerprint is None:
                hint = "`assistant import` prints it"
                yield Problem(where, f"{str(place.locator)!r} has no fingerprint", hint, Severity.WARNING)
                continue
            text = article.find(place.fingerprint, headings)
            if text is None:
                message = f"no stretch of {path.name} has the fingerprint of {str(place.locator)!r}"
                yield Problem(where, message, "the article has changed there: read it again, then import it anew")
            else:
                texts[str(place.locator)] = " ".join(text.split())
    for passage in reading.of("passage"):
        if passage.values["source"] != id:
            continue
        locator = passage.values["locator"]
        quote = " ".join(str(passage.values["quote"]).split())
        if quote not in texts.get(locator, whole):
            elsewhere = [place for place, text in texts.items() if quote in text]
            also = f"; it stands at {', '.join(elsewhere)}" if elsewhere else ""
            hint = "correct the locator" if elsewhere else "copy the words exactly, with capitals and commas"
            yield Problem(passage.place("quote"), f"the quotation is not at {locator!r}{also}", hint)


def _source_of(knowledge: Knowledge, article: Article) -> str:
    """Return the source whose fingerprints the article proves best; the first when it proves none."""

    def proven(id: str) -> int:
        source = knowledge.sources[id]
        headings = [section.heading for section in source.sections]
        return sum(1 for p in source.places if p.fingerprint and article.find(p.fingerprint, headings) is not None)

    return max(knowledge.sources, key=proven)
