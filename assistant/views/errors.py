"""Error pages that cannot fail: they are made when all is well, and only looked up when it is not."""

from __future__ import annotations

import logging
from html import escape

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from assistant import metrics
from assistant.catalogue import Catalogue, Words
from assistant.conversation import MAX_UTTERANCE, presentable
from assistant.live import Live
from assistant.views.visit import choose_region, own_first, regions

CODES = (400, 403, 404, 405, 413, 415, 422, 429, 500, 503)
"""Statuses with words of their own; another gets those of 400 or 500."""

TYPED = "\N{OBJECT REPLACEMENT CHARACTER}typed\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in a page that is made for what the visitor will have typed."""

LINES = "\N{OBJECT REPLACEMENT CHARACTER}lines\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands there for the help lines, which each region has of its own."""

MAX_KEPT = 20 * MAX_UTTERANCE

Pages = dict[tuple[str, int, bool], str]
Cards = dict[tuple[str, str], str]
_log = logging.getLogger(__name__)


class ErrorPages:
    """One page a language and status, with and without a place for what was typed; help lines a region.

    Made at the start, where a fault is loud, and again when the knowledge changes.
    """

    def __init__(self, app: Flask, live: Live, catalogue: Catalogue) -> None:
        self._app, self._live, self._catalogue = app, live, catalogue
        self._revision = live.current.knowledge.revision
        self._pages, self._cards = self._make()

    def page(self, code: int, words: Words, typed: str, region: str = "") -> str:
        """Return the page for *code* in the language of *words*, with what was *typed*, help for *region* first."""
        if code not in CODES:
            code = 400 if code < 500 else 500
        self._renew()
        cards = self._cards
        card = cards.get((words.language, region)) or cards[words.language, ""]
        page = self._pages[words.language, code, bool(typed)].replace(LINES, card)
        return page.replace(TYPED, escape(typed)) if typed else page

    def _renew(self) -> None:
        try:
            revision = self._live.current.knowledge.revision
            if revision != self._revision:
                self._revision = revision
                self._pages, self._cards = self._make()
        except Exception:  # the old pages still stand
            _log.exception("error pages not renewed")

    def _make(self) -> tuple[Pages, Cards]:
        snapshot, languages = self._live.current, self._catalogue.languages.items()
        first = choose_region(snapshot, "", "", ())
        firstlines = self._app.jinja_env.get_template("components/firstlines.html").module.firstlines  # type: ignore[attr-defined]
        cards = {
            (language, id): str(firstlines(own_first(snapshot, region), snapshot.knowledge.language or "en", words))
            for language, words in languages
            for id, region in (("", first), *((region.id, region) for region in regions(snapshot)))
        }
        with self._app.test_request_context("/"):
            pages = {
                (language, code, kept): render_template(
                    "errors/error.html", code=code, words=words, lines=LINES, typed=TYPED if kept else ""
                )
                for language, words in languages
                for code in CODES
                for kept in (False, True)
            }
        return pages, cards


def init_app(app: Flask, live: Live, catalogue: Catalogue, region: str) -> None:
    """Answer every fault: with a page, or on ``/api/`` with a problem document (RFC 9457)."""
    pages = ErrorPages(app, live, catalogue)

    @app.errorhandler(HTTPException)
    def known(fault: HTTPException) -> Response:
        if fault.code is None or fault.code < 400:
            return Response(status=fault.code or 500, headers=fault.get_headers())
        response = answer(fault.code, fault.name)
        response.headers.extend(h for h in fault.get_headers() if h[0] in ("Allow", "Retry-After"))
        return response

    @app.errorhandler(Exception)
    def unknown(fault: Exception) -> Response:
        _log.error("fault", exc_info=fault)
        metrics.failed(fault)
        return answer(500, "Internal Server Error")

    def answer(code: int, title: str) -> Response:
        words = catalogue.choose(request.args.get("lang", ""), request.accept_languages.values())
        if request.path.startswith("/api/") or request.path == "/turn":
            return problem(code, title, words(f"error.{code if code in CODES else 500 if code >= 500 else 400}.text"))
        return Response(
            pages.page(code, words, _typed(code), _region(live, region, code)), status=code, mimetype="text/html"
        )


def problem(status: int, title: str, detail: str) -> Response:
    """Return an ``application/problem+json`` response; `help` leads to the help lines."""
    response = jsonify(type="about:blank", title=title, status=status, detail=detail, help="/help")
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def _typed(code: int) -> str:
    """Return what the visitor had typed, if it can still be read."""
    if request.method != "POST" or code in (403, 413, 415):  # from another site, or not to be read
        return ""
    try:
        return presentable(request.form.get("question", ""))[:MAX_KEPT]
    except Exception:  # the page matters more
        return ""


def _region(live: Live, default: str, code: int) -> str:
    """Return the id of the region that the visitor chose or seems to be in; nothing where that cannot be told."""
    try:
        given = request.args if request.method != "POST" or code in (403, 413, 415) else request.values
        accepted = list(request.accept_languages.values())[:8]
        return choose_region(live.current, given.get("region", "")[:8], default, accepted).id
    except Exception:  # the page matters more
        return ""
