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


def test_half_a_minute_of_load_leaks_nothing(tmp_path: Path) -> None:
    """The long run is ``benchmarks/soak.py``; this sees what leaks fast."""

    def memory_and_files(pids: list[int]) -> tuple[int, int]:
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
        return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000, sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)

    with needs.assistant(tmp_path, ASSISTANT_RATE_LIMIT="off") as site:
        with Load(site.port, clients=4):
            time.sleep(8)
        time.sleep(1)
        before, files = memory_and_files(site.process.children)
        with Load(site.port, clients=4) as load:
            time.sleep(20)
        time.sleep(1)
        after, files_after = memory_and_files(site.process.children)

        assert load.lost + load.cut == []
        assert set(load.statuses) == {200}
        assert files_after <= files + 8
        assert after - before < 12, f"{before} MB before, {after} MB after {len(load.statuses)} answers"


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
