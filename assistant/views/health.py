"""Alive and ready, for whoever watches over the server."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from assistant.live import Live


def blueprint(live: Live) -> Blueprint:
    """Return the routes ``/healthz`` and ``/readyz``."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @routes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        snapshot = live.current
        ready = bool(snapshot.knowledge.passages)
        body = {
            "status": ("degraded" if snapshot.problems else "ok") if ready else "emergency only",
            "revision": snapshot.knowledge.revision,
            "problems": [str(p) for p in snapshot.problems[:20]],
        }
        return jsonify(body), 200 if ready else 503

    return routes
