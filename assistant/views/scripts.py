"""Two scripts with something filled in: the worker that keeps the page for no network, and the widget for other sites."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from flask import Blueprint, Response, render_template

from assistant.views.assets import FOLDER, Assets
from assistant.views.visit import Desk

LEAVE = "https://www.bbc.com/weather"
"""Where "Exit this page" leads: a page that anyone may be looking at."""

AN_HOUR = "public, max-age=3600"
GAP = "GIVEN = {}"
"""Stands in a script for what the server knows."""


def blueprint(desk: Desk, asset: Assets) -> Blueprint:
    """Return ``/sw.js`` and ``/widget.js``."""
    routes = Blueprint("scripts", __name__)

    @routes.get("/sw.js")
    def worker() -> Response:
        """The service worker; another text whenever the kept page changes, so that browsers fetch it anew."""
        visit = desk.visit()
        page = render_template("pages/offline.html", visit=visit, words=visit.words, places=visit.places)
        given = {
            "name": f"offline-{sha256(page.encode()).hexdigest()[:12]}",
            "page": visit.link("/offline"),
            "files": [asset("assistant.css"), asset("icon.svg")],
        }
        return _script("worker.js", given, "no-cache")

    @routes.get("/widget.js")
    def widget() -> Response:
        """The one line for another site: its words in every language, and where the exit leads."""
        keys = ("open", "close", "title", "blocked")
        given = {
            "leave": LEAVE,
            "words": {
                code: {key: words(f"widget.{key}") for key in keys} for code, words in desk.catalogue.languages.items()
            },
        }
        return _script("widget.js", given, AN_HOUR)

    return routes


def _script(name: str, given: Mapping[str, object], keep: str) -> Response:
    code = (FOLDER / name).read_text("utf-8")
    filled = code.replace(GAP, f"GIVEN = {json.dumps(given, ensure_ascii=False)}", 1)
    response = Response(filled, mimetype="text/javascript")
    response.headers["Cache-Control"] = keep
    response.headers["Vary"] = "Accept-Language"
    return response
