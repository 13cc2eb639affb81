"""What Prometheus reads: counts and times by names of ours."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families

from assistant import metrics
from assistant.storage import Outcome
from tests.toy import DANGER, toy

WORDS = "zyzzyva-lantern"


def read(app: object) -> dict[str, float]:
    text = app.extensions["assistant.metrics"].expose(metrics.State(passages=3, problems=1)).decode()  # type: ignore[attr-defined]
    return {
        sample.name + "".join(f"|{value}" for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_and_replies_are_counted() -> None:
    app = toy()
    client = app.test_client()
    for words in ("why", "how", DANGER):
        client.post("/api/ask", json={"question": words})
    client.get("/nowhere")
    found = read(app)

    assert found["assistant_requests_total|POST|/api/ask|200"] == 3
    assert found["assistant_requests_total|GET|none|404"] == 1
    assert found["assistant_replies_total|answer"] == 2
    assert found["assistant_replies_total|crisis"] == 1
    assert found["assistant_request_seconds_count|/api/ask"] == 3
    assert found["assistant_knowledge_passages"] == 3
    assert found["assistant_knowledge_problems"] == 1


def test_refusals_faults_saves_and_reloads_are_counted() -> None:
    app = toy(rate_limit="1 per minute")
    client = app.test_client()
    client.post("/api/ask", json={})
    client.post("/api/ask", json={})
    client.post("/fault", data="x")
    with app.test_request_context():
        metrics.saved("feedback", Outcome.NOT_SAVED)
        metrics.current().loaded(False)
    found = read(app)

    assert found["assistant_limited_total"] == 1
    assert found["assistant_faults_total|ValueError"] == 1
    assert found["assistant_saves_total|not saved|feedback"] == 1
    assert found["assistant_reloads_total|refused"] == 1


def test_no_word_becomes_a_label() -> None:
    app = toy()
    client = app.test_client()
    client.get(f"/{WORDS}?q={WORDS}", headers={"User-Agent": WORDS})
    client.post("/fault", data=WORDS)
    client.open("/", method="ZYZZYVA")
    text = app.extensions["assistant.metrics"].expose().decode()

    assert not re.search("zyzzyva", text, re.IGNORECASE)


def test_two_applications_count_apart() -> None:
    one, two = toy(), toy()
    one.test_client().get("/")

    assert "assistant_requests_total|GET|/|200" not in read(two)
