"""One application and one dialogue for the whole run: they are learnt once and hold no state."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
