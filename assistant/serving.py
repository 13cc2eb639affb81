"""gunicorn, set up for this program: the same for ``assistant serve`` and for the Procfile.

The names in small letters are gunicorn's settings and hooks, for
``gunicorn -c python:assistant.serving`` and for `serve` alike. The figures behind the
choice are in ``benchmarks/connections.py``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import selectors
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]
from prometheus_client.multiprocess import mark_process_dead

from assistant import logs, memory
from assistant.settings import Settings

FIRST_BYTE_SECONDS = 20.0
"""Seconds that a new connection may stay silent; it holds no thread meanwhile."""

REQUEST_SECONDS = 30.0
"""Seconds from a request's first byte to its answer's last: a slow telephone needs a few, an attacker all."""

MAX_WORKERS = 4
"""Workers started without being asked: each takes memory, and few machines need more."""

COUNTS = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which `prometheus_client` knows that several processes count together."""

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is loaded, which is later than this
"""Requests are answered side by side, so numpy needs no threads of its own; they wait by spinning, which
made an answer cost three times the processor time (27 ms instead of 8 with 32 connections)."""

_COUNTS_FOLDER = re.compile(r"assistant-metrics-(\d+)-")


def _shared_memory() -> str:
    """A folder in memory where there is one: no disk, full or slow, stops a worker's sign of life."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()  # noqa: S108


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads, but silence costs no thread, and slowness costs one for `REQUEST_SECONDS` at most.

    gunicorn 27 lets a silent new connection hold a thread for 5 seconds, and one that
    sends its headers or body slowly for ever.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begun: dict[Any, float] = {}

    def accept(self, listener: Any) -> None:
        """Take a new connection and wait for its first byte in the poller."""
        try:
            client, address = listener.accept()
        except OSError as fault:
            if fault.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.timeout = time.monotonic() + FIRST_BYTE_SECONDS
        self.pending_conns.append(connection)
        self.poller.register(client, selectors.EVENT_READ, partial(self.on_pending_socket_readable, connection))

    def handle(self, conn: Any) -> Any:
        """Handle one request, in a thread."""
        self._begun[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._begun.pop(conn, None)

    def murder_pending(self) -> None:
        """Close what was silent or slow for too long; called once a second at least."""
        super().murder_pending()
        limit = time.monotonic() - REQUEST_SECONDS
        for connection, begun in list(self._begun.items()):
            if begun < limit:
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def _cap_keepalive(self, deadline: float) -> None:
        """Let neither kept nor silent connections hold up a worker that is stopping."""
        super()._cap_keepalive(deadline)
        for connection in self.pending_conns:
            connection.timeout = min(connection.timeout, deadline)


workers = int(os.environ.get("WEB_CONCURRENCY") or min(max(_cores(), 2), MAX_WORKERS))
worker_class = "assistant.serving.PatientWorker"
threads = 256
worker_connections = 1_000
preload_app = True  # workers share the table's memory, and one key when none is set
timeout = 30  # seconds without a sign of life
graceful_timeout = 20  # seconds that requests may take to end at a reload
keepalive = 75  # seconds: longer than a proxy keeps idle connections, so that it is the one to close
worker_tmp_dir = _shared_memory()
control_socket_disable = True
logger_class = "assistant.logs.GunicornLogger"
loglevel = "info"
errorlog = "-"
forwarded_allow_ips = ""  # ProxyFix decides, by the setting
limit_request_line = 4_094
limit_request_fields = 64
limit_request_field_size = 8_190


def nworkers_changed(server: Any, new_value: int, old_value: int | None) -> None:
    """Set the heap up, and a folder for the counts of all workers, before the application is loaded.

    gunicorn calls this first of all hooks; ``on_starting`` would be too late. Folders of
    servers that were killed are removed.
    """
    memory.share_one_heap()
    given = os.environ.get(COUNTS, "")
    if old_value is not None or (given and not _COUNTS_FOLDER.search(given)):
        return
    folder = Path(_shared_memory())
    for left in folder.glob("assistant-metrics-*"):
        found = _COUNTS_FOLDER.match(left.name)
        if found and not Path(f"/proc/{found[1]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    try:
        os.environ[COUNTS] = tempfile.mkdtemp(prefix=f"assistant-metrics-{os.getpid()}-", dir=folder)
    except OSError:
        os.environ.pop(COUNTS, None)  # each worker counts for itself


def on_reload(server: Any) -> None:
    """Let the application from before the reload be freed."""
    memory.release()


def pre_fork(server: Any, worker: Any) -> None:
    """Keep what all workers share from being copied into each."""
    memory.keep_shared()


def post_worker_init(worker: Any) -> None:
    """Follow edits of the knowledge files in the worker, since threads do not come along with a fork."""
    logs.guard_process()
    live = getattr(worker.wsgi, "extensions", {}).get("live")
    if live:
        live.follow()


def child_exit(server: Any, worker: Any) -> None:
    """Forget a dead worker's gauges; its counts stay."""
    if os.environ.get(COUNTS):
        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Remove the folder of the counts."""
    folder = os.environ.get(COUNTS, "")
    if f"assistant-metrics-{os.getpid()}-" in folder:
        shutil.rmtree(folder, ignore_errors=True)


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, make: Callable[[], Flask], options: dict[str, object]) -> None:
        self._make = make
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        here = vars(sys.modules[__name__])
        for name in [name for name in self.cfg.settings if name in here]:
            self.cfg.set(name, here[name])
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._make()


def serve(settings: Settings, host: str, port: int, workers: int | None = None) -> None:
    """Serve the application under gunicorn until a signal ends the process; prints the address when ready.

    Raises:
        SettingsError: the settings do not fit together.
        KnowledgeError: the knowledge folder cannot be used.
    """
    from assistant.app import create_app

    place = f"[{host}]" if ":" in host else host

    def when_ready(server: Any) -> None:
        print(f"The chat runs at http://{place}:{port}/ (stop it with Ctrl+C)", flush=True)

    options: dict[str, object] = {"bind": f"{place}:{port}", "when_ready": when_ready, "proc_name": "assistant"}
    if workers:
        options["workers"] = workers
    _Server(lambda: create_app(settings), options).run()
