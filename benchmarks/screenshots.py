"""Take a picture of every page and state, in both themes, as telephone and desktop, into ``screenshots/``.

Run: python benchmarks/screenshots.py (needs Chromium at /usr/bin/chromium, or $CHROMIUM).
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from assistant.app import create_app
from assistant.settings import Settings, shipped

FOLDER = Path(__file__).parent.parent / "screenshots"
PAGES = {
    "empty": "/?region=UK",
    "spanish": "/?lang=es&region=US",
    "help": "/help",
    "offline": "/offline",
    "sources": "/sources",
    "source-marked": "/sources/neuroplasticity-recovery#types-1",
    "topics": "/topics",
    "privacy": "/privacy",
    "about": "/about",
    "error": "/none",
}
STATES = {
    "answer": ["What are the two types of neuroplasticity?"],
    "two-passages": ["What is CBT, and can people grow after trauma?"],
    "does-not-say": ["How long does it take?"],
    "did-you-mean": ["brain stuff with old and new"],
    "clinical": ["Should I stop taking my sertraline?"],
    "crisis": ["i want to die"],
    "crisis-later": ["i want to die", "What is structural plasticity?"],
    "abuse": ["my husband hits me"],
    "small-talk": ["hello"],
    "nothing-typed": [""],
}
VIEWS = {"phone": (360, 740), "desktop": (1100, 800)}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    database = f"sqlite:///{tempfile.mkdtemp()}/pictures.sqlite3"
    app = create_app(Settings(knowledge=shipped("knowledge"), rate_limit="off", database_url=database))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for scheme in ("light", "dark"):
            for view, (width, height) in VIEWS.items():
                # without script, so that a page is a page
                page = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=False
                ).new_page()
                for name, path in PAGES.items():
                    page.goto(address + path)
                    page.screenshot(path=FOLDER / f"{name}-{view}-{scheme}.png", full_page="#" not in path)
                for name, said in STATES.items():
                    page.goto(f"{address}/?region=UK")
                    for words in said:
                        page.locator("#question").fill(words)
                        page.locator(".send").click()
                        page.wait_for_url("**/#latest")
                    page.screenshot(path=FOLDER / f"{name}-{view}-{scheme}.png", full_page=True)
                page.emulate_media(media="print")
                page.screenshot(path=FOLDER / f"print-{view}-{scheme}.png", full_page=True)
        browser.close()
    server.shutdown()
    sys.stdout.write(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.name}/\n")


if __name__ == "__main__":
    main()
