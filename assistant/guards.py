"""What every response carries and what no request may do: headers by route, forgery, hosts, sizes.

One table says which policy a route has. The pages for visitors may stand in the frames
of the sites that the settings name; nothing else may be framed.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request
from flask.json.provider import DefaultJSONProvider
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.middleware.proxy_fix import ProxyFix

from assistant.errors import SettingsError
from assistant.settings import Settings

MAX_BODY = 64 * 1024
"""Bytes of a request's body, by whatever way it comes: the contract's 64 KiB."""

MAX_FORM_PARTS = 200
"""Fields of a form: a conversation carries some twenty turns with a few fields each."""

HSTS_SECONDS = 2 * 365 * 24 * 60 * 60
"""Seconds that a browser keeps to https once it has seen it: two years, as Observatory asks."""

MIN_SECRET = 32
"""Characters of a secret that several machines share: 192 random bits as `secrets.token_urlsafe` writes them."""

MIN_PASSWORD = 12
"""Characters of a database password that travels to another machine."""

PAGE_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
}
DATA_POLICY = {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}

UNFRAMED = frozenset({"/preview"})
"""Rules of the team's own pages, which no other site may frame whatever the settings say."""

FOR_OTHER_SITES = frozenset({"/widget.js"})
"""Rules that other sites' pages load."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # not no-referrer, which makes browsers send a form with `Origin: null`
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-DNS-Prefetch-Control": "off",
    "Permissions-Policy": ", ".join(
        f"{name}=()"
        for name in (
            *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen"),
            *("geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi"),
            *("payment", "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial"),
            *("usb", "xr-spatial-tracking"),
        )
    ),
}

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_CODE = frozenset({"text/javascript", "application/javascript"})
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?\.?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.IGNORECASE)
_NAME = "assistant.guards"


class Json(DefaultJSONProvider):
    """Flask's JSON, for which brackets without an end are a bad request and no fault of ours."""

    sort_keys = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def init_app(app: Flask, settings: Settings) -> None:
    """Guard *app*: headers on every response, and no request that must not be.

    Raises:
        SettingsError: several machines are meant, and a secret or password is missing or weak.
    """
    check_secrets(settings)
    app.debug = False  # whatever FLASK_DEBUG says
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        PROPAGATE_EXCEPTIONS=False,
        TRAP_BAD_REQUEST_ERRORS=False,
    )
    app.json = Json(app)
    app.extensions[_NAME] = " ".join(settings.frame_ancestors) or "'none'"
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_port=0, x_prefix=0
        )
    app.before_request(_refuse)
    app.after_request(_shield)


def check_secrets(settings: Settings) -> None:
    """Refuse what several machines must not be run with.

    Raises:
        SettingsError: names the setting and the remedy, and shows no value.
    """
    try:
        is_file = make_url(settings.database_url).drivername.startswith("sqlite")
    except (ArgumentError, ValueError):
        return  # `storage` says what is wrong with it
    if is_file and not settings.redis_url:
        return
    make = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
    secret = settings.secret_key or ""
    if len(secret) < MIN_SECRET or len(set(secret)) < MIN_SECRET // 4:
        raise SettingsError(
            f"ASSISTANT_SECRET_KEY: {'weak' if secret else 'missing'}, and several machines must share one of "
            f"{MIN_SECRET} or more random characters (make it with {make})"
        )
    for name, url in (("ASSISTANT_DATABASE_URL", settings.database_url), ("ASSISTANT_REDIS_URL", settings.redis_url)):
        parts = urlsplit(url)
        if parts.password is None or _is_near(parts.hostname or ""):
            continue
        if len(parts.password) < MIN_PASSWORD or parts.password == parts.username:
            raise SettingsError(
                f"{name}: its password is shorter than {MIN_PASSWORD} characters or the user's name "
                f"(make one with {make})"
            )


def is_forged(headers: Any, host: str) -> bool:
    """Say whether a browser sent this for another site's page: Sec-Fetch-Site, else Origin against Host.

    The rule of Go's ``http.CrossOriginProtection``: a client that sends neither is no browser,
    and carries no visitor's rights, since there are no cookies.
    """
    fetched = headers.get("Sec-Fetch-Site")
    if fetched is not None:
        return fetched not in ("same-origin", "none")
    origin = headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc.lower() != host.lower()


def _is_near(host: str) -> bool:
    """On this machine: what is sent there does not leave it."""
    return host in ("", "localhost", "::1") or host.startswith("127.")


def _refuse() -> None:
    """Stop what is not addressed to us, what another site sends, and what is too large, in this order."""
    if not _HOST.fullmatch(request.environ.get("HTTP_HOST", "")):
        abort(400)
    if request.method in _SAFE_METHODS:
        return
    if request.routing_exception is None and is_forged(request.headers, request.environ["HTTP_HOST"]):
        abort(403)
    body = request.get_data(cache=True)  # 413 here, where no view can take it for something else
    if request.content_length is None and len(body) >= MAX_BODY:
        abort(413)  # Werkzeug cuts a body without a length at the limit, and says nothing


def _shield(response: Response) -> Response:
    headers = response.headers
    rule = request.url_rule.rule if request.url_rule else ""
    is_page = response.mimetype == "text/html"
    ancestors = current_app.extensions[_NAME] if is_page and rule not in UNFRAMED else "'none'"
    policy = PAGE_POLICY if is_page or response.mimetype in _CODE else DATA_POLICY  # a service worker fetches
    parts = [f"{name} {value}" for name, value in policy.items()]
    headers["Content-Security-Policy"] = "; ".join([*parts, f"frame-ancestors {ancestors}"])
    for name, value in HEADERS.items():
        headers[name] = value
    if ancestors == "'none'":
        headers["X-Frame-Options"] = "DENY"
    if rule in FOR_OTHER_SITES:
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.is_secure:
        headers["Strict-Transport-Security"] = f"max-age={HSTS_SECONDS}"
    headers.setdefault("Cache-Control", "no-store")
    if isinstance(request.routing_exception, MethodNotAllowed) and response.status_code == MethodNotAllowed.code:
        headers["Allow"] = ", ".join(sorted(request.routing_exception.valid_methods or ()))
    if "Location" in headers:
        headers["Location"] = _own_place(headers["Location"])
    return response


def _own_place(location: str) -> str:
    """Return *location* without scheme and host: we send nobody to another site, whatever Host said."""
    parts = urlsplit(location)
    path = "/" + parts.path.lstrip("/\\")
    return path + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
