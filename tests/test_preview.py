"""The preview: the served pages with the reasons beside them, for this machine alone, following every save."""

from __future__ import annotations

import html
import os
import re
import threading
import time

import pytest
from werkzeug.serving import make_server

from assistant.preview import create_preview, serve
from assistant.settings import Settings
from tests.folders import change, whole

AT_HOME = {"base_url": "http://127.0.0.1:8001"}


@pytest.fixture
def folder(tmp_path):
    return whole(tmp_path / "knowledge")


@pytest.fixture
def preview(folder):
    return create_preview(Settings(knowledge=folder, secret_key="tests"))


@pytest.fixture
def client(preview):
    return preview.test_client()


def panel(client) -> str:
    """Return the panel's words when its look for problems is over."""
    for _ in range(200):
        answer = client.get("/preview/panel", **AT_HOME)
        assert answer.status_code == 200
        text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))).split())
        if "Checking" not in text:
            return text
        time.sleep(0.05)
    pytest.fail("the check does not end")


def asked(client, question: str) -> str:
    client.post("/", data={"question": question}, **AT_HOME)
    return panel(client)


def soon(true, seconds: float = 8.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_each_whole_page_has_the_panel_and_all_else_is_as_it_is_served(client):
    for path in ("/", "/sources", "/help", "/about"):
        page = client.get(path, **AT_HOME).get_data(as_text=True)
        assert page.count("data-preview=") == 1, path
    assert "data-preview" not in client.get("/openapi.json", **AT_HOME).get_data(as_text=True)


def test_the_panel_tells_how_the_last_answer_came_about(client):
    assert "Ask something" in panel(client)
    told = asked(client, "can I nap in the afternoon")
    for words in (
        "Asked can I nap in the afternoon",
        "Reply answer",
        "Matched phrasing can I nap in the afternoon",
        "answers from 0.",
        "Crisis screen no danger",
        "Clinical screen not for a professional",
        "Why not the runner-up",
        "The best five",
        "Speaks for: ",
        "Signals",
    ):
        assert words in told, words
    assert told.count("passage naps") == 1


def test_the_words_that_triggered_a_screen_are_told(client):
    assert "Crisis screen danger, suicide_explicit: 'kill myself'" in asked(client, "I want to kill myself")


def test_the_panel_tells_what_check_finds(client, folder):
    assert "passages/naps.yaml" not in panel(client)
    told = panel(client)
    assert "no passage tells of 'introduction/1'" in told
    assert f"{folder}/" not in told


@pytest.mark.parametrize("address", ["10.0.0.7", "192.168.1.2", "2001:db8::1"])
def test_another_machine_is_refused(client, address):
    for path in ("/", "/preview/panel", "/preview/state", "/api/ask"):
        assert client.get(path, environ_overrides={"REMOTE_ADDR": address}, **AT_HOME).status_code == 403


@pytest.mark.parametrize("name", ["example.org", "example.org:8001", "127.0.0.1.example.org:8001"])
def test_another_sites_name_for_this_machine_is_refused(client, name):
    assert client.get("/", headers={"Host": name}).status_code == 403


@pytest.mark.parametrize("name", ["127.0.0.1:8001", "localhost:8001", "[::1]:8001"])
def test_this_machines_own_names_are_answered(client, name):
    assert client.get("/", headers={"Host": name}).status_code == 200


def test_it_listens_on_loopback_and_says_where(folder, monkeypatch):
    opened = {}

    def stopped(host, port, *_, **__):
        opened.update(host=host, port=port)
        return type(
            "Server", (), {"server_port": port, "serve_forever": interrupted, "server_close": lambda self: None}
        )()

    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr("assistant.preview.make_server", stopped)
    told = []
    serve(Settings(knowledge=folder, secret_key="tests"), 8123, told.append)
    assert opened == {"host": "127.0.0.1", "port": 8123}
    assert told == ["http://127.0.0.1:8123/"]


def test_a_save_changes_what_is_told_and_a_broken_one_is_told_with_its_line(client, folder):
    asked(client, "can I nap in the afternoon")
    version = client.get("/preview/state", **AT_HOME).get_json()["version"]
    change(folder / "passages/naps.yaml", "title: Naps", "titel: Naps")
    soon(lambda: client.get("/preview/state", **AT_HOME).get_json()["version"] != version)
    told = panel(client)
    assert "passages/naps.yaml:2:1 unknown name 'titel' did you mean 'title'?" in told
    assert "The last save was refused" in told
    assert "Reply answer" in told
    change(folder / "passages/naps.yaml", "titel: Naps", "title: Naps")
    soon(lambda: "refused" not in panel(client))


def test_nothing_that_is_asked_is_kept(preview, folder, tmp_path):
    client = preview.test_client()
    asked(client, "is a nap of canary length fine")
    kept = [p for p in tmp_path.rglob("*") if p.is_file() and b"canary length" in p.read_bytes()]
    assert kept == []


def test_the_page_shows_itself_anew_after_a_save(preview, folder, chromium):
    from playwright.sync_api import sync_playwright

    server = make_server("127.0.0.1", 0, preview, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            page = playwright.chromium.launch(executable_path=chromium, args=arguments).new_page(
                viewport={"width": 1280, "height": 900}
            )
            faults: list[str] = []
            page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
            page.goto(f"http://127.0.0.1:{server.port}/")
            page.get_by_label("Your question").fill("can I nap in the afternoon")
            page.keyboard.press("Enter")
            page.locator('.preview dt:text-is("Matched phrasing") + dd', has_text="can I nap").wait_for()
            page.locator(".preview", has_text="To look at: ").wait_for()
            if picture := os.environ.get("PICTURE"):
                page.screenshot(path=picture)
            change(folder / "passages/naps.yaml", "A short nap can freshen you up.", "A nap of a few minutes is fine.")
            page.locator("#latest", has_text="A nap of a few minutes is fine.").wait_for(timeout=10_000)
            change(folder / "passages/naps.yaml", "title: Naps", "titel: Naps")
            page.locator(".preview", has_text="unknown name 'titel'").wait_for(timeout=10_000)
            page.locator("#latest", has_text="A nap of a few minutes is fine.").wait_for(timeout=10_000)
            if picture := os.environ.get("PICTURE"):
                page.screenshot(path=f"{picture}.refused.png")
            assert faults == []
    finally:
        server.shutdown()
