"""The program in bad places: a clock that jumps, a disk that cannot be written, a master killed at random."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from tests import needs
from tests.drills.machines import ask
from tests.needs import Load

QUESTIONS = ("what is neuroplasticity", "hello", "can old brains change", "i feel low", "what is the capital of peru")


def fake_clock() -> str:
    paths = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return str(paths[0]) if paths else needs.missing("libfaketime", "apt-get install libfaketime")


def test_a_clock_that_jumps_two_days_kills_nobody(tmp_path: Path) -> None:
    jump = tmp_path / "jump"
    jump.write_text("+0")
    environ = {
        "LD_PRELOAD": fake_clock(),
        "FAKETIME_TIMESTAMP_FILE": str(jump),
        "FAKETIME_NO_CACHE": "1",
        "ASSISTANT_RATE_LIMIT": "100000 per minute",
    }
    with needs.tiny_site(tmp_path, **environ) as site:
        needs.until(lambda: len(site.process.children) == 2, "both workers")
        workers = site.process.children
        with Load(site.port, clients=3) as load:
            for offset in ("+2d", "-2d", "+0"):
                time.sleep(1.5)
                jump.write_text(offset)
            time.sleep(2)
        assert set(load.statuses) == {200}
        assert site.process.children == workers
        # libfaketime moves the steady clock too, which no real jump does, so requests under way look 2 days old
        assert len(load.lost) + len(load.cut) <= 3 * 3


def test_a_disk_that_cannot_be_written_and_no_home(tmp_path: Path) -> None:
    needs.root()
    port = needs.free_port()
    serve = f"{sys.executable} -m assistant serve --port {port} --workers 2"
    learnt = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"  # read-only like all else; spares a minute
    script = (
        f"mount --bind / / && mount -o remount,bind,ro / && cd / && exec env -i PYTHONPATH={needs.REPOSITORY} "
        f"PYTHONDONTWRITEBYTECODE=1 XDG_CACHE_HOME={learnt} {serve}"
    )
    with needs.site(tmp_path, ["unshare", "-m", "sh", "-c", script], port) as site:
        assert ask(site, "what is neuroplasticity")[0] == 200
        status, _, body = site.ask(
            "/api/questions", method="POST", body='{"question": "why"}', headers={"Content-Type": "application/json"}
        )
        assert status in (200, 202, 503)
        assert json.loads(body)["saved"] is False


def test_a_master_killed_at_any_moment_leaves_a_clean_start(tmp_path: Path) -> None:
    moments = random.Random(11)  # the same moments in every run
    revisions = set()
    port = needs.free_port()
    command = [sys.executable, "-m", "assistant", "serve", "--port", str(port), "--workers", "1"]
    for _ in range(4):
        process = needs.Process(
            command, tmp_path / "killed.log", {"PYTHONPATH": str(needs.REPOSITORY)}, tmp_path
        ).start()
        time.sleep(moments.uniform(0.1, 3.5))
        process.group(signal.SIGKILL)
        assert process.popen
        process.popen.wait()
    with needs.site(tmp_path, command, port) as site:
        revisions.add(json.loads(site.ask("/readyz")[2])["revision"])
        assert ask(site, "what is neuroplasticity")[0] == 200
    with needs.assistant(tmp_path) as site:
        revisions.add(json.loads(site.ask("/readyz")[2])["revision"])
    assert len(revisions) == 1


LEAKS_NOTHING = 12  # megabytes that two workers may grow by
ANSWERS = 2_000

LEAK = """
from assistant.serving import *
kept = []


def post_worker_init(worker):
    inner = worker.wsgi

    def leaky(environ, start_response):
        kept.append(bytes(20_000))
        return inner(environ, start_response)

    worker.wsgi = leaky
"""


def growth(site: needs.Site) -> tuple[float, int]:
    """Return how many megabytes and open files `ANSWERS` answers add, after a warm-up by more clients at once.

    Memory that an answer takes and gives back stays with the process for the next, once for
    each answer at the same moment; so the warm-up has three times the clients.
    """
    with Load(site.port, clients=12, questions=QUESTIONS) as load:
        load.until(600, 120)
    time.sleep(1)
    before, files = needs.megabytes(site.process.children), needs.open_files(site.process.children)
    with Load(site.port, clients=4, questions=QUESTIONS) as load:
        load.until(ANSWERS, 240)
    time.sleep(1)
    assert load.lost + load.cut == []
    assert set(load.statuses) == {200}
    after, files_after = needs.megabytes(site.process.children), needs.open_files(site.process.children)
    print(f"{before:.0f} MB, {after:.0f} MB after {len(load.statuses)} answers")
    return after - before, files_after - files


def test_thousands_of_answers_leak_nothing(tmp_path: Path) -> None:
    """The long run is ``benchmarks/soak.py``; this sees what leaks several kilobytes an answer."""
    with needs.assistant(tmp_path, ASSISTANT_RATE_LIMIT="off") as site:
        megabytes, files = growth(site)

    assert megabytes < LEAKS_NOTHING
    assert files <= 8


def test_a_leak_of_twenty_kilobytes_an_answer_is_seen(tmp_path: Path) -> None:
    (tmp_path / "leak.py").write_text(LEAK)
    port = needs.free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", str(tmp_path / "leak.py"), "-w", "2"]
    command += ["-b", f"127.0.0.1:{port}", "assistant.app:create_app()"]
    with needs.site(tmp_path, command, port, ASSISTANT_RATE_LIMIT="off") as site:
        megabytes, _ = growth(site)

    assert megabytes > LEAKS_NOTHING


def test_reloads_leave_nothing_of_the_application_before(tmp_path: Path) -> None:
    with needs.assistant(tmp_path) as site:

        def reload() -> float:
            old = set(site.process.children)
            site.process.signal(signal.SIGHUP)
            needs.until(lambda: len(new := site.process.children) == 2 and not old & set(new), "new workers", 60)
            needs.until(site.is_up, "it serves")
            return needs.megabytes([site.process.pid])

        first = max(reload() for _ in range(2))
        last = min(reload() for _ in range(3))

    assert last - first < LEAKS_NOTHING


@pytest.mark.parametrize("kind", ["idle", "headers", "body"])
def test_two_hundred_slow_clients_do_not_delay_the_whole_program(tmp_path: Path, kind: str) -> None:
    with needs.assistant(tmp_path) as site:
        sockets = needs.slow_connections(site.port, kind, 200)
        waits = []
        for _ in range(20):
            began = time.monotonic()
            assert site.ask("/healthz")[0] == 200
            waits.append(time.monotonic() - began)
        for s in sockets:
            s.close()
        assert max(waits) < 1
