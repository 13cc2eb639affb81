"""``POST /api/ask`` and its description; errors are problem documents (RFC 9457)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from werkzeug.exceptions import BadRequest

from assistant import limits, metrics
from assistant.catalogue import Catalogue
from assistant.conversation import MAX_UTTERANCE
from assistant.foreign import notice
from assistant.live import Live
from assistant.openapi import document
from assistant.rendering import as_json
from assistant.replies import kind
from assistant.views.errors import problem
from assistant.views.visit import choose_region


def blueprint(live: Live, catalogue: Catalogue, default_region: str) -> Blueprint:
    """Return ``/api/ask`` and ``/openapi.json``."""
    routes = Blueprint("api", __name__)

    @routes.post("/api/ask")
    def ask() -> Response:
        body = _body()
        question, context, region = (body.get(name) or "" for name in ("question", "context", "region"))
        if not all(isinstance(value, str) for value in (question, context, region)):
            return problem(422, "Unprocessable Content", "question, context and region must be strings")
        snapshot = live.current
        dialogue = snapshot.dialogue
        if not question.strip():
            return problem(422, "Unprocessable Content", "question is empty")
        if len(question) > MAX_UTTERANCE and not dialogue.is_crisis(question):
            detail = f"question has {len(question)} characters; at most {MAX_UTTERANCE} are allowed"
            return problem(422, "Unprocessable Content", detail)
        limits.check(lambda: dialogue.is_crisis(question))
        chosen = choose_region(snapshot, region[:8], default_region, list(request.accept_languages.values())[:8])
        taken_back = body.get("not_crisis") is True
        reply = dialogue.respond(question, context, chosen.id, not_crisis=taken_back)
        metrics.replied(kind(reply))
        language = snapshot.knowledge.language or "en"
        told = None if taken_back else notice(catalogue, question, reply, language, chosen)
        return jsonify(as_json(reply, told, explain=body.get("explain") is True))

    @routes.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(document())

    return routes


def _body() -> dict[str, Any]:
    """Return the JSON object that was sent; ends the request where there is none."""
    if not request.is_json:
        abort(415)
    try:
        body = request.get_json()
    except (BadRequest, RecursionError, ValueError):
        abort(400)
    return body if isinstance(body, dict) else abort(400)
