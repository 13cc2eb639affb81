"""Three addresses for those who run it: alive, ready, and the counts. None of them asks a database."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Protocol

from flask import Blueprint, Flask, Response, abort, jsonify, request

from assistant import metrics
from assistant.settings import Settings
from assistant.storage import Outcome


class Knowledge(Protocol):
    """What is told of the knowledge in use."""

    @property
    def revision(self) -> str: ...
    @property
    def passages(self) -> object: ...


class Snapshot(Protocol):
    """One state of the knowledge, and the problems of the last attempt to change it."""

    @property
    def knowledge(self) -> Knowledge: ...
    @property
    def problems(self) -> tuple[object, ...]: ...


def init_app(
    app: Flask, settings: Settings, current: Callable[[], Snapshot], last_save: Callable[[], Outcome | None]
) -> None:
    """Add the addresses; *current* gives the snapshot in use, *last_save* the newest outcome of the storage."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        """This process answers. Nothing else is looked at, so no database can end a healthy process."""
        return Response("ok\n", mimetype="text/plain")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        """The knowledge in use, and what is not as it should be; degraded is still ready."""
        snapshot = current()
        saving = last_save()
        degraded = [
            *(["knowledge"] if snapshot.problems else []),
            *(["storage"] if saving is Outcome.NOT_SAVED else []),
        ]
        return jsonify(
            ready=True,
            degraded=degraded,
            revision=snapshot.knowledge.revision,
            passages=len(snapshot.knowledge.passages),  # type: ignore[arg-type]
            problems=len(snapshot.problems),
        )

    @blueprint.get("/metrics")
    def counts() -> Response:
        """The counts of all workers, for this machine and private networks: how often there was a crisis is no news."""
        if _is_public(request.remote_addr or ""):
            abort(404)
        snapshot = current()
        state = metrics.State(
            passages=len(snapshot.knowledge.passages),  # type: ignore[arg-type]
            problems=len(snapshot.problems),
        )
        return Response(metrics.current().expose(state), content_type=metrics.CONTENT_TYPE)

    app.register_blueprint(blueprint)


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
