"""How heavy and how fast the page is: first view, script, slow networks, Lighthouse.

    python benchmarks/page.py [--runs 3] [--no-lighthouse]
    python benchmarks/page.py --quick      # for every change: a missed bar is looked at twice more, nothing is written
    python benchmarks/page.py --install    # only fetches Lighthouse, so that it is there later

Serves the shipped folder with `assistant serve` and looks at it with Chromium ($CHROMIUM, else /usr/bin/chromium).
Lighthouse comes from the npm registry, in a fixed version, into ``.cache``, which git ignores. It needs Node 18.16.
Prints a table, writes ``results/page.json``, and ends with 1 when a bar is missed.

The slow networks are Chromium's own throttling, of a connection that is not yet open, without a cache:
*slow 3G* is 400 kbit/s with 400 ms to an answer (WebPageTest's profile); *DevTools slow 3G* is the same with
2,000 ms to each answer, which no page with a style sheet in a file of its own can meet in 3 s: told, without a bar.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from report import keep, machine, said, table

ROOT = Path(__file__).parent.parent
LIGHTHOUSE = "12.8.2"
CACHE = ROOT / ".cache" / f"lighthouse-{LIGHTHOUSE}"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
NETWORKS = {"slow 3G": 400, "DevTools slow 3G": 2_000}
"""Milliseconds to the first byte of each answer; 400 kbit/s both ways."""

BYTES_A_SECOND = 50_000


@dataclass(frozen=True)
class Bar:
    """One figure: at most, or at least, so much; no bar where there is no limit."""

    name: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None

    @property
    def held(self) -> bool:
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    @property
    def row(self) -> list[str]:
        number = f"{self.value:,.2f}" if self.unit in ("s", "of 1") else f"{self.value:,.0f}"
        bar = f"≤ {self.most:,g}" if self.most is not None else f"≥ {self.least:g}" if self.least is not None else "–"
        held = "–" if bar == "–" else "yes" if self.held else "NO"
        return [self.name, f"{number} {self.unit}".strip(), bar, held]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="of Lighthouse and of the slow networks; the median counts")
    parser.add_argument("--no-lighthouse", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--install", action="store_true")
    options = parser.parse_args()
    if options.install:
        installed()
        return
    with served() as address:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
            bars = [*weight(browser, address)]
            for name, latency in NETWORKS.items():
                most = 3 if latency < 1_000 else None
                if most or not options.quick:
                    bars += looked_at(partial(slow, browser, address, name, latency, most), options.runs, options.quick)
            browser.close()
        if not options.no_lighthouse:
            bars += looked_at(partial(lighthouse, address), options.runs, options.quick)
    if options.quick:
        print(table(("the page", "found", "bar", "held"), [bar.row for bar in bars]))
        raise SystemExit(not all(bar.held for bar in bars))
    about = machine("playwright") | {"lighthouse": "" if options.no_lighthouse else LIGHTHOUSE, "runs": options.runs}
    text = table(("the page", "found", "bar", "held"), [bar.row for bar in bars])
    figures = [{"name": b.name, "value": b.value, "unit": b.unit, "held": b.held} for b in bars]
    keep("page", about | {"figures": figures}, f"{text}\n\n{said(about)} Lighthouse {LIGHTHOUSE}.")
    if not all(bar.held for bar in bars):
        raise SystemExit(1)


def looked_at(find: Callable[[int], list[Bar]], runs: int, quick: bool) -> list[Bar]:
    """Return what *find* finds in so many runs; a *quick* look is one run, and all of them where it misses a bar."""
    bars = find(1 if quick else runs)
    return find(runs) if quick and not all(bar.held for bar in bars) else bars


@contextmanager
def served() -> Iterator[str]:
    """Serve the shipped folder as its command line does; yields the address."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "assistant", "serve", "--port", str(port)]
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "ASSISTANT_RATE_LIMIT": "off"}
        with open(Path(folder) / "log", "wb") as log:
            server = subprocess.Popen(
                command, cwd=folder, env=environ, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
            try:
                address = f"http://127.0.0.1:{port}"
                wait(f"{address}/healthz")
                yield address
            finally:
                os.killpg(server.pid, signal.SIGTERM)
                server.wait(20)


def wait(address: str, seconds: float = 300) -> None:
    """Wait until *address* answers: the first start learns from the knowledge files."""
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def weight(browser: Browser, address: str) -> Iterator[Bar]:
    """Load the first view with nothing kept, then ask, and count what went over the wire."""
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    asked: list[str] = []
    received: list[float] = []
    network.on("Network.requestWillBeSent", lambda e: asked.append(e["request"]["url"]))
    network.on("Network.loadingFinished", lambda e: received.append(e["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    scripts = page.locator("script[src]").evaluate_all("(all) => all.map((e) => e.src)")
    yield Bar("first view, transferred", sum(received), "bytes", most=50_000)
    yield Bar("first view, requests", len(asked), "", most=6)
    packed = sum(len(gzip.compress(urllib.request.urlopen(s).read(), mtime=0)) for s in scripts)
    yield Bar("script, gzipped", packed, "bytes", most=15_000)
    received.clear()
    page.locator("#question").fill("What is functional plasticity?")
    page.locator("#question").press("Enter")
    page.locator("#latest .chip").wait_for()
    page.wait_for_timeout(500)
    yield Bar("an answer, transferred", sum(received), "bytes")
    later = ("/sw.js", "/offline?lang=en")
    kept = sum(len(urllib.request.urlopen(address + path).read()) for path in later)
    yield Bar("later, in the background, for no network", kept, "bytes")
    yield Bar("requests to other sites", sum(not url.startswith(address) for url in asked), "", most=0)
    context.close()


def slow(browser: Browser, address: str, name: str, latency: int, most: float | None, runs: int) -> list[Bar]:
    """Return the median of the seconds until the page is usable on a slow network."""
    seconds = statistics.median(usable(browser, address, latency) for _ in range(runs))
    return [Bar(f"usable on {name}", seconds, "s", most=most)]


def usable(browser: Browser, address: str, latency: int) -> float:
    """Return the seconds until the page is painted and its box takes what is typed, its script included."""
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    conditions = {"offline": False, "latency": latency}
    conditions |= {"downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND}
    network.send("Network.emulateNetworkConditions", conditions)
    began = time.monotonic()
    page.goto(address, wait_until="domcontentloaded")  # after the script, which is deferred
    page.locator("#question").fill("a")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    seconds = time.monotonic() - began
    context.close()
    return seconds


def installed() -> Path:
    """Return Lighthouse's program; fetches it where it is not there."""
    program = CACHE / "node_modules" / ".bin" / "lighthouse"
    if not program.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(CACHE)]
        subprocess.run([*command, f"lighthouse@{LIGHTHOUSE}"], check=True, stdout=subprocess.DEVNULL)
    return program


def lighthouse(address: str, runs: int) -> list[Bar]:
    """Return Lighthouse's four scores for a telephone, the median of each; and the times behind the first."""
    program = installed()
    found: list[dict[str, Any]] = []
    for _ in range(runs):
        flags = "--chrome-flags=" + " ".join(("--headless=new", *SWITCHES))
        result = subprocess.run(
            [str(program), address, "--quiet", flags, "--output=json", "--output-path=stdout"],
            check=True,
            capture_output=True,
            env={**os.environ, "CHROME_PATH": CHROMIUM},
        )
        found.append(json.loads(result.stdout))
    bars = []
    for category, least in (("performance", 0.98), ("accessibility", 1.0), ("best-practices", 1.0), ("seo", 1.0)):
        score = statistics.median(run["categories"][category]["score"] for run in found)
        bars.append(Bar(f"Lighthouse, {category.replace('-', ' ')}", score, "of 1", least=least))
        short = {
            audit["title"]
            for run in found
            for ref in run["categories"][category]["auditRefs"]
            if ref["weight"]
            and ((audit := run["audits"][ref["id"]])["score"] or 0) < (0.9 if least < 1 else 1)
            and audit["scoreDisplayMode"] not in ("notApplicable", "manual", "informative")
        }
        for title in sorted(short):
            print(f"Lighthouse, {category}: {title}", flush=True)
    for audit, unit in (("largest-contentful-paint", 1_000), ("total-blocking-time", 1_000)):
        value = statistics.median(run["audits"][audit]["numericValue"] for run in found)
        bars.append(Bar(f"Lighthouse, {audit.replace('-', ' ')}", value / unit, "s"))
    return bars


if __name__ == "__main__":
    main()
