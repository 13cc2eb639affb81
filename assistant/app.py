"""Wires the application: settings, knowledge, routes, headers, error pages."""

from __future__ import annotations

import os
import secrets

from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from assistant import guards, views
from assistant.live import Live
from assistant.settings import Settings, shipped

MAX_BODY = 64 * 1024  # bytes: the longest text plus a carried conversation


def create_app(settings: Settings | None = None) -> Flask:
    """Return the WSGI application; reads the environment only when no *settings* are given."""
    settings = settings or Settings.from_environ(os.environ)
    app = Flask("assistant", template_folder=str(shipped("templates")), static_folder="static")
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, MAX_FORM_MEMORY_SIZE=MAX_BODY, MAX_FORM_PARTS=100, DEBUG=False)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.json.sort_keys = False  # type: ignore[attr-defined]
    live = Live(settings.knowledge, settings.secret_key or secrets.token_hex(32), settings.region)
    app.extensions["live"] = live
    app.extensions["assistant_settings"] = settings

    @app.before_request
    def follow() -> None:
        live.follow()

    guards.init_app(app, settings)
    views.init_app(app, settings, live)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
    return app


