"""The routes: HTTP in, pages and JSON out."""

from __future__ import annotations

from flask import Flask

from assistant.catalogue import Catalogue
from assistant.live import Live
from assistant.rendering import paragraphs
from assistant.settings import Settings
from assistant.storage import Storage
from assistant.text import sentences
from assistant.views import api, assets, chat, errors, places, scripts, team
from assistant.views.visit import Desk


def init_app(app: Flask, settings: Settings, live: Live, storage: Storage, catalogue: Catalogue) -> None:
    """Register every route and the error pages."""
    app.jinja_env.filters.update(paragraphs=paragraphs, sentences=sentences)
    asset = assets.Assets()
    app.jinja_env.globals.update(asset=asset, leave_address=scripts.LEAVE)
    desk = Desk(live, catalogue, settings.region)
    app.register_blueprint(chat.blueprint(desk, storage))
    app.register_blueprint(places.blueprint(desk))
    app.register_blueprint(assets.blueprint(live))
    app.register_blueprint(scripts.blueprint(desk, asset))
    app.register_blueprint(api.blueprint(live, catalogue, settings.region))
    app.register_blueprint(team.blueprint(live, storage))
    app.after_request(assets.keep)
    errors.init_app(app, live, catalogue, settings.region)
