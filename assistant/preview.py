"""The same chat on a curator's machine, with the reasons beside it; on loopback only.

The pages are the served ones. Each gets a panel that explains the last question, and a script
that keeps the panel fresh and asks again when a file was saved.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.serving import WSGIRequestHandler, make_server

from assistant.app import create_app
from assistant.checks.run import check
from assistant.errors import Problem
from assistant.explanation import Explanation, explain
from assistant.knowledge import Knowledge
from assistant.live import Live
from assistant.settings import Settings

HOST = "127.0.0.1"
NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""Names by which a browser on this machine asks; any other name is another site's trick."""

SHOWN = 30
"""Problems that the panel lists; `assistant check` lists all."""


@dataclass(frozen=True)
class Asked:
    """The last question of this preview; held in memory, and nowhere else."""

    question: str = ""
    context: str = ""
    region: str = ""


class Panel:
    """What stands beside the chat."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._checked: tuple[object, tuple[Problem, ...]] = (None, ())
        self._checking: threading.Thread | None = None
        self.asked = Asked()

    @property
    def version(self) -> str:
        """Changes with every save that came into force, or that was refused."""
        snapshot = self._live.current
        refused = f"{hash(snapshot.problems) & 0xFFFFFF:x}" if snapshot.problems else ""
        return f"{snapshot.knowledge.revision}{refused}"

    @property
    def folder(self) -> Path:
        return self._live.folder

    @property
    def refused(self) -> bool:
        """Whether the last save is not in force."""
        return bool(self._live.current.problems)

    def explanation(self) -> Explanation | None:
        """Return why the last question gets the reply that it would get now; nothing before the first."""
        if not self.asked.question.strip():
            return None
        dialogue = self._live.current.dialogue
        reply = dialogue.respond(self.asked.question, self.asked.context, self.asked.region)
        return explain(dialogue, self.asked.question, reply)

    def problems(self) -> tuple[Problem, ...] | None:
        """Return why the last save was refused, else what `check` finds; nothing while it still looks."""
        snapshot = self._live.current
        if snapshot.problems:
            return snapshot.problems
        if self._checked[0] is snapshot.knowledge:
            return self._checked[1]
        if self._checking is None or not self._checking.is_alive():
            self._checking = threading.Thread(target=self._check, args=(snapshot.knowledge,), daemon=True)
            self._checking.start()
        return None

    def _check(self, knowledge: Knowledge) -> None:
        _, found = check(self._live.folder, datetime.now(UTC).date())
        self._checked = (knowledge, found)


def create_preview(settings: Settings) -> Flask:
    """Return the chat with the panel beside it; nothing that is asked or sent is kept."""
    app = create_app(replace(settings, database_url="sqlite://", redis_url="", rate_limit="off", trusted_proxies=0))
    live: Live = app.extensions["live"]
    panel = Panel(live)

    @app.before_request
    def at_home() -> None:
        """Answer this machine alone, and only under its own name."""
        address = ipaddress.ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 (no address is not loopback)
        if not address.is_loopback or request.host.rpartition(":")[0] not in NAMES:
            abort(403)

    @app.before_request
    def remember() -> None:
        if request.method == "POST" and request.path in ("/", "/api/ask"):
            given = request.form if request.form else request.get_json(silent=True) or {}
            values = {name: str(given.get(name, "")) for name in ("question", "context", "region")}
            if values["question"].strip():
                panel.asked = Asked(**values)

    @app.get("/preview/panel")
    def inside() -> Response:
        """The panel alone, for the script."""
        return Response(_rendered(panel), headers={"Cache-Control": "no-store"})

    @app.get("/preview/state")
    def state() -> Response:
        found = panel.problems()
        return jsonify(
            version=panel.version,
            question=panel.asked.question,
            panel=f"{panel.asked!r} {None if found is None else len(found)}",
        )

    @app.after_request
    def beside(response: Response) -> Response:
        """Put the panel into every whole page."""
        if response.mimetype == "text/html" and not request.path.startswith("/preview"):
            page = response.get_data(as_text=True)
            page = page.replace("</head>", f"{render_template('preview/head.html')}</head>", 1)
            response.set_data(page.replace("</body>", f"{_rendered(panel)}</body>", 1))
        return response

    return app


def _rendered(panel: Panel) -> str:
    problems = panel.problems()
    return render_template(
        "preview/panel.html",
        refused=panel.refused,
        folder=f"{panel.folder}/",
        explanation=panel.explanation(),
        question=panel.asked.question,
        version=panel.version,
        checking=problems is None,
        problems=(problems or ())[:SHOWN],
        more=max(0, len(problems or ()) - SHOWN),
    )


class _Quiet(WSGIRequestHandler):
    """Writes no line a request: what is asked stays out of every log."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


def serve(settings: Settings, port: int, started: Callable[[str], None]) -> None:
    """Run the preview until stopped; *started* is told its address. What is refused is told in plain lines."""
    server = make_server(HOST, port, create_preview(settings), threaded=True, request_handler=_Quiet)
    logging.getLogger("assistant.requests").setLevel(logging.WARNING)  # the panel asks more than once a second
    for handler in logging.getLogger().handlers:
        handler.setFormatter(logging.Formatter("%(message)s"))
    started(f"http://{HOST}:{server.server_port}/")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
