"""Counts for Prometheus, over all workers of this machine. Labels are names that this program chose.

gunicorn's workers share them through files in `PROMETHEUS_MULTIPROC_DIR`, which
`assistant.serving` makes; without it a process counts for itself.
"""

from __future__ import annotations

import os
import time

from flask import Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from assistant.logs import METHODS
from assistant.settings import Settings
from assistant.storage import Outcome

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Borders of the latency's classes: from a static file to a database that gives up."""

_NAME = "assistant.metrics"


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]  # the folder may be newly named
        self._own = CollectorRegistry()

        def counter(name: str, help: str, *labels: str) -> Counter:
            return Counter(f"assistant_{name}", help, labels, registry=self._own)

        self.requests = counter("requests", "Requests by rule, method and status", "route", "method", "status")
        self.replies = counter("replies", "Replies by kind", "kind")
        self.limited = counter("limited", "Requests refused by the rate limit")
        self.faults = counter("faults", "Exceptions by type; each is in the log", "fault")
        self.saves = counter("saves", "Feedback and sent questions, saved or not", "what", "outcome")
        self.reloads = counter("reloads", "Attempts to load changed knowledge, by worker and result", "result")
        self.seconds = Histogram(
            "assistant_request_seconds", "Time to answer, by rule", ["route"], registry=self._own, buckets=SECONDS
        )

    def expose(self, *collectors: Collector) -> bytes:
        """Return all counts, and what *collectors* add, in Prometheus's text format."""
        registry = self._own
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        text: bytes = generate_latest(registry)
        for collector in collectors:
            text += generate_latest(_Only(collector))
        return text

    def loaded(self, well: bool) -> None:
        """Count one attempt to load changed knowledge."""
        self.reloads.labels("loaded" if well else "refused").inc()


class State(Collector):
    """What this worker sees of the knowledge at this moment."""

    def __init__(self, *, passages: int, problems: int) -> None:
        self._values = {
            "assistant_knowledge_passages": ("Passages in use", passages),
            "assistant_knowledge_problems": ("Problems of the last attempt to load; above 0 is degraded", problems),
        }

    def collect(self) -> list[GaugeMetricFamily]:
        return [GaugeMetricFamily(name, help, value=value) for name, (help, value) in self._values.items()]


class _Only:
    def __init__(self, collector: Collector) -> None:
        self.collect = collector.collect


def init_app(app: Flask, settings: Settings) -> Metrics:
    """Count every request of *app*, and return the counters for what happens between requests."""
    metrics = app.extensions[_NAME] = Metrics()
    app.before_request(_begin)
    app.after_request(_end)
    return metrics


def current() -> Metrics:
    """Return the counters of the application that handles this request."""
    metrics: Metrics = current_app.extensions[_NAME]
    return metrics


def replied(kind: str) -> None:
    """Count one reply of *kind*, one of the contract's names."""
    current().replies.labels(kind).inc()


def saved(what: str, outcome: Outcome) -> None:
    """Count one try to save ``feedback`` or a ``question``."""
    current().saves.labels(what, outcome.value).inc()


def failed(fault: BaseException) -> None:
    """Count one exception that a page had to hide."""
    current().faults.labels(type(fault).__name__).inc()


def _begin() -> None:
    g.metrics_began = time.perf_counter()


def _end(response: Response) -> Response:
    metrics = current()
    route = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in METHODS else "other"
    metrics.requests.labels(route, method, response.status_code).inc()
    metrics.seconds.labels(route).observe(time.perf_counter() - g.metrics_began)
    if response.status_code == 429:
        metrics.limited.inc()
    return response
