"""No word of a visitor is left anywhere, also while parts fail; only what was sent on purpose is in the database.

Every word that is sent is unique. Afterwards the whole run folder, all logs, Redis,
PostgreSQL's files and log, the counts and the shared memory are searched for them.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from assistant import serving
from tests import needs
from tests.drills.machines import FORM, JSON, Machines, is_saved, machines

CANARY = "zyzzyva"
ON_PURPOSE = "quokkasent"
_numbers = itertools.count()


def word() -> str:
    return f"{CANARY}{next(_numbers)}"


def say_it_everywhere(drill: Machines) -> None:
    """Put words of a visitor into every field, header, address and broken request there is."""
    names = ("User-Agent", "Referer", "X-Request-ID", "X-Forwarded-For", "Cookie", "Accept-Language", "Origin", "X-Any")
    for site in (drill.front, drill.one):
        headers = {name: word() for name in names}
        for path in (
            "/",
            "/help",
            "/sources",
            "/privacy",
            "/about",
            "/healthz",
            "/readyz",
            "/openapi.json",
            "/widget.js",
        ):
            site.ask(f"{path}?q={word()}&{word()}", headers=headers)
        site.ask(f"/{word()}/{word()}", headers=headers)
        site.ask(f"/sources/{word()}", headers=headers)
        for question in (word(), f"i want to kill myself {word()}", word() * 400, f"what is neuroplasticity {word()}"):
            fields = {"question": question, "context": word(), "region": word(), "earlier": word()}
            site.ask("/api/ask", method="POST", body=json.dumps(fields), headers=JSON)
            site.ask("/", method="POST", body=urlencode(fields), headers=FORM)
            site.ask("/", method="POST", body=urlencode(fields), headers=FORM | {"Origin": f"https://{word()}.example"})
        for body in (
            f'{{"question": "{word()}',
            f'["{word()}"]',
            f'"{word()}"',
            "[" * 2_000 + word(),
            f'{{"question": ["{word()}"]}}',
        ):
            for path in ("/api/ask", "/api/feedback", "/api/questions"):
                site.ask(path, method="POST", body=body, headers=JSON)
        feedback = {"passage": word(), "verdict": word(), "revision": word()}
        site.ask("/api/feedback", method="POST", body=json.dumps(feedback), headers=JSON)
        site.ask("/api/ask", method=word().upper())
        site.ask("/api/ask", method="POST", body=f"<{word()}/>", headers={"Content-Type": "application/xml"})
        site.ask("/api/ask", method="POST", body=word().encode() + b"\xff\xfe\x00", headers=JSON)
    for line in (
        f"GET /{word()} HTTP/9.9",
        f"{word()} / HTTP/1.1\r\nHost: {word()} x",
        f"{word()}",
        f"GET / HTTP/1.1\r\n{word()} : x",
    ):
        needs.raw(drill.one.port, f"{line}\r\n\r\n".encode(), 2)


def left_behind(folders: list[Path], pattern: bytes) -> list[str]:
    """Return the files under *folders* that hold *pattern*, in any case, with the place."""
    found = []
    for path in itertools.chain.from_iterable(folder.rglob("*") for folder in folders):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            for match in re.finditer(pattern, data, re.IGNORECASE):
                found.append(f"{path}: {data[max(0, match.start() - 60) : match.end() + 20]!r}")
                break
    return found


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[Machines]:
    with machines(tmp_path, "100000 per minute") as running:
        yield running


def test_no_word_is_left_anywhere(drill: Machines) -> None:
    import redis as driver

    say_it_everywhere(drill)
    assert is_saved(drill.front, f"{ON_PURPOSE} a question for the team")

    drill.postgresql.stop()
    drill.redis.process.signal(signal.SIGSTOP)
    assert not is_saved(drill.front, f"{CANARY}lost a question that was not saved")
    say_it_everywhere(drill)
    drill.redis.process.signal(signal.SIGCONT)
    drill.postgresql.start()
    os.kill(drill.one.process.children[0], signal.SIGKILL)
    time.sleep(1)
    say_it_everywhere(drill)
    time.sleep(1)

    counts = b"".join(site.ask("/metrics")[2] for site in (drill.one, drill.two))
    assert b"assistant_requests_total" in counts
    store = driver.Redis(port=drill.redis.port)
    in_redis = b" ".join(key + b" " + (store.dump(key) or b"") for key in store.scan_iter())
    store.save()
    drill.postgresql.stop("fast")
    shared = [p for p in Path(serving._shared_memory()).glob("assistant-metrics-*") if p.is_dir()]
    assert shared
    folders = [drill.folder, drill.postgresql.folder, *shared]

    assert left_behind(folders, CANARY.encode()) == []
    assert CANARY.encode() not in counts + in_redis
    kept = left_behind(folders, ON_PURPOSE.encode())
    assert kept
    assert all(str(drill.postgresql.folder / "data") in place for place in kept)
    assert not any("/log" in place or place.endswith(".log") for place in kept)


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x.log").write_bytes(b"\0\0 ... ZyzzyvA12 ...")

    assert len(left_behind([tmp_path], CANARY.encode())) == 1
