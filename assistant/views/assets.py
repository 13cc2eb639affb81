"""Static files under names that change with their content, so that a browser may keep them for ever."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory

from assistant.live import Live

FOLDER = Path(__file__).parent.parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"


@cache
def _mark(name: str) -> str:
    """Return a short fingerprint of the shipped file *name*."""
    return sha256((FOLDER / name).read_bytes()).hexdigest()[:10]


class Assets:
    """Gives the address of a static file; for templates."""

    def __call__(self, name: str) -> str:
        return f"/static/{name}?v={_mark(name)}"

    def has(self, name: str) -> bool:
        return (FOLDER / name).is_file()


def keep(response: Response) -> Response:
    """Let static files be kept: for ever under a fingerprint, else for a day."""
    if request.endpoint == "static" and response.status_code in (200, 304):
        response.headers["Cache-Control"] = FOR_EVER if "v" in request.args else A_DAY
    return response


def blueprint(live: Live) -> Blueprint:
    """Return the icon at its old address, robots.txt, and the knowledge folder's pictures."""
    routes = Blueprint("assets", __name__)

    @routes.get("/favicon.ico")
    def favicon() -> Response:
        response = send_from_directory(FOLDER, "favicon.ico", mimetype="image/x-icon")
        response.headers["Cache-Control"] = A_DAY
        return response

    @routes.get("/robots.txt")
    def robots() -> Response:
        return Response("User-agent: *\nAllow: /\n", mimetype="text/plain")

    @routes.get("/pictures/<name>")
    def picture(name: str) -> Response:
        """A drawing of the knowledge folder: only one that a passage names."""
        knowledge = live.current.knowledge
        named = {p.picture.file for p in knowledge.passages.values() if p.picture}
        folder = knowledge.folder / "pictures" if name in named else FOLDER / "none"
        response = send_from_directory(folder.absolute(), name)
        response.headers["Cache-Control"] = A_DAY
        return response

    return routes
