"""Three addresses for those who run it: alive, ready, and the counts. None of them asks a database."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, jsonify, request

from assistant import metrics
from assistant.errors import Problem
from assistant.live import Live
from assistant.settings import Settings
from assistant.storage import Outcome, Storage


def init_app(app: Flask, settings: Settings, live: Live, storage: Storage) -> None:
    """Add the addresses for what *live* knows and *storage* last did."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        """This process answers. Nothing else is looked at, so no database can end a healthy process."""
        return Response("ok\n", mimetype="text/plain")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        """The knowledge in use, and what is not as it should be; degraded is still ready."""
        snapshot = live.current
        faults = {"knowledge": bool(snapshot.problems), "storage": storage.last is Outcome.NOT_SAVED}
        degraded = [name for name, is_at_fault in faults.items() if is_at_fault]
        ready = bool(snapshot.knowledge.passages)
        body = {
            "status": ("degraded" if degraded else "ok") if ready else "emergency only",
            "degraded": degraded,
            "revision": snapshot.knowledge.revision,
            "passages": len(snapshot.knowledge.passages),
            "problems": [_without_folder(problem, live.folder) for problem in snapshot.problems[:20]],
        }
        return jsonify(body), 200 if ready else 503

    @blueprint.get("/metrics")
    def counts() -> Response:
        """The counts of all workers, for this machine and private networks: nobody else counts crises."""
        if _is_public(request.remote_addr or ""):
            abort(404)
        snapshot = live.current
        state = metrics.State(passages=len(snapshot.knowledge.passages), problems=len(snapshot.problems))
        return Response(metrics.current().expose(state), content_type=metrics.CONTENT_TYPE)

    app.register_blueprint(blueprint)


def _without_folder(problem: Problem, folder: Path) -> str:
    """Return *problem* with its file named inside the knowledge folder: where that stands is nobody's business."""
    return str(problem).replace(f"{folder}{os.sep}", "").replace(str(folder), folder.name)


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
