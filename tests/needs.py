"""What a test needs and may not find: a server, a browser, a right. Skipped with the reason; under CI a failure.

Every server is started by the test that needs it, on a free port of 127.0.0.1, in a
folder of its own and a process group of its own, and is ended with the test.
"""

from __future__ import annotations

import atexit
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

PLACES = (
    *os.environ.get("PATH", "").split(":"),
    "/usr/sbin",
    "/sbin",
    *map(str, Path("/usr/lib/postgresql").glob("*/bin")),
)


def missing(what: str, remedy: str) -> NoReturn:
    """Skip this test, or fail it where all must run (``CI=true``)."""
    reason = f"needs {what} ({remedy})"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def program(name: str, package: str) -> str:
    """Return the path of the program *name*, which Debian's *package* brings."""
    return shutil.which(name, path=":".join(PLACES)) or missing(name, f"apt-get install {package}")


def root() -> None:
    """Go on only with the rights to mount folders and to make namespaces."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        missing("the rights of root", "run it in a container or a throw-away machine")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def until(true: Callable[[], object], what: str, seconds: float = 15.0) -> None:
    """Wait until *true* says so, or fail with *what*."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.03)


def megabytes(pids: list[int]) -> float:
    """Return the memory that processes wrote to themselves, as each sees it.

    Pages of files are left out, since they come in as they are first read, and cost nothing
    twice; a page that is shared after a fork counts for each, so that copying it is no growth.
    """
    found = (re.search(r"^Anonymous:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M) for pid in pids)
    return sum(int(one[1]) for one in found if one) / 1_000


def open_files(pids: list[int]) -> int:
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)


def listens(port: int) -> bool:
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Process:
    """A program in a group of its own, with its output in a file."""

    command: Sequence[str]
    output: Path
    environ: dict[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    popen: subprocess.Popen[bytes] | None = None

    def start(self) -> Process:
        with self.output.open("ab") as output:
            self.popen = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.cwd,
                env={**os.environ, **self.environ} if self.environ else None,
            )
        return self

    @property
    def pid(self) -> int:
        assert self.popen
        return self.popen.pid

    @property
    def children(self) -> list[int]:
        """The processes that this one started, by id."""
        with contextlib.suppress(OSError):
            return sorted(map(int, Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()))
        return []

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def stop(self, seconds: float = 8.0) -> int:
        """End it and all it started, gently first; return its exit status."""
        assert self.popen
        self.group(signal.SIGCONT)
        with contextlib.suppress(ProcessLookupError):
            self.popen.terminate()
        try:
            status = self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.group(signal.SIGKILL)
            status = self.popen.wait()
        self.group(signal.SIGKILL)
        return status

    def read(self) -> str:
        return self.output.read_text("utf-8", "replace") if self.output.exists() else ""


@dataclass
class Redis:
    port: int
    process: Process

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process.start()
        until(lambda: listens(self.port), "redis listens")


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[Redis]:
    """An empty Redis; its files are in *folder*."""
    pytest.importorskip("redis")
    path = program("redis-server", "redis-server")
    port = free_port()
    command = [
        path,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    ]
    server = Redis(port, Process(command, folder / "redis.log"))
    server.start()
    try:
        yield server
    finally:
        server.process.stop()


@dataclass
class PostgreSQL:
    """A cluster of its own; `url` is one empty database in it."""

    folder: Path
    port: int
    url: str = ""

    def control(self, *arguments: str) -> None:
        """Run ``pg_ctl``; the server refuses to run as root, so it runs as the package's own account."""
        subprocess.run(
            [*_as_postgres(), program("pg_ctl", "postgresql"), "-s", "-w", "-D", self.folder / "data", *arguments],
            check=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        options += " -c log_min_error_statement=error -c log_statement=none"
        self.control("-l", str(self.folder / "postgresql.log"), "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self.control("-m", mode, "stop")

    @property
    def pids(self) -> list[int]:
        """The server's processes: the first is the one that starts the others."""
        first = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        return [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]

    def signal(self, number: int) -> None:
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def database(self, name: str) -> PostgreSQL:
        import psycopg

        address = f"postgresql://postgres@127.0.0.1:{self.port}"
        with psycopg.connect(f"{address}/postgres", autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}".encode())
        return PostgreSQL(self.folder, self.port, f"{address}/{name}")


def postgresql_server() -> PostgreSQL:
    """A new cluster in a new folder, started; the caller stops it and deletes the folder."""
    pytest.importorskip("psycopg")
    initdb = program("initdb", "postgresql")
    folder = Path(tempfile.mkdtemp(prefix="assistant-postgresql-"))
    folder.chmod(0o755)
    if _as_postgres():
        shutil.chown(folder, "postgres")
    command = [
        *_as_postgres(),
        initdb,
        "-D",
        folder / "data",
        "-A",
        "trust",
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    subprocess.run(command, check=True, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    server = PostgreSQL(folder, free_port())
    server.start()
    return server


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """One new, empty database in a cluster that all tests share."""
    yield _shared_cluster().database(f"test_{time.monotonic_ns()}")


@cache
def _shared_cluster() -> PostgreSQL:
    server = postgresql_server()

    def end() -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)

    atexit.register(end)
    return server


def _as_postgres() -> list[str]:
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 64k;
    upstream assistant {{
        {servers}
        keepalive 32;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://assistant;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_connect_timeout 1s;
            proxy_next_upstream error timeout non_idempotent;
        }}
    }}
}}
"""


@contextlib.contextmanager
def nginx(folder: Path, *ports: int) -> Iterator[tuple[int, Process]]:
    """nginx before the applications at *ports*, set up as the README says; yields its port."""
    path = program("nginx", "nginx-light")
    port = free_port()
    servers = " ".join(f"server 127.0.0.1:{p} max_fails=1 fail_timeout=2s;" for p in ports)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, servers=servers, port=port))
    process = Process([path, "-p", str(folder), "-c", str(folder / "nginx.conf")], folder / "nginx.out").start()
    try:
        until(lambda: listens(port), "nginx listens")
        yield port, process
    finally:
        process.stop()


@contextlib.contextmanager
def small_disk(folder: Path, *, kilobytes: int) -> Iterator[Path]:
    """A disk of so many kilobytes, in memory, inside *folder*."""
    root()
    disk = folder / "disk"
    disk.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", disk], check=False)
    if mount.returncode:
        missing("the right to mount a small disk", "run it in a container that may")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@dataclass
class Site:
    """A running application: its address, and one plain way to ask it."""

    port: int
    process: Process

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        seconds: float = 15.0,
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (names in lower case) and body of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        finally:
            connection.close()

    def is_up(self) -> bool:
        try:
            return self.ask("/healthz", seconds=2)[0] == 200
        except (OSError, http.client.HTTPException):
            return False


REPOSITORY = Path(__file__).parent.parent


@contextlib.contextmanager
def site(folder: Path, command: Sequence[str], port: int, seconds: float = 200.0, **environ: str) -> Iterator[Site]:
    """Run *command*, which serves at *port*, until the test ends; its log is in *folder*."""
    paths = {"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
    process = Process(command, folder / f"site-{port}.log", paths | environ, cwd=folder).start()
    running = Site(port, process)
    try:
        until(lambda: running.is_up() or _ended(process), "the site is up", seconds)
        assert not _ended(process), process.read()[-3_000:]
        yield running
    finally:
        process.stop(25)


def _ended(process: Process) -> bool:
    return process.popen is not None and process.popen.poll() is not None


def assistant(folder: Path, *options: str, workers: int = 2, **environ: str) -> contextlib.AbstractContextManager[Site]:
    """The whole program, by its command line."""
    port = free_port()
    command = [sys.executable, "-m", "assistant", "serve", "--port", str(port), "--workers", str(workers), *options]
    return site(folder, command, port, **environ)


def tiny_site(folder: Path, *options: str, workers: int = 2, **environ: str) -> contextlib.AbstractContextManager[Site]:
    """The tiny application under gunicorn with this program's settings."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "python:assistant.serving", "-b", f"127.0.0.1:{port}"]
    return site(folder, [*command, "-w", str(workers), *options, "tests.toy:application()"], port, **environ)


