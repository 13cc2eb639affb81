"""Replies as the outside sees them: JSON of the contract, and the few values that pages add.

The JSON is the same for the page, the API and the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.foreign import Notice
from assistant.passages import Contact, HelpLine, Passage
from assistant.replies import (
    Abstention,
    Answer,
    Cited,
    Clarification,
    ClinicalReply,
    CrisisReply,
    Reply,
    SmallTalkReply,
    Support,
    kind,
)

VERY_SURE, FAIRLY_SURE = 0.85, 0.6
"""Calibrated chance (0 to 1) that the first passage is the right one, from which we say so."""

SHAPES: dict[type[Reply], str] = {
    Answer: "answer",
    Clarification: "clarification",
    Abstention: "abstention",
    ClinicalReply: "clinical",
    SmallTalkReply: "smalltalk",
    CrisisReply: "crisis",
}

Json = dict[str, Any]


def shape(reply: Reply) -> str:
    """Return which of the six replies this is; the contract's `kind` puts two of them under one name."""
    return SHAPES[type(reply)]


def cited(reply: Reply) -> tuple[Cited, ...]:
    """Return the passages that *reply* shows, the best first; empty for most kinds."""
    return reply.passages if isinstance(reply, Answer | ClinicalReply | CrisisReply) else ()


def as_json(reply: Reply, notice: Notice | None = None, *, explain: bool = False) -> Json:
    """Return *reply* in the contract's form, with fields added per kind; *explain* adds ``why``.

    A *notice* stands first in ``reply``, and again in a field of its own with its help lines.
    """
    out: Json = {
        "kind": kind(reply),
        "reply": f"{notice.text}\n{reply.text}" if notice else reply.text,
        "passages": [_passage(c) for c in cited(reply)],
        "support": _support(reply.support),
        "suggestions": list(reply.suggestions),
        "context": reply.context,
    }
    match reply:
        case Clarification():
            out["choices"] = [_pointer(p) for p in reply.choices]
        case Abstention():
            out["near"] = [_pointer(p) for p in reply.near]
        case ClinicalReply():
            out["professional"] = reply.professional
            out["bring"] = list(reply.bring)
        case CrisisReply():
            out["category"] = reply.category
        case _:
            pass
    if notice:
        lines = [_resource(line) for line in notice.lines]
        out["notice"] = {
            "language": notice.words.language,
            "text": notice.text,
            "help": notice.help,
            "resources": lines,
        }
    if explain and reply.why:
        out["why"] = {
            "phrasing": reply.why.phrasing,
            "confidence": round(reply.why.confidence, 4),
            "minimum": round(reply.why.minimum, 4),
            "candidates": [{"id": id, "score": round(score, 4)} for id, score in reply.why.candidates],
            "signals": {name: round(value, 4) for name, value in reply.why.signals},
            "screens": dict(reply.why.screens),
        }
    return out


def _passage(shown: Cited) -> Json:
    passage, citation = shown.passage, shown.passage.citation
    return {
        "id": passage.id,
        "title": passage.title,
        "text": shown.text,
        "note": passage.note,
        "review": passage.review.state,
        "citation": {
            "source": citation.source,
            "title": citation.title,
            "author": citation.author,
            "published": citation.published.isoformat(),
            "section": citation.section,
            "locator": str(citation.locator),
            "quote": citation.quote,
            "href": citation.href,
        },
    }


def _pointer(passage: Passage) -> Json:
    return {"id": passage.id, "title": passage.title, "ask": passage.ask, "href": passage.citation.href}


def _support(support: Support) -> Json:
    out: Json = {
        "level": str(support.level),
        "text": support.text,
        "resources": [_resource(line) for line in support.resources],
    }
    if support.region:
        out["emergency"] = support.region.emergency
    return out


def _resource(line: HelpLine) -> Json:
    return {
        "name": line.name,
        "region": line.region,
        "contact": [_contact(c) for c in line.contacts],
        "hours": line.hours,
        "whom": line.whom,
        "cost": line.cost,
        "languages": line.languages,
    }


def _contact(contact: Contact) -> Json:
    out = {"how": contact.how, "value": contact.value}
    if contact.detail:
        out["detail"] = contact.detail
    if contact.href:
        out["href"] = contact.href
    return out


@dataclass(frozen=True)
class Because:
    """Why this answer, for a visitor: the curators' phrasing, how sure, and what came second."""

    phrasing: str
    sureness: str
    runner_up: Passage | None


def because(reply: Reply, passages: Mapping[str, Passage]) -> Because | None:
    """Say why *reply* was chosen, or nothing where no passage was weighed.

    Returns:
        With `sureness` one of ``very``, ``fairly`` and ``slightly``.
    """
    shown = cited(reply)
    if not reply.why or not shown or not reply.why.phrasing:
        return None
    if reply.why.confidence >= VERY_SURE:
        sureness = "very"
    else:
        sureness = "fairly" if reply.why.confidence >= FAIRLY_SURE else "slightly"
    ids = {c.passage.id for c in shown}
    runner_up = next((passages[id] for id, _ in reply.why.candidates if id not in ids and id in passages), None)
    return Because(reply.why.phrasing, sureness, runner_up)


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of *text*: pieces between line ends, never an empty one."""
    return [stripped for line in text.split("\n") if (stripped := line.strip())]
