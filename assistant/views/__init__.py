"""The routes: HTTP in, pages and JSON out."""

from __future__ import annotations

from flask import Flask

from assistant.live import Live
from assistant.settings import Settings
from assistant.views import api, health, pages


def init_app(app: Flask, settings: Settings, live: Live) -> None:
    """Register every route and the error pages."""
    app.register_blueprint(pages.blueprint(live))
    app.register_blueprint(api.blueprint(live))
    app.register_blueprint(health.blueprint(live))
    pages.error_pages(app)
