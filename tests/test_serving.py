"""gunicorn as this program sets it up: slow clients, reloads, kills, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import serving
from tests import needs
from tests.needs import Load, Site


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with needs.tiny_site(tmp_path_factory.mktemp("site"), FLASK_DEBUG="1") as site:
        yield site


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Site]:
    """A site that the test may hurt."""
    with needs.tiny_site(tmp_path) as site:
        yield site


class TestSlowClients:
    @pytest.mark.parametrize("kind", ["idle", "headers", "body"])
    def test_two_hundred_do_not_delay_others(self, running: Site, kind: str) -> None:
        sockets = needs.slow_connections(running.port, kind, 200)
        try:
            waits = []
            for _ in range(30):
                began = time.monotonic()
                assert running.ask("/healthz")[0] == 200
                waits.append(time.monotonic() - began)
            assert max(waits) < 1
        finally:
            for s in sockets:
                s.close()

    def test_a_slow_request_is_ended(self, tmp_path: Path) -> None:
        """The limit is long, so the worker's clock is set short by a module of the test's own."""
        (tmp_path / "short.py").write_text(
            "from assistant.serving import *\nfrom assistant import serving\n"
            "serving.REQUEST_SECONDS = 1.0\nserving.FIRST_BYTE_SECONDS = 1.0\n"
        )
        port = needs.free_port()
        command = ["gunicorn", "-c", str(tmp_path / "short.py"), "-b", f"127.0.0.1:{port}", "tests.toy:application()"]
        with needs.site(tmp_path, [sys.executable, "-m", *command], port):
            for kind in ("idle", "headers", "body"):
                (s,) = needs.slow_connections(port, kind, 1)
                s.settimeout(6)
                assert s.recv(10_000)[:12] in (b"", b"HTTP/1.1 400")
                s.close()


class TestReloads:
    def test_three_reloads_under_load_lose_nothing(self, own: Site) -> None:
        before = own.process.children
        with Load(own.port) as load:
            for _ in range(3):
                time.sleep(1.2)
                own.process.signal(signal.SIGHUP)
            time.sleep(3)

        assert load.lost + load.cut == []
        assert set(load.statuses) == {200}
        assert len(load.statuses) > 300
        assert not set(before) & set(own.process.children)

    def test_a_killed_worker_costs_what_it_was_answering_and_is_replaced(self, own: Site) -> None:
        with Load(own.port, clients=6) as load:
            for _ in range(3):
                time.sleep(0.7)
                os.kill(own.process.children[0], signal.SIGKILL)
                needs.until(lambda: len(own.process.children) == 2, "a new worker", 3)
            time.sleep(0.5)
            answered = len(load.statuses)
            needs.until(lambda: len(load.statuses) > answered + 50, "answers go on", 3)

        assert set(load.statuses) == {200}
        assert len(load.lost) + len(load.cut) <= 3 * 6  # at most what each client had on its way, a kill

    def test_a_killed_master_leaves_nothing_in_the_way(self, tmp_path: Path) -> None:
        port = needs.free_port()
        command = [sys.executable, "-m", "gunicorn", "-c", "python:assistant.serving", "-b", f"127.0.0.1:{port}"]
        for _ in range(3):
            with needs.site(tmp_path, [*command, "tests.toy:application()"], port) as site:
                folders = list(Path(serving._shared_memory()).glob(f"assistant-metrics-{site.process.pid}-*"))
                assert len(folders) == 1
                site.process.signal(signal.SIGKILL)
                needs.until(lambda: not needs.listens(port), "the workers see that their master is gone", 10)
        with needs.site(tmp_path, [*command, "tests.toy:application()"], port) as site:
            assert site.ask("/")[0] == 200
            assert not folders[0].exists()
            last = list(Path(serving._shared_memory()).glob(f"assistant-metrics-{site.process.pid}-*"))
        assert not last[0].exists()


class TestCounts:
    def test_all_workers_count_together_and_dead_ones_are_not_forgotten(self, own: Site) -> None:
        def count() -> float:
            text = own.ask("/counts")[2].decode()
            found = re.search(r'assistant_requests_total\{[^}]*route="/"[^}]*\} ([0-9.]+)', text)
            return float(found[1]) if found else 0.0

        for _ in range(40):
            own.ask("/")
        assert count() == 40

        os.kill(own.process.children[0], signal.SIGKILL)
        needs.until(lambda: len(own.process.children) == 2, "a new worker")
        assert {count() for _ in range(10)} == {40}


class TestRefusals:
    """Rows 2, 35 to 38 of the fault matrix, on the wire."""

    @pytest.mark.parametrize(
        "request_",
        [
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: \r\n\r\n",
            b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
            b"GARBAGE\r\n\r\n",
        ],
    )
    def test_what_two_servers_could_read_differently_is_a_bad_request(self, running: Site, request_: bytes) -> None:
        answer = needs.raw(running.port, request_)

        assert re.match(rb"HTTP/1\.1 (400|501|505) ", answer), answer[:60]
        assert answer.count(b"HTTP/1.1 ") == 1

    def test_a_large_body_without_a_length_is_too_large(self, running: Site) -> None:
        chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
        head = b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"

        assert needs.raw(running.port, head + chunk * 3 + b"0\r\n\r\n").startswith(b"HTTP/1.1 413")

    def test_ten_megabytes_are_refused_quickly_and_not_kept(self, running: Site) -> None:
        def memory() -> int:
            return sum(
                int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])  # type: ignore[index]
                for pid in running.process.children
            )

        running.ask("/")
        before = memory()
        head = b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10485760\r\n\r\n"
        began = time.monotonic()
        answer = needs.raw(running.port, head)

        assert answer.startswith(b"HTTP/1.1 413")
        assert time.monotonic() - began < 0.5
        assert memory() - before < 5_000

    @pytest.mark.parametrize(
        ("request_", "status"),
        [
            (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", b"431"),
            (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 100 + b"\r\n", b"431"),
            (b"GET /" + b"a" * 6_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"414"),
            (b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", b"405"),
            (b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", b"404"),
            (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", b"404"),
            (b"GET /static/%2e%2e/%2e%2e/pyproject.toml HTTP/1.1\r\nHost: a\r\n\r\n", b"404"),
            (b"GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", b"404"),
        ],
    )
    def test_each_has_its_status(self, running: Site, request_: bytes, status: bytes) -> None:
        assert needs.raw(running.port, request_).split(b" ")[1] in (status, b"400" if status == b"431" else status)

    def test_no_version_and_no_debugger_are_shown(self, running: Site) -> None:
        status, headers, body = running.ask("/fault", method="POST", body=b"zyzzyva")

        assert status == 500
        assert not re.search(r"\d", headers.get("server", ""))
        assert b"zyzzyva" not in body
        assert b"Traceback" not in body


class TestPlace:
    @pytest.mark.parametrize("first", ["assistant.serving", "assistant.cli, assistant.serving"])
    def test_numpy_starts_no_threads_of_its_own(self, first: str) -> None:
        """In the order of imports of the Procfile and of the command line."""
        code = f"import sys, {first}; assert 'numpy' not in sys.modules; import os, numpy; a = numpy.ones((600, 600));"
        code += "a @ a; print(len(os.listdir('/proc/self/task')))"
        environ = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environ, cwd=needs.REPOSITORY, capture_output=True, text=True, check=True
        )
        assert done.stdout == "1\n"

    def test_the_procfile_starts_on_the_port_it_is_given(self, tmp_path: Path) -> None:
        """By a runner of Procfiles, which reads the whole file and ends what it started."""
        pytest.importorskip("honcho")
        port = needs.free_port()
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        words = [sys.executable, "-m", "honcho", "-d", str(tmp_path), "-f", str(needs.REPOSITORY / "Procfile"), "start"]
        with needs.site(tmp_path, words, port, PORT=str(port), WEB_CONCURRENCY="1", PATH=path) as site:
            assert site.ask("/readyz")[0] == 200
        assert not needs.listens(port)

    def test_an_empty_environment_and_a_full_disk_for_the_log_do_not_matter(self, tmp_path: Path) -> None:
        port = needs.free_port()
        inner = (
            f"{sys.executable} -m gunicorn -c python:assistant.serving -b 127.0.0.1:{port} 'tests.toy:application()'"
        )
        full = f"cd / && exec env -i PYTHONPATH={needs.REPOSITORY} {inner} >/dev/full 2>&1"
        with needs.site(tmp_path, ["sh", "-c", full], port) as site:
            assert site.ask("/fault", method="POST", body=b"x")[0] == 500
            site.process.signal(signal.SIGHUP)
            time.sleep(1)
            needs.until(site.is_up, "it still serves")
            assert site.ask("/fault", method="POST", body=b"x")[0] == 500
        assert list(tmp_path.iterdir()) == [tmp_path / f"site-{port}.log"]

    def test_every_line_of_the_log_is_json_without_words(self, running: Site) -> None:
        running.ask("/zyzzyva?q=zyzzyva", headers={"Referer": "zyzzyva", "User-Agent": "zyzzyva"})
        needs.raw(running.port, b"zyzzyva zyzzyva\r\n\r\n")
        needs.raw(running.port, b"GET /zyzzyva HTTP/9.9\r\nzyzzyva\r\n\r\n")
        text = running.process.read()

        assert "zyzzyva" not in text.lower()
        assert all(json.loads(line)["level"] for line in text.splitlines())
