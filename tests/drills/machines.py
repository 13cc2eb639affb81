"""Two instances behind nginx with one PostgreSQL and one Redis, all on 127.0.0.1."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import needs
from tests.needs import PostgreSQL, Process, Redis, Site

SECRET = "vK3x9-Tq7LpZ2mW8sYc4RbN6hJd1FgUa"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Machines:
    folder: Path
    redis: Redis
    postgresql: PostgreSQL
    one: Site
    two: Site
    front: Site

    def environ(self, limit: str) -> dict[str, str]:
        return {
            "ASSISTANT_DATABASE_URL": self.postgresql.url,
            "ASSISTANT_REDIS_URL": self.redis.url,
            "ASSISTANT_SECRET_KEY": SECRET,
            "ASSISTANT_TRUSTED_PROXIES": "1",
            "ASSISTANT_RATE_LIMIT": limit,
        }


@contextlib.contextmanager
def machines(folder: Path, limit: str) -> Iterator[Machines]:
    """Start all five; a cluster of PostgreSQL of its own, since drills kill it."""
    cluster = needs.postgresql_server()
    try:
        with contextlib.ExitStack() as stack:
            redis = stack.enter_context(needs.redis_server(folder))
            database = cluster.database("assistant")
            no_process = Process([], folder / "none")
            drill = Machines(folder, redis, database, Site(0, no_process), Site(0, no_process), Site(0, no_process))
            for name in ("one", "two"):
                home = folder / name
                home.mkdir()
                setattr(drill, name, stack.enter_context(needs.assistant(home, **drill.environ(limit))))
            port, process = stack.enter_context(needs.nginx(folder, drill.one.port, drill.two.port))
            drill.front = Site(port, process)
            yield drill
    finally:
        with contextlib.suppress(Exception):
            cluster.stop()
        shutil.rmtree(cluster.folder, ignore_errors=True)


def ask(site: Site, question: str, **more: str) -> tuple[int, dict[str, Any]]:
    """Ask over the API and return status and reply."""
    status, _, body = site.ask("/api/ask", method="POST", body=json.dumps({"question": question, **more}), headers=JSON)
    return status, json.loads(body)


def is_saved(site: Site, text: str) -> bool:
    """Send a question to the team and return what the program says became of it."""
    status, _, body = site.ask("/api/questions", method="POST", body=json.dumps({"question": text}), headers=JSON)
    assert status in (200, 202, 503), body
    return bool(json.loads(body).get("saved"))


def new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="assistant-drill-"))
