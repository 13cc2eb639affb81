"""Logs as JSON lines that cannot hold a visitor's words.

A record's text is written only as far as it stands in our own code: the message without
its arguments, except numbers, dates and places in files; of an exception, its type and
where it came from; of a request, its rule and not its path. Other libraries' texts are
written only when they stand in `KNOWN`.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import threading
import time
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from flask import Flask, Response, g, has_request_context, request
from gunicorn import glogging  # type: ignore[import-untyped]

from assistant.errors import AssistantError, Place, Problem
from assistant.settings import Settings

FIELDS = frozenset(
    {
        *("request", "method", "route", "status", "ms", "kind"),
        *("what", "fault", "version", "rows", "revision", "passages", "problems", "workers", "signal"),
    }
)
"""What a record may carry besides its message, each a value that this program chose."""

METHODS = frozenset(["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"])

KNOWN = frozenset(
    {
        "Autorestarting worker after current request.",
        "Booting worker with pid: %s",
        "Control socket server started at %s",
        "Error handling request %s",
        "Error while sending %s to worker (pid:%s) ",
        "Exception in worker process",
        "Handling signal: %s",
        "Hang up: %s",
        "Invalid request from ip=%s: %s",
        "Listening at: %s (%s)",
        "Rate limit storage recovered",
        "Rate limit storage unreachable - falling back to in-memory storage",
        "Reason: %s",
        "Shutting down: %s",
        "Socket error processing request.",
        "Starting gunicorn %s",
        "Using worker: %s",
        "WORKER TIMEOUT (pid:%s)",
        "Worker (pid:%s) exited with code %s",
        "Worker (pid:%s) was sent %s!",
        "Worker exiting (pid: %s)",
        "Worker failed to boot.",
        "Exception on %s [%s]",
    }
)
"""Texts of gunicorn, Flask and Flask-Limiter that help on call. Their arguments pass the same sieve."""

_PACKAGE = str(Path(__file__).parent)
_SAFE = (bool, int, float, date, Enum, Place, Problem, AssistantError)
"""Types of arguments that are written: none can hold a visitor's words."""

_requests = logging.getLogger("assistant.requests")


class Lines(logging.Formatter):
    """One JSON object a line; what is not allowed by name or type is left out."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            "pid": record.process,
        }
        if has_request_context() and "request_id" in g:
            line["request"] = g.request_id
        line |= {name: value for name, value in record.__dict__.items() if name in FIELDS}
        if record.exc_info and record.exc_info[0]:
            line |= _fault(*record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)


class GunicornLogger(glogging.Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own log in the same lines, and no access log: it would hold addresses."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(Lines())

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Write nothing; a request's line is written by the application."""


def configure(stream: TextIO | None = None) -> None:
    """Send every logger's records to *stream* (standard error) as `Lines`; may be called again."""
    logging.raiseExceptions = False  # a full disk must neither stop an answer nor print the record
    root = logging.getLogger()
    if not any(isinstance(handler.formatter, Lines) for handler in root.handlers):
        handler = logging.StreamHandler(stream or sys.stderr)
        handler.setFormatter(Lines())
        root.addHandler(handler)
    logging.getLogger("assistant").setLevel(logging.INFO)
    logging.captureWarnings(True)


def guard_process() -> None:
    """Write exceptions that nobody catches like all others, from here to this process's end."""
    sys.excepthook = _last_resort
    threading.excepthook = lambda found: _last_resort(
        found.exc_type, found.exc_value or found.exc_type(), found.exc_traceback
    )


def init_app(app: Flask, settings: Settings) -> None:
    """Give each request an id and a line: method, rule, status, milliseconds."""
    configure()
    app.logger.handlers.clear()
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.request_id = secrets.token_hex(8)  # never the visitor's own: it could hold words
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    _requests.info(
        "request",
        extra={
            "method": request.method if request.method in METHODS else "other",
            "route": request.url_rule.rule if request.url_rule else "none",
            "status": response.status_code,
            "ms": round((time.perf_counter() - g.began) * 1_000, 1),
        },
    )
    return response


def _message(record: logging.LogRecord) -> str:
    ours = record.name.split(".")[0] == "assistant"
    if not isinstance(record.msg, str) or not (ours or record.msg in KNOWN):
        return f"withheld: {record.module}:{record.lineno}"
    given = record.args if isinstance(record.args, tuple) else ()
    shown = tuple(value if isinstance(value, _SAFE) else "…" for value in given)
    try:
        return record.msg % shown if shown else record.msg
    except (TypeError, ValueError):
        return record.msg


def _fault(
    kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
) -> dict[str, object]:
    """The exception's type and where it rose, in our code and at the very end; only our own kinds explain."""
    places = []
    while trace:
        code = trace.tb_frame.f_code
        name = code.co_filename
        ours = name.startswith(_PACKAGE)
        short = Path(name).relative_to(_PACKAGE).as_posix() if ours else "/".join(Path(name).parts[-2:])
        places.append((ours, f"{short}:{trace.tb_lineno} {code.co_name}"))
        trace = trace.tb_next
    own = [place for ours, place in places if ours]
    line: dict[str, object] = {
        "fault": kind.__name__ if kind else "",
        "at": own[-1] if own else "",
        "rose": places[-1][1] if places else "",
    }
    if isinstance(fault, AssistantError):
        line["detail"] = str(fault)
    return line


def _last_resort(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        logging.getLogger("assistant").critical("not caught", exc_info=(kind, fault, trace))
