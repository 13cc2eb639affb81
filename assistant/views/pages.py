"""The pages that a browser shows; all of them work without script."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort, render_template, request
from werkzeug.exceptions import HTTPException

from assistant import lifeline, limits, metrics
from assistant.conversation import MAX_UTTERANCE, TAKEN_BACK, carried, presentable, replay
from assistant.live import Live, Snapshot
from assistant.passages import Region
from assistant.replies import kind

STARTERS = ("definition", "lifelong", "trauma-patterns", "ongoing-journey")


def blueprint(live: Live) -> Blueprint:
    """Return the routes of the chat, the sources, help, topics, privacy and about."""
    routes = Blueprint("pages", __name__)

    @routes.get("/favicon.ico")
    def favicon() -> Response:
        response = Response(status=301)
        response.headers["Location"] = "/static/icon.svg"
        return response

    @routes.get("/")
    def start() -> str:
        return _chat(live.current, (), "", "", "")

    @routes.post("/")
    def say() -> tuple[str, int] | str:
        snapshot = live.current
        form = request.form
        said = tuple(presentable(s) for s in form.getlist("earlier"))
        typed = presentable(form.get("question", ""))
        region, context = form.get("region", "")[:8], form.get("context", "")
        if form.get("not_crisis") and said:
            return _chat(snapshot, (*said, TAKEN_BACK), "", context, region)
        if not typed.strip():
            return _chat(snapshot, said, typed, context, region, "Write a question first."), 422
        if len(typed) > MAX_UTTERANCE and not snapshot.dialogue.is_crisis(typed):
            error = f"That is too long: at most {MAX_UTTERANCE} characters. Please make it shorter."
            return _chat(snapshot, said, typed, context, region, error), 422
        limits.check(lambda: snapshot.dialogue.is_crisis(typed))
        return _chat(snapshot, (*said, typed), "", context, region)

    @routes.get("/sources")
    def sources() -> str:
        return render_template("plain/sources.html", **_common(live.current))

    @routes.get("/sources/<id>")
    def source(id: str) -> str:
        snapshot = live.current
        found = snapshot.knowledge.sources.get(id) or abort(404)
        places = [
            (section, place, [p for p in snapshot.knowledge.passages.values() if p.citation.source == id and p.locator == place.locator])
            for section in found.sections
            for place in section.places
        ]  # fmt: skip
        return render_template("plain/source.html", source=found, places=places, **_common(snapshot))

    @routes.get("/help")
    def help_lines() -> str:
        return render_template("plain/help.html", regions=list(_regions(live.current)), **_common(live.current))

    @routes.get("/topics")
    def topics() -> str:
        return render_template("plain/topics.html", **_common(live.current))

    @routes.get("/privacy")
    def privacy() -> str:
        return render_template("plain/privacy.html", **_common(live.current))

    @routes.get("/about")
    def about() -> str:
        return render_template("plain/about.html", **_common(live.current))

    return routes


def _regions(snapshot: Snapshot) -> tuple[Region, ...]:
    return tuple(snapshot.knowledge.regions.values()) or (lifeline.REGION,)


def _common(snapshot: Snapshot) -> dict[str, object]:
    return {
        "knowledge": snapshot.knowledge,
        "chosen": request.values.get("region", "")[:8],
        "all_regions": _regions(snapshot),
    }


def _chat(snapshot: Snapshot, said: tuple[str, ...], typed: str, context: str, region: str, error: str = "") -> str:
    turns = replay(snapshot.dialogue, said, context, region) if said else ()
    if turns:
        metrics.replied(kind(turns[-1].reply))
    passages = snapshot.knowledge.passages
    starters = [passages[i].ask for i in STARTERS if i in passages] or [p.ask for p in list(passages.values())[:4]]
    return render_template(
        "plain/chat.html", turns=turns, said=carried(said), typed=typed, error=error, limit=MAX_UTTERANCE,
        context=turns[-1].reply.context if turns else "", starters=starters, **_common(snapshot),
    )  # fmt: skip


def error_pages(app: Flask) -> None:
    """Register a page for every fault: it says what to do and keeps help in view."""

    @app.errorhandler(HTTPException)
    def http_fault(fault: HTTPException) -> Response:
        return _fault(fault.code or 500, [h for h in fault.get_headers() if h[0] in ("Allow", "Retry-After")])

    @app.errorhandler(Exception)
    def own_fault(fault: Exception) -> Response:
        app.logger.error("fault", exc_info=fault)
        metrics.failed(fault)
        return _fault(500, [])


MESSAGES = {
    403: "This form was sent from another site, so it was not read.",
    404: "This page does not exist.",
    405: "This address does not take that kind of request.",
    413: "That was too much text at once. Please send less.",
    429: "That was a lot of messages at once. Please wait a minute.",
}


def _fault(code: int, headers: list[tuple[str, str]]) -> Response:
    if request.path.startswith("/api/"):
        from assistant.views.api import problem

        response = problem(code, str(code), MESSAGES.get(code, "Something went wrong here."))
    else:
        text = render_template("plain/error.html", code=code, message=MESSAGES.get(code, "Something went wrong here, not with you."), lines=lifeline.REGION.lines)  # fmt: skip
        response = Response(text, status=code, mimetype="text/html")
    response.headers.extend(headers)
    return response
