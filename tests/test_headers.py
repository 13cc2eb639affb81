"""What every response carries."""

from __future__ import annotations

import pytest

PAGES = ["/", "/help", "/sources", "/sources/neuroplasticity-recovery", "/topics", "/privacy", "/about", "/offline"]


@pytest.mark.parametrize("path", [*PAGES, "/none"])
def test_pages_run_nothing_of_their_own_and_nothing_of_others(client, path):
    response = client.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "Set-Cookie" not in response.headers
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", [p for p in PAGES if p not in ("/help", "/offline")])
def test_pages_that_may_hold_words_are_not_stored(client, path):
    assert client.get(path).headers["Cache-Control"] == "no-store"
    assert client.post("/", data={"question": "hello"}).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/help", "/offline"])
def test_help_may_be_kept_for_when_there_is_no_network(client, path):
    assert client.get(path).headers["Cache-Control"] == "no-cache"


def test_static_files_are_kept_for_ever_under_their_fingerprint(client):
    page = client.get("/").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "?v=" in address
    assert "immutable" in client.get(address).headers["Cache-Control"]
    assert "immutable" not in client.get("/static/assistant.css").headers["Cache-Control"]


def test_the_old_icon_is_a_real_one(client):
    icon = client.get("/favicon.ico")
    assert icon.mimetype in ("image/x-icon", "image/vnd.microsoft.icon")
    assert icon.data[:4] == b"\0\0\1\0"


def test_the_style_sheet_is_small_and_asks_nobody(client):
    style = client.get("/static/assistant.css").data
    assert len(style) < 16_000
    assert b"url(" not in style
    assert b"@import" not in style


def test_robots_may_come(client):
    assert client.get("/robots.txt").text.startswith("User-agent")
