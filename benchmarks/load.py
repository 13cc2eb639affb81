"""Requests a second and 99th percentile: `POST /api/ask` beside a bare Flask JSON route under the same server.

    python benchmarks/load.py [--seconds 10] [--runs 3] [--json FILE]

All in one run, on 127.0.0.1: gunicorn as `assistant serve` sets it up, with one worker, with
two, and two instances of two workers behind nginx. `wrk` keeps 32 connections busy with the development
questions in turn, no rate limit. Each figure is the median of the runs, after a warm-up of
3 seconds; the two applications take turns, so that a busy moment of the machine hits both.
Client and server share the machine's cores, so the shares say more than the numbers.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests import needs

CONNECTIONS = 32
WARM_UP = 3  # seconds
QUESTIONS = needs.REPOSITORY / "tests/questions"
BARE = """
from flask import Flask, request

application = Flask("bare")


@application.post("/api/ask")
def ask():
    return {"question": request.get_json()["question"]}


@application.get("/healthz")
def healthz():
    return "ok"
"""

LUA = """
local bodies, n = {}, 0
for line in io.lines("%s") do bodies[#bodies + 1] = line end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
function request()
    n = n %% #bodies + 1
    return wrk.format(nil, nil, nil, bodies[n])
end
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("FOUND %%f %%f %%f %%d\\n", summary.requests / summary.duration * 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True)
class Figure:
    """Requests a second, and milliseconds that half and 99 % of them took at most; medians of the runs."""

    server: str
    application: str
    requests: float
    median: float
    p99: float
    errors: int
    lowest: float
    highest: float


def questions() -> list[str]:
    """Return the bodies of the development questions, one turn each."""
    found = []
    for path in sorted(QUESTIONS.glob("*.jsonl")):
        for line in filter(str.strip, path.read_text("utf-8").splitlines()):
            row = json.loads(line)
            found += [turn["question"] for turn in row.get("turns", [row])]
    return [json.dumps({"question": question}) for question in found]


def wrk(port: int, script: Path, seconds: int) -> tuple[float, float, float, int]:
    command = [needs.program("wrk", "wrk"), "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s"]
    command += ["-s", str(script), f"http://127.0.0.1:{port}/api/ask"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
    found = re.search(r"FOUND (\S+) (\S+) (\S+) (\d+)", output)
    assert found, output
    return float(found[1]), float(found[2]), float(found[3]), int(found[4])


def gunicorn(folder: Path, application: str, workers: int) -> contextlib.AbstractContextManager[needs.Site]:
    """Serve *application* under gunicorn as this program sets it up."""
    port = needs.free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "python:assistant.serving", "-b", f"127.0.0.1:{port}"]
    environ = {
        "ASSISTANT_RATE_LIMIT": "off",
        "ASSISTANT_SECRET_KEY": "one secret for all instances of this benchmark",
        "PYTHONPATH": f"{folder}:{needs.REPOSITORY}",
    }
    return needs.site(folder, [*command, "-w", str(workers), application], port, **environ)


@contextlib.contextmanager
def behind_nginx(folder: Path, application: str) -> Iterator[int]:
    """Serve two instances of two workers behind nginx; yields its port."""
    with (
        gunicorn(folder, application, 2) as one,
        gunicorn(folder, application, 2) as two,
        needs.nginx(folder, one.port, two.port) as (port, _),
    ):
        yield port


APPLICATIONS = {"bare route": "bare:application", "assistant": "assistant.app:create_app()"}


def measure(server: str, ports: dict[str, int], script: Path, runs: int, seconds: int) -> list[Figure]:
    """Measure both applications in turns."""
    found: dict[str, list[tuple[float, float, float, int]]] = {name: [] for name in ports}
    for port in ports.values():
        wrk(port, script, WARM_UP)
    for _ in range(runs):
        for name, port in ports.items():
            found[name].append(wrk(port, script, seconds))
    figures = []
    for name, rows in found.items():
        rates, medians, tails, errors = zip(*rows, strict=True)
        middle = statistics.median
        figure = Figure(
            server, name, middle(rates), middle(medians), middle(tails), sum(errors), min(rates), max(rates)
        )
        figures.append(figure)
        print(
            f"{server:28}{name:12}{figure.requests:9.0f}{figure.lowest:9.0f}{figure.highest:9.0f}"
            f"{figure.median:10.1f}{figure.p99:10.1f}{figure.errors:8}",
            flush=True,
        )
    print(f"{'':28}share of the bare route: {figures[1].requests / figures[0].requests:.0%}", flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    given = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(f"{cores} cores, Python {platform.python_version()}, load before {os.getloadavg()[0]:.1f}")
    print(f"{CONNECTIONS} connections, {given.runs} runs of {given.seconds} s; milliseconds of all requests\n")
    print(f"{'server':28}{'':12}{'req/s':>9}{'lowest':>9}{'highest':>9}{'median':>10}{'p99':>10}{'errors':>8}")
    figures = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bare.py").write_text(BARE)
        (folder / "bodies").write_text("\n".join(questions()) + "\n")
        script = folder / "ask.lua"
        script.write_text(LUA % (folder / "bodies"))
        for server, workers in (("one worker", 1), ("two workers", 2)):
            with contextlib.ExitStack() as stack:
                ports = {n: stack.enter_context(gunicorn(folder, a, workers)).port for n, a in APPLICATIONS.items()}
                figures += measure(server, ports, script, given.runs, given.seconds)
        with contextlib.ExitStack() as stack:
            ports = {}
            for application_name, application in APPLICATIONS.items():
                home = folder / application_name.replace(" ", "-")
                home.mkdir()
                (home / "bare.py").write_text(BARE)
                ports[application_name] = stack.enter_context(behind_nginx(home, application))
            figures += measure("nginx, two instances of two", ports, script, given.runs, given.seconds)
    if given.json:
        about = {"cores": cores, "python": platform.python_version(), "load_before": os.getloadavg()[0]}
        given.json.write_text(json.dumps(about | {"figures": [asdict(figure) for figure in figures]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
