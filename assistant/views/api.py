"""``POST /api/ask``: the contract's JSON; errors are problem documents (RFC 9457)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from assistant import limits, metrics
from assistant.conversation import MAX_UTTERANCE
from assistant.live import Live
from assistant.rendering import as_json
from assistant.replies import kind

MAX_BODY = 64 * 1024


def problem(status: int, title: str, detail: str) -> Response:
    """Return an ``application/problem+json`` response."""
    response = jsonify(type="about:blank", title=title, status=status, detail=detail)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def blueprint(live: Live) -> Blueprint:
    """Return the API's routes."""
    routes = Blueprint("api", __name__, url_prefix="/api")

    @routes.errorhandler(HTTPException)
    def http_fault(fault: HTTPException) -> Response:
        response = problem(fault.code or 500, fault.name, fault.description or "")
        response.headers.extend(h for h in fault.get_headers() if h[0] in ("Allow", "Retry-After"))
        return response

    @routes.post("/ask")
    def ask() -> Response:
        try:
            raw = request.get_data(cache=True)
        except RequestEntityTooLarge:
            return problem(413, "Too large", "The request may have at most 64 KiB.")
        if len(raw) > MAX_BODY:
            return problem(413, "Too large", "The request may have at most 64 KiB.")
        if request.mimetype != "application/json":
            return problem(415, "Not JSON", "Send Content-Type: application/json.")
        try:
            body: Any = request.get_json(cache=False)
        except (HTTPException, RecursionError, ValueError):
            return problem(400, "Not JSON", "The body is not a JSON object.")
        if not isinstance(body, dict):
            return problem(400, "Not JSON", "The body is not a JSON object.")
        question, context, region = (body.get(k, "") for k in ("question", "context", "region"))
        context, region = context or "", region or ""
        if not all(isinstance(v, str) for v in (question, context, region)):
            return problem(422, "Wrong type", "question, context and region are texts.")
        dialogue = live.current.dialogue
        if len(question) > MAX_UTTERANCE:
            if not dialogue.is_crisis(question):
                return problem(422, "Too long", f"A question may have at most {MAX_UTTERANCE} characters.")
        elif not question.strip():
            return problem(422, "Empty", "Write a question.")
        limits.check(lambda: dialogue.is_crisis(question))
        reply = dialogue.respond(question, context, region, not_crisis=body.get("not_crisis") is True)
        metrics.replied(kind(reply))
        return jsonify(as_json(reply, explain=body.get("explain") is True))

    return routes
