"""The chat: the whole page for a form, and one new turn for a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.exceptions import TooManyRequests

from assistant import limits, metrics
from assistant.conversation import MAX_UTTERANCE, TAKEN_BACK, Turn, carried, presentable, replay
from assistant.foreign import Notice, notice
from assistant.passages import Passage, Source
from assistant.rendering import Because, because, cited, shape
from assistant.replies import Abstention, Cited, Clarification, Reply, kind
from assistant.storage import Outcome, Storage, Verdict
from assistant.views.visit import SIZES, Desk, Visit

MAX_STARTERS = 4
MAX_CITED = 2
"""Passages in one answer."""


@dataclass(frozen=True)
class Shown:
    """One cited passage with the addresses of its place and picture."""

    shown: Cited
    href: str
    picture: str


@dataclass(frozen=True)
class ShownTurn:
    """One turn, ready for its template."""

    number: int
    utterance: str
    taken_back: bool
    reply: Reply
    shape: str
    passages: tuple[Shown, ...]
    suggestions: tuple[str, ...]
    choices: tuple[str, ...]
    because: Because | None
    latest: bool
    said: str
    sent: str
    foreign: Notice | None


@dataclass(frozen=True)
class Fault:
    """What went wrong with a form; `elsewhere` when the newest turn stays the place to land on."""

    text: str
    status: int
    elsewhere: bool = False


@dataclass(frozen=True)
class Typed:
    """What one form brought."""

    said: tuple[str, ...]
    question: str
    context: str


@dataclass(frozen=True)
class Thanks:
    """What became of something that was left: verdicts by the turn's number, and a sent question."""

    verdicts: Mapping[int, str] = field(default_factory=dict)
    sent: str = ""


NO_THANKS = Thanks()


def blueprint(desk: Desk, storage: Storage) -> Blueprint:
    """Return ``/``, ``/turn`` and ``/clear``."""
    routes = Blueprint("chat", __name__)

    @routes.get("/")
    def start() -> Response:
        return _page(desk.visit(), Typed((), "", ""))

    @routes.post("/")
    def say() -> Response:
        """Answer what was typed or chosen, or take what was left; the whole conversation comes back."""
        visit, form = desk.visit(), request.form
        typed = _typed()
        if "use" in form:
            return _page(visit, typed)
        if "feedback" in form:
            return _page(visit, typed, thanks=_take_verdict(visit, storage, form["feedback"]))
        if "send" in form:
            return _page(visit, typed, thanks=_take_question(visit, storage, typed))
        said, fault, left = _next(visit, typed)
        if fault:
            return _page(visit, typed, fault)
        return _page(visit, Typed(said, left, typed.context), count=True)

    @routes.post("/turn")
    def turn() -> Response:
        """The newest turn alone, as HTML, for a script; what a form cannot have is a problem document."""
        visit, typed = desk.visit(), _typed()
        said, fault, _ = _next(visit, typed)
        if fault:
            return problem(fault.status, fault.text)
        turns = replay(visit.snapshot.dialogue, said, typed.context, visit.region.id)
        metrics.replied(kind(turns[-1].reply))
        shown = _show(visit, turns[-1:], NO_THANKS)[0]
        return make_response(render_template("pages/turn.html", visit=visit, words=visit.words, shown=shown))

    @routes.post("/clear")
    def clear() -> Response:
        """Start anew, and ask the browser to forget its copies of this site's pages."""
        visit = desk.visit()
        response = make_response(redirect(visit.link("/"), 303))
        response.headers["Clear-Site-Data"] = '"cache"'
        return response

    return routes


def problem(status: int, detail: str) -> Response:
    """Return an ``application/problem+json`` response (RFC 9457) in the visitor's language."""
    body = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail, "help": "/help"}
    response = make_response(body, status)
    response.content_type = "application/problem+json"
    return response


TITLES = {422: "Unprocessable Content", 429: "Too Many Requests"}


def _typed() -> Typed:
    form = request.form
    return Typed(
        tuple(presentable(s) for s in form.getlist("earlier")),
        presentable(form.get("question", "")),
        form.get("context", ""),
    )


def _next(visit: Visit, typed: Typed) -> tuple[tuple[str, ...], Fault | None, str]:
    """Return what has now been said, or what is wrong, and what stays in the box."""
    form, words, dialogue = request.form, visit.words, visit.snapshot.dialogue
    if "not_crisis" in form and (typed.said or typed.question.strip()):
        asked = typed.said or (typed.question,)
        left = "" if typed.question in asked else typed.question
        return (*asked, TAKEN_BACK), None, left
    chosen = presentable(form.get("suggestion", ""))
    utterance = chosen or typed.question
    if not utterance.strip():
        return typed.said, Fault(words("composer.empty"), 422), ""
    if len(utterance) > MAX_UTTERANCE and not dialogue.is_crisis(utterance):
        over = len(utterance) - MAX_UTTERANCE
        return typed.said, Fault(words("composer.long", limit=MAX_UTTERANCE, count=over), 422), ""
    try:
        limits.check(lambda: dialogue.is_crisis(utterance))
    except TooManyRequests:
        return typed.said, Fault(words("composer.busy_many"), 429), ""
    return (*typed.said, utterance), None, typed.question if chosen else ""


