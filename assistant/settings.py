"""What can be set from outside, parsed once. Every default needs nothing installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import SettingsError

SHIPPED = ("knowledge", "templates")


def shipped(name: str) -> Path:
    """Return the folder *name* that the package carries (in a wheel) or stands beside (in a checkout)."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The program's settings.

    Attributes:
        knowledge: folder with the knowledge files.
        secret_key: signs the context that travels with the page; without one, a fresh key a start.
        database_url: where feedback and sent questions go (SQLAlchemy URL).
        redis_url: where rate limits are counted for several machines; memory when empty.
        rate_limit: a limit in Flask-Limiter's notation, or ``off``.
        frame_ancestors: sites that may show the chat in a frame; empty for none.
        region: region whose help lines are shown when the visitor chose none; empty to guess.
        trusted_proxies: how many proxies in front may name the client's address.
    """

    knowledge: Path
    secret_key: str | None = None
    database_url: str = "sqlite:///assistant.sqlite3"
    redis_url: str = ""
    rate_limit: str = "60 per minute"
    frame_ancestors: tuple[str, ...] = ()
    region: str = ""
    trusted_proxies: int = 0

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], *, knowledge: Path | None = None) -> Settings:
        """Read ``ASSISTANT_*`` names from *environ*; *knowledge*, when given, goes before them.

        Raises:
            SettingsError: a value is not allowed; names the variable, the value and what is.
        """

        def get(name: str, default: str = "") -> str:
            return environ.get(f"ASSISTANT_{name}", "").strip() or default

        folder = knowledge or Path(get("KNOWLEDGE") or shipped("knowledge"))
        if not folder.is_dir():
            raise SettingsError(f"ASSISTANT_KNOWLEDGE: {str(folder)!r} is not a folder (name one with knowledge files)")
        proxies = get("TRUSTED_PROXIES", "0")
        if not proxies.isdecimal() or int(proxies) > 9:
            raise SettingsError(f"ASSISTANT_TRUSTED_PROXIES: {proxies!r} is not a number from 0 to 9")
        ancestors = tuple(get("FRAME_ANCESTORS").replace(",", " ").split())
        for origin in ancestors:
            if any(c in origin for c in ";'\"") or not (origin.startswith(("https://", "http://")) or origin == "*"):
                raise SettingsError(
                    f"ASSISTANT_FRAME_ANCESTORS: {origin!r} is not an origin (write it like https://clinic.example)"
                )
        return cls(
            knowledge=folder,
            secret_key=get("SECRET_KEY") or None,
            database_url=get("DATABASE_URL", cls.database_url),
            redis_url=get("REDIS_URL"),
            rate_limit=get("RATE_LIMIT", cls.rate_limit),
            frame_ancestors=ancestors,
            region=get("REGION").upper(),
            trusted_proxies=int(proxies),
        )
