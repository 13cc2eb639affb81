"""Which worker class: how long `/healthz` takes while 200 clients are silent or slow, and requests a second.

Runs the tests' tiny application under gunicorn with each class, all in one run, on
127.0.0.1. Warm-up: one second of requests; then the longest and the median wait of
100 requests beside 200 connections that are idle, or stop in their headers or body.

    python benchmarks/connections.py
"""

from __future__ import annotations

import http.client
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests import needs

SLOW = 200
ASKED = 100
GIVEN_UP = 3.0  # seconds
CLASSES = {
    "sync": ["-k", "sync", "--threads", "1"],  # with more, gunicorn takes gthread
    "gthread, 4 threads": ["-k", "gthread", "--threads", "4"],
    "gthread, 256 threads": ["-k", "gthread", "--threads", "256"],
    "ours, 256 threads": [],
}


def waits(site: needs.Site) -> list[float]:
    """Return the seconds of each of `ASKED` requests; gives up on all after three that got no answer."""
    found: list[float] = []
    while len(found) < ASKED and found[-3:] != [GIVEN_UP] * 3:
        began = time.monotonic()
        try:
            site.ask("/healthz", seconds=GIVEN_UP)
            found.append(time.monotonic() - began)
        except (OSError, http.client.HTTPException):
            found.append(GIVEN_UP)
    return found


def main() -> None:
    print(f"{'worker':24}{'silent or slow in':20}{'longest':>10}{'median':>10}   milliseconds")
    for name, options in CLASSES.items():
        for kind in ("idle", "headers", "body"):
            with needs.tiny_site(Path(tempfile.mkdtemp()), *options) as site:
                with needs.Load(site.port, clients=4):
                    time.sleep(1)
                sockets = needs.slow_connections(site.port, kind, SLOW)
                time.sleep(0.5)
                found = waits(site)
                for s in sockets:
                    s.close()
            shown = f"{max(found) * 1_000:10.0f}{statistics.median(found) * 1_000:10.1f}"
            print(f"{name:24}{kind:20}{'no answer' if GIVEN_UP in found else shown:>20}", flush=True)


if __name__ == "__main__":
    main()
