"""Wires the application: settings, knowledge, routes, headers, error pages."""

from __future__ import annotations

import os
import secrets

from flask import Flask
from jinja2 import StrictUndefined

from assistant import catalogue, guards, health, limits, logs, metrics, views
from assistant.live import Live
from assistant.settings import Settings, shipped
from assistant.storage import Storage


def create_app(settings: Settings | None = None) -> Flask:
    """Return the WSGI application; reads the environment only when no *settings* are given.

    Raises:
        SettingsError: the settings do not fit together.
        KnowledgeError: the interface's own words have a fault.
    """
    settings = settings or Settings.from_environ(os.environ)
    app = Flask("assistant", template_folder=str(shipped("templates")), static_folder="static")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    logs.init_app(app, settings)  # first, so that it sees all that the others do
    counts = metrics.init_app(app, settings)
    guards.init_app(app, settings)
    limits.init_app(app, settings)
    storage = Storage(settings.database_url)
    live = Live(settings.knowledge, settings.secret_key or secrets.token_hex(32), settings.region)
    live.loaded = counts.loaded
    app.extensions["live"] = live
    app.extensions["storage"] = storage
    app.extensions["assistant_settings"] = settings

    @app.before_request
    def follow() -> None:
        live.follow()
        storage.tidy()

    health.init_app(app, settings, live, storage)
    views.init_app(app, settings, live, storage, catalogue.load())
    return app