class Load:
    """Clients that ask without a pause until told to stop; half of them keep their connection.

    `lost` are requests without any answer, `cut` those whose answer broke off in the middle. What came of it is
    printed at the end (``pytest -rP`` shows it).
    """

    def __init__(
        self,
        port: int,
        clients: int = 6,
        path: str = "/api/ask",
        questions: Sequence[str] = ("what is neuroplasticity",),
    ) -> None:
        self.port, self.path = port, path
        self._bodies = [json.dumps({"question": question}).encode() for question in questions]
        self.cut: list[str] = []
        self.statuses: list[int] = []
        self.lost: list[str] = []
        self.slowest = 0.0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._go, args=(n % 2 == 0,), daemon=True) for n in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)
        told = ", ".join(f"{count} × {status}" for status, count in sorted(Counter(self.statuses).items()))
        print(f"under load: {told}; {len(self.lost)} lost, {len(self.cut)} cut, slowest {self.slowest:.2f} s")

    def until(self, answers: int, seconds: float) -> None:
        """Wait for so many answers."""
        until(lambda: len(self.statuses) >= answers, f"{answers} answers", seconds)

    def _go(self, keeps: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        headers = {"Content-Type": "application/json"}
        while not self._stop.is_set():
            began = time.monotonic()
            body = self._bodies[len(self.statuses) % len(self._bodies)]
            try:
                connection.request("POST", self.path, body, headers)
                response = connection.getresponse()
                response.read()
                self.statuses.append(response.status)
            except (OSError, http.client.HTTPException) as fault:
                (self.cut if isinstance(fault, http.client.IncompleteRead) else self.lost).append(type(fault).__name__)
                connection.close()
                time.sleep(0.01)
            self.slowest = max(self.slowest, time.monotonic() - began)
            if not keeps:
                connection.close()
        connection.close()


def slow_connections(port: int, kind: str, number: int) -> list[socket.socket]:
    """Open *number* connections that are ``idle``, or stop in their ``headers`` or ``body``."""
    beginnings = {
        "idle": b"",
        "headers": b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        "body": b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
    }
    sockets = []
    for _ in range(number):
        s = socket.create_connection(("127.0.0.1", port), timeout=10)
        s.sendall(beginnings[kind])
        sockets.append(s)
    return sockets


def raw(port: int, data: bytes, seconds: float = 10.0) -> bytes:
    """Send *data* as it is and return all that comes back until the other side closes or falls silent."""
    found = b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as s:
        s.settimeout(seconds)
        with contextlib.suppress(OSError):
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while part := s.recv(65_536):
                found += part
    return found
