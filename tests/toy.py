"""A tiny application behind the real guards, limits, counts and logs: what they do, without any knowledge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, Response, redirect, request
from werkzeug.exceptions import HTTPException

from assistant import guards, limits, logs, metrics
from assistant.settings import Settings

HERE = Path(__file__).parent
DANGER = "danger"


def toy(**given: Any) -> Flask:
    """Return the application; words that hold `DANGER` pass its crisis screen."""
    settings = Settings(**({"knowledge": HERE, "rate_limit": "off"} | given))
    app = Flask("assistant.toy", root_path=str(HERE))
    logs.init_app(app, settings)
    metrics.init_app(app, settings)
    guards.init_app(app, settings)
    limits.init_app(app, settings)

    @app.get("/")
    def page() -> Response:
        return Response("<h1>page</h1>", mimetype="text/html")

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.get("/counts")
    def counts() -> Response:
        return Response(metrics.current().expose(), content_type=metrics.CONTENT_TYPE)

    @app.get("/preview")
    def preview() -> Response:
        return Response("<h1>team</h1>", mimetype="text/html")

    @app.get("/widget.js")
    def widget() -> Response:
        return Response("1", mimetype="text/javascript")

    @app.post("/api/ask")
    def ask() -> dict[str, object]:
        body = request.get_json(silent=True)
        words = str(body.get("question", "")) if isinstance(body, dict) else ""
        limits.check(lambda: DANGER in words)
        metrics.replied("crisis" if DANGER in words else "answer")
        return {"length": len(words)}

    @app.post("/form")
    def form() -> dict[str, object]:
        return {"fields": len(request.form)}

    @app.post("/client")
    def client() -> str:
        return request.remote_addr or ""

    @app.post("/fault")
    def fault() -> str:
        raise ValueError(request.get_data(as_text=True))

    @app.get("/away")
    def away() -> Any:
        return redirect(request.args.get("next", "//evil.example/x"))

    @app.errorhandler(HTTPException)
    def page_of_fault(error: HTTPException) -> Response:
        return Response(f"{error.code} call 112", status=error.code, mimetype="text/html")

    @app.errorhandler(Exception)
    def own_fault(error: Exception) -> Response:
        app.logger.error("fault", exc_info=error)
        metrics.failed(error)
        return Response("500 call 112", status=500, mimetype="text/html")

    return app


def application() -> Flask:
    """The same for gunicorn."""
    return toy()
