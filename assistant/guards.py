"""What every response carries, and which requests are turned away before a view sees them."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

from assistant.settings import Settings


def init_app(app: Flask, settings: Settings) -> None:
    """Add the headers, and refuse forms that other sites post."""
    ancestors = " ".join(settings.frame_ancestors) or "'none'"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    )

    @app.before_request
    def same_site() -> None:
        if request.method != "POST":
            return
        fetched = request.headers.get("Sec-Fetch-Site")
        if fetched in ("same-origin", "none"):
            return
        origin = request.headers.get("Origin")
        if fetched or (origin and urlsplit(origin).netloc != request.host):
            abort(403)

    @app.after_request
    def headers(response: Response) -> Response:
        found = response.headers
        found["Content-Security-Policy"] = policy
        found["X-Content-Type-Options"] = "nosniff"
        found["Referrer-Policy"] = "no-referrer"
        found["Cross-Origin-Opener-Policy"] = "same-origin"
        found["Cross-Origin-Resource-Policy"] = "same-origin"
        found["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        if not settings.frame_ancestors:
            found["X-Frame-Options"] = "DENY"
        if request.is_secure:
            found["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
        if request.endpoint != "static":
            found["Cache-Control"] = "no-store"
        return response
