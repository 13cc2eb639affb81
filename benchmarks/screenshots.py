"""Take a picture of every page and state, in both themes, as telephone and desktop, into ``screenshots/``.

Run: python benchmarks/screenshots.py (needs Chromium at /usr/bin/chromium, or $CHROMIUM).
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from states import PAGES, sayings
from werkzeug.serving import make_server

from assistant.app import create_app
from assistant.settings import Settings, shipped

FOLDER = Path(__file__).parent.parent / "screenshots"
VIEWS = {"phone": (360, 740), "desktop": (1100, 800)}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    database = f"sqlite:///{tempfile.mkdtemp()}/pictures.sqlite3"
    app = create_app(Settings(knowledge=shipped("knowledge"), rate_limit="off", database_url=database))
    logging.disable(logging.ERROR)
    current = app.extensions["live"].current
    said = sayings(current.dialogue, current.knowledge)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for scheme in ("light", "dark"):
            for view, (width, height) in VIEWS.items():
                page = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme, service_workers="block"
                ).new_page()
                for name, path in PAGES.items():
                    page.goto(address + path)
                    page.screenshot(path=FOLDER / f"{name}-{view}-{scheme}.png", full_page="#" not in path)
                for name, utterances in said.items():
                    page.goto(f"{address}/?region=UK")
                    for words in utterances:
                        say(page, words)
                    picture = FOLDER / f"{name}-{view}-{scheme}.png"
                    page.screenshot(path=picture, full_page=True)
                page.goto(f"{address}/?region=UK")
                say(page, said["answer"][0])
                page.emulate_media(media="print")
                page.screenshot(path=FOLDER / f"print-{view}-{scheme}.png", full_page=True)
                page.emulate_media(media="screen")
                # right to left: the layout alone, with English words
                page.evaluate("document.documentElement.dir = 'rtl'")
                page.screenshot(path=FOLDER / f"right-to-left-{view}-{scheme}.png", full_page=True)
        browser.close()
    server.shutdown()
    sys.stdout.write(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.name}/\n")


def say(page: Page, words: str) -> None:
    """Send *words* as the form does without script, and wait for the page that comes back."""
    page.locator("#question").fill(words)
    with page.expect_navigation():
        page.evaluate("HTMLFormElement.prototype.submit.call(document.querySelector('[data-chat]'))")
    page.evaluate("scrollTo(0, 0)")  # so that the bar at the top is at the top of the picture


if __name__ == "__main__":
    main()
