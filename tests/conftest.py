"""One application and one dialogue for the whole run: they are learnt once and hold no state."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from assistant.app import create_app
from assistant.dialogue import Dialogue
from assistant.settings import Settings, shipped

QUESTIONS = Path(__file__).parent / "questions"


@pytest.fixture(scope="session")
def app():
    return create_app(Settings(knowledge=shipped("knowledge"), secret_key="tests", rate_limit="off"))


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture(scope="session")
def dialogue(app) -> Dialogue:
    return app.extensions["live"].current.dialogue


@pytest.fixture(scope="session")
def chromium() -> str:
    path = "/usr/bin/chromium"
    if not os.path.exists(path):
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is needed under CI")
        pytest.skip("Chromium is not installed")
    return path


@pytest.fixture(scope="module")
def address(app):
    """The page, served; its address without a slash at the end."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    switches = (
        "no-sandbox",
        "disable-gpu",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
    )
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=[f"--{switch}" for switch in switches])
        yield opened
        opened.close()
