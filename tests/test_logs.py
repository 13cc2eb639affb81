"""The log's lines: enough to find a fault, and no visitor's word."""

from __future__ import annotations

import ast
import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import logs
from assistant.errors import KnowledgeError, Place, Problem
from tests.toy import toy

WORDS = "zyzzyva-lantern"
PACKAGE = Path(logs.__file__).parent


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged while the test runs."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.Lines())
    requests = logging.getLogger("assistant.requests")
    level = requests.level
    requests.setLevel(logging.NOTSET)  # a preview in the same process may have silenced them
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)
    requests.setLevel(level)


def last(stream: io.StringIO) -> dict[str, object]:
    return json.loads(stream.getvalue().splitlines()[-1])


def test_a_request_has_one_line_with_id_rule_and_status(lines: io.StringIO) -> None:
    response = toy().test_client().get("/")
    line = last(lines)

    assert line["message"] == "request"
    assert (line["method"], line["route"], line["status"]) == ("GET", "/", 200)
    assert line["request"] == response.headers["X-Request-ID"]
    assert isinstance(line["ms"], float)


def test_nothing_that_a_client_names_is_written(lines: io.StringIO) -> None:
    client = toy().test_client()
    headers = dict.fromkeys(
        ("User-Agent", "Referer", "X-Request-ID", "X-Forwarded-For", "Origin", "Cookie", "Accept"), WORDS
    )
    client.get(f"/{WORDS}?q={WORDS}", headers=headers)
    client.post("/api/ask", json={"question": WORDS}, headers=headers)
    client.post("/fault", data=WORDS)
    client.open("/", method=WORDS.upper().replace("-", ""))

    assert len(lines.getvalue().splitlines()) == 5
    assert "zyzzyva" not in lines.getvalue().lower()


def test_a_fault_has_its_type_and_places_and_no_text(lines: io.StringIO) -> None:
    toy().test_client().post("/fault", data=WORDS)
    (line,) = [json.loads(text) for text in lines.getvalue().splitlines() if '"fault"' in text]

    assert line["fault"] == "ValueError"
    assert line["rose"].startswith("tests/toy.py:")
    assert "zyzzyva" not in lines.getvalue()


def test_a_fault_of_ours_says_what_to_do(lines: io.StringIO) -> None:
    fault = KnowledgeError([Problem(Place("a.yaml", 3, 1), "locator 'x' names no place", "the section has 2")])
    logging.getLogger("assistant.x").error("not loaded", exc_info=fault)

    assert last(lines)["detail"] == "a.yaml:3:1: error: locator 'x' names no place (the section has 2)"


def test_arguments_are_written_by_type(lines: io.StringIO) -> None:
    logger = logging.getLogger("assistant.x")
    logger.warning("loaded %d of %s at %s", 3, WORDS, Place("a.yaml", 3, 1))

    assert last(lines)["message"] == "loaded 3 of … at a.yaml:3:1"


def test_unknown_texts_of_libraries_are_withheld(lines: io.StringIO) -> None:
    logging.getLogger("sqlalchemy.pool").error(f"bad value {WORDS}")
    assert str(last(lines)["message"]).startswith("withheld: test_logs:")

    logging.getLogger("gunicorn.error").error("Invalid request from ip=%s: %s", "10.0.0.1", WORDS)
    assert last(lines)["message"] == "Invalid request from ip=…: …"


def test_fields_that_are_not_allowed_are_left_out(lines: io.StringIO) -> None:
    logging.getLogger("assistant.x").error("x", extra={"utterance": WORDS, "kind": "answer"})

    assert last(lines)["kind"] == "answer"
    assert "zyzzyva" not in lines.getvalue()


def test_warnings_and_uncaught_exceptions_show_no_text(lines: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    logs.guard_process()
    logging.getLogger("py.warnings").warning("%s", WORDS)
    try:
        raise RuntimeError(WORDS)
    except RuntimeError as fault:
        sys.excepthook(type(fault), fault, fault.__traceback__)
    thread = threading.Thread(target=int, args=(WORDS,))
    thread.start()
    thread.join()

    assert '"RuntimeError"' in lines.getvalue()
    assert last(lines)["fault"] == "ValueError"
    assert "zyzzyva" not in lines.getvalue()


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_log_on_a_full_disk_stops_nothing_and_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    handler = logging.StreamHandler(FullDisk())
    handler.setFormatter(logs.Lines())
    logging.getLogger().addHandler(handler)
    try:
        assert toy().test_client().post("/fault", data=WORDS).status_code == 500
        assert toy().test_client().get("/").status_code == 200
    finally:
        logging.getLogger().removeHandler(handler)
    assert "zyzzyva" not in capsys.readouterr().err


def test_every_message_in_our_code_is_a_constant() -> None:
    """A message that is put together before it is logged could hold words."""
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_log = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"debug", "info", "warning", "error", "exception", "critical"}
                and ast.unparse(node.func.value).lower().endswith(("log", "logger", "_requests"))
            )
            if is_log and not (isinstance(node.args[0], ast.Constant)):  # type: ignore[attr-defined]
                wrong.append(f"{path.name}:{node.lineno}")  # type: ignore[attr-defined]
    assert wrong == []
