"""The routes: HTTP in, pages and JSON out."""

from __future__ import annotations

from flask import Flask

from assistant.live import Live
from assistant.settings import Settings
from assistant.storage import Storage
from assistant.views import api, pages, team


def init_app(app: Flask, settings: Settings, live: Live, storage: Storage) -> None:
    """Register every route and the error pages."""
    app.register_blueprint(pages.blueprint(live))
    app.register_blueprint(api.blueprint(live))
    app.register_blueprint(team.blueprint(live, storage))
    pages.error_pages(app)
