"""What a visitor may leave for the team: a verdict on a passage, and a question, both on purpose."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from assistant import limits, metrics
from assistant.conversation import MAX_UTTERANCE
from assistant.live import Live
from assistant.storage import Outcome, Storage, Verdict


def blueprint(live: Live, storage: Storage) -> Blueprint:
    """Return ``POST /api/feedback`` and ``POST /api/questions``; JSON or a form, and JSON comes back."""
    routes = Blueprint("team", __name__, url_prefix="/api")

    @routes.post("/feedback")
    def feedback() -> Response:
        """Keep ``{"passage": id, "verdict": yes | no | wrong-source}`` and nothing else."""
        passage, verdict = _texts("passage", "verdict")
        knowledge = live.current.knowledge
        if passage not in knowledge.passages or verdict not in set(Verdict):
            abort(422)
        limits.check(_never)
        return _said("feedback", storage.save_feedback(passage, verdict, knowledge.revision))

    @routes.post("/questions")
    def questions() -> Response:
        """Keep ``{"question": text, "nearest": passage id, optional}``, which its visitor sends on purpose."""
        question, nearest = _texts("question", "nearest")
        if not question.strip() or len(question) > MAX_UTTERANCE:
            abort(422)
        limits.check(_never)
        if nearest not in live.current.knowledge.passages:
            nearest = ""
        return _said("question", storage.save_question(question, nearest))

    return routes


def _texts(*names: str) -> tuple[str, ...]:
    body: Any = request.get_json() if request.is_json else request.form
    if not hasattr(body, "get"):
        abort(400)
    values = tuple(body.get(name, "") for name in names)
    return values if all(isinstance(value, str) for value in values) else abort(422)


def _said(what: str, outcome: Outcome) -> Response:
    metrics.saved(what, outcome)
    return jsonify(saved=outcome is Outcome.SAVED)


def _never() -> bool:
    """A verdict or a copy for the team is no cry for help: that was answered when it was asked."""
    return False
