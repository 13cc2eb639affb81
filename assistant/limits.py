"""How often one client may send something: in memory, or in Redis for several machines.

Views call `check` with the crisis screen, so a crisis is answered whatever the limit.
Pages, help lines, health and static files are never counted. When Redis is gone, each
process goes on counting in its own memory.
"""

from __future__ import annotations

import ipaddress
import logging
import secrets
import threading
import time
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter, RateLimitExceeded
from limits import parse_many
from limits.storage import RedisStorage
from werkzeug.exceptions import TooManyRequests

from assistant.errors import SettingsError
from assistant.settings import Settings

REDIS_SECONDS = 0.5
"""Seconds that Redis may take to connect or to answer; then it counts as gone."""

OFF = "off"

_log = logging.getLogger(__name__)
_NAME = "assistant.limits"


class PatientRedis(RedisStorage):
    """Redis whose health is looked at in the background, so that no visitor waits for it."""

    STORAGE_SCHEME = ["assistant+redis", "assistant+rediss"]  # noqa: RUF012  # the library's own registry

    def __init__(self, uri: str, **options: Any) -> None:
        super().__init__(uri.removeprefix("assistant+"), **options)
        self._is_back = False
        self._asking = threading.Lock()

    def check(self) -> bool:
        """Return whether Redis has answered since it was last asked for, and ask again if not."""
        if self._is_back:
            self._is_back = False
            return True
        if self._asking.acquire(blocking=False):
            threading.Thread(target=self._ask, name="limits-redis", daemon=True).start()
        return False

    def _ask(self) -> None:
        try:
            self._is_back = super().check()
        finally:
            self._asking.release()


class Limits:
    """The limit of one application."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        key = (settings.secret_key or secrets.token_hex()).encode()[:64]
        self._limiter = Limiter(
            lambda: _client(request.remote_addr or "", key),
            storage_uri=f"assistant+{settings.redis_url}" if settings.redis_url else "memory://",
            storage_options=_redis_options() if settings.redis_url else {},
            in_memory_fallback_enabled=bool(settings.redis_url),
            key_prefix="assistant",
        )
        self._limiter.init_app(app)
        self._count: Callable[[], None] = self._limiter.shared_limit(settings.rate_limit, scope="sent")(_counted)

    def check(self) -> None:
        """Count one thing sent by this client.

        Raises:
            TooManyRequests: it was one too many; knows the seconds until the next try.
        """
        for last in (False, True):
            try:
                self._count()
            except RateLimitExceeded as exceeded:
                wait = self._wait(exceeded)
                longest = exceeded.limit.limit.get_expiry() if exceeded.limit else wait
                limit = self._limiter.current_limit
                if wait > longest + 1 and limit and not last:  # the clock was set back: the end is beyond any window
                    self._limiter.limiter.clear(limit.limit, *limit.request_args)
                    continue
                g.retry_after = max(1, min(wait, longest))
                raise TooManyRequests(retry_after=g.retry_after) from None
            except Exception as fault:  # two requests that meet as Redis fails: one falls back, the other raises
                if last:
                    _log.error("not counted", extra={"fault": type(fault).__name__})
                continue
            return

    def _wait(self, exceeded: RateLimitExceeded) -> int:
        try:
            assert self._limiter.current_limit
            return int(self._limiter.current_limit.reset_at - time.time()) + 1
        except Exception:  # Redis went away between counting and asking
            return exceeded.limit.limit.get_expiry() if exceeded.limit else 60


def init_app(app: Flask, settings: Settings) -> None:
    """Set the limit up; ``off`` leaves it out.

    Raises:
        SettingsError: the limit or Redis's address cannot be understood, or Redis's driver is missing.
    """
    app.extensions[_NAME] = None
    if settings.rate_limit.lower() == OFF:
        return
    try:
        parse_many(settings.rate_limit)
    except ValueError:
        raise SettingsError(
            f"ASSISTANT_RATE_LIMIT: {settings.rate_limit!r} is not a limit (write it like '60 per minute', or off)"
        ) from None
    try:
        app.extensions[_NAME] = Limits(app, settings)
    except Exception as fault:
        raise SettingsError(
            f"ASSISTANT_REDIS_URL: Redis cannot be used ({type(fault).__name__}) (write redis://host:6379/0, "
            "and install its driver: pip install 'psychoeducation-assistant[machines]')"
        ) from None
    app.after_request(_retry_after)


def check(is_crisis: Callable[[], bool]) -> None:
    """Count one thing that this request's client sent; what signals danger is never refused.

    Args:
        is_crisis: the crisis screen for what was sent; asked only when the limit is reached.

    Raises:
        TooManyRequests: it was one too many; the response will say when to try again.
    """
    limits: Limits | None = current_app.extensions[_NAME]
    if limits is None:
        return
    try:
        limits.check()
    except TooManyRequests:
        if not is_crisis():
            raise


def _counted() -> None:
    """Nothing: what is counted are the calls."""


def _client(address: str, key: bytes) -> str:
    """Return a name for the client that does not show its address; an IPv6 household counts as one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if ip.version == 6:
        ip = ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False).network_address
    return blake2b(ip.packed, key=key, digest_size=12).hexdigest()


def _redis_options() -> dict[str, Any]:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        "socket_timeout": REDIS_SECONDS,
        "socket_connect_timeout": REDIS_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }


def _retry_after(response: Response) -> Response:
    if response.status_code == TooManyRequests.code and "retry_after" in g:
        response.headers["Retry-After"] = str(g.retry_after)
    return response