def _page(
    visit: Visit, typed: Typed, fault: Fault | None = None, thanks: Thanks = NO_THANKS, *, count: bool = False
) -> Response:
    """Render the whole page; *count* the newest reply in the metrics."""
    snapshot = visit.snapshot
    turns = replay(snapshot.dialogue, typed.said, typed.context, visit.region.id)
    if count and turns:
        metrics.replied(kind(turns[-1].reply))
    return make_response(
        render_template(
            "pages/chat.html",
            talk=True,
            visit=visit,
            words=visit.words,
            turns=_show(visit, turns, thanks, landing=fault is None),
            said=carried(typed.said),
            context=turns[-1].reply.context if turns else "",
            typed=typed.question,
            error=fault,
            limit=MAX_UTTERANCE,
            settings=_settings(visit),
            cited_sources=_sources(visit, turns),
            questions=starters(list(snapshot.knowledge.passages.values())),
            other_language=_other_language(visit),
            review=snapshot.knowledge.review,
        ),
        fault.status if fault else 200,
    )


def _show(visit: Visit, turns: Sequence[Turn], thanks: Thanks, *, landing: bool = True) -> tuple[ShownTurn, ...]:
    passages = visit.snapshot.knowledge.passages
    shown = []
    for turn in turns:
        reply = turn.reply
        form = shape(reply)
        choices = tuple(p.ask for p in reply.choices) if isinstance(reply, Clarification) else ()
        shown.append(
            ShownTurn(
                number=turn.number,
                utterance=turn.utterance,
                taken_back=turn.taken_back,
                reply=reply,
                shape=form,
                passages=tuple(Shown(c, visit.link(c.passage.citation.href), picture(c.passage)) for c in cited(reply)),
                suggestions=() if choices else reply.suggestions[:3],
                choices=choices,
                because=because(reply, passages) if form == "answer" else None,
                latest=landing and turn is turns[-1],
                said=thanks.verdicts.get(turn.number, ""),
                sent=thanks.sent,
                foreign=None
                if turn.taken_back
                else notice(visit.catalogue, turn.utterance, reply, visit.language, visit.region),
            )
        )
    return tuple(shown)


def picture(passage: Passage) -> str:
    """Return the address of the passage's picture, or nothing."""
    return f"/pictures/{passage.picture.file}" if passage.picture else ""


def starters(passages: Sequence[Passage]) -> tuple[str, ...]:
    """Return questions to begin with: of each section the passage that most others lead to, in order."""
    led: dict[str, int] = {}
    for passage in passages:
        for id in passage.related:
            led[id] = led.get(id, 0) + 1
    best: dict[str, Passage] = {}
    for passage in passages:
        section = passage.locator.section
        if section not in best or led.get(passage.id, 0) > led.get(best[section].id, 0):
            best[section] = passage
    chosen = sorted(best.values(), key=lambda p: -led.get(p.id, 0))[:MAX_STARTERS]
    return tuple(p.ask for p in chosen)


def _sources(visit: Visit, turns: Sequence[Turn]) -> list[Source]:
    ids = dict.fromkeys(c.passage.citation.source for turn in turns for c in cited(turn.reply))
    return [visit.snapshot.knowledge.sources[id] for id in ids if id in visit.snapshot.knowledge.sources]


def _other_language(visit: Visit) -> str:
    """Say that replies are in another language than the page, where that is so."""
    key = f"languages.{visit.language}"
    if visit.words.language == visit.language or key not in visit.words.entries:
        return ""
    return visit.words("chat.other_language", language=visit.words(key))


def _settings(visit: Visit) -> list[dict[str, Any]]:
    words = visit.words
    names = visit.catalogue.languages.values()
    return [
        {
            "name": "region",
            "label": words("settings.region"),
            "chosen": visit.region.id,
            "options": [{"value": r.id, "label": r.name, "language": visit.language} for r in visit.regions],
        },
        {
            "name": "lang",
            "label": words("settings.language"),
            "chosen": words.language,
            "options": [{"value": w.language, "label": w.name, "language": w.language} for w in names],
        },
        {
            "name": "size",
            "label": words("settings.size"),
            "chosen": visit.size,
            "options": [
                {"value": size, "label": words(f"settings.size_{size or 'normal'}"), "language": ""} for size in SIZES
            ],
        },
    ]


def _take_verdict(visit: Visit, storage: Storage, left: str) -> Thanks:
    """Save ``turn:passage:verdict``, or one for each of two passages joined by ``+``; pass over anything else."""
    number, _, rest = left.partition(":")
    ids, _, verdict = rest.rpartition(":")
    knowledge, passages = visit.snapshot.knowledge, ids.split("+")
    known = len(passages) == len(set(passages)) <= MAX_CITED and knowledge.passages.keys() >= set(passages)
    if not (number.isdecimal() and len(number) < 4 and known and verdict in set(Verdict)):
        return NO_THANKS
    try:
        limits.check(lambda: False)
    except TooManyRequests:
        return Thanks(verdicts={int(number): "not_saved"})
    outcomes = [storage.save_feedback(id, verdict, knowledge.revision) for id in passages]
    for outcome in outcomes:
        metrics.saved("feedback", outcome)
    saved = all(outcome is Outcome.SAVED for outcome in outcomes)
    return Thanks(verdicts={int(number): "saved" if saved else "not_saved"})


def _take_question(visit: Visit, storage: Storage, typed: Typed) -> Thanks:
    """Save the last thing that was asked, which its visitor sends on purpose."""
    asked = next((s for s in reversed(typed.said) if s != TAKEN_BACK), "")
    if not asked:
        return NO_THANKS
    try:
        limits.check(lambda: False)
    except TooManyRequests:
        return Thanks(sent="not_saved")
    reply = replay(visit.snapshot.dialogue, typed.said, typed.context)[-1].reply
    near = reply.near[0].id if isinstance(reply, Abstention) and reply.near else ""
    outcome = storage.save_question(asked, near)
    metrics.saved("question", outcome)
    return Thanks(sent="saved" if outcome is Outcome.SAVED else "not_saved")
