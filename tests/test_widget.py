"""The chat on another site's page: opened by a button, left by Escape, and only where the settings list the site."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from assistant.app import create_app
from assistant.settings import Settings, shipped
from tests.needs import until

HOST_PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>A clinic</title></head>
<body><main><h1>A clinic</h1><p><a href="/other">Another page</a></p></main>
<script src="{chat}/widget.js" data-region="UK" {more} defer></script></body></html>"""


@contextmanager
def served(application) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.port
    server.shutdown()


class Site:
    """Another site, with one page that has the script line; it allows no style and no script of its own in line."""

    def __init__(self) -> None:
        self.chat, self.language, self.more = "", "en", ""

    def __call__(self, environ, start_response):
        Request(environ)
        page = Response(HOST_PAGE.format(chat=self.chat, language=self.language, more=self.more), mimetype="text/html")
        page.headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src {self.chat}; frame-src {self.chat}; style-src 'self'"
        )
        return page(environ, start_response)


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """The chat's address, a site that it lists and one that it does not, under other names than the chat's."""
    site = Site()
    folder = tmp_path_factory.mktemp("widget")
    with served(site) as listed, served(site) as other:
        settings = Settings(
            knowledge=shipped("knowledge"),
            secret_key="tests",
            rate_limit="off",
            database_url=f"sqlite:///{folder}/kept.sqlite3",
            frame_ancestors=(f"http://localhost:{listed}",),
        )
        with served(create_app(settings)) as chat:
            site.chat = f"http://127.0.0.1:{chat}"
            yield site, f"http://localhost:{listed}", f"http://localhost:{other}"


@pytest.fixture
def page(browser):
    context = browser.new_context()
    opened = context.new_page()
    opened.faults = []
    opened.on("console", lambda m: opened.faults.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda e: opened.faults.append(str(e)))
    yield opened
    context.close()


def opened(page, address):
    page.goto(address)
    page.get_by_role("button", name="Ask about the brain").click()
    frame = page.frame_locator("iframe")
    frame.locator("#question").wait_for()
    return frame


def test_a_visitor_asks_in_the_frame(page, sites):
    _, listed, _ = sites
    frame = opened(page, listed)
    assert page.locator("iframe").get_attribute("title") == "Questions about the brain"
    assert page.get_by_role("dialog", name="Questions about the brain").is_visible()
    frame.locator("#question").fill("What is structural plasticity?")
    frame.locator("#question").press("Enter")
    frame.locator("#latest .chip").wait_for()
    assert page.context.cookies() == []
    assert page.faults == [] or all("favicon" in fault for fault in page.faults)


def test_escape_closes_from_inside_and_outside_and_focus_returns(page, sites):
    _, listed, _ = sites
    frame = opened(page, listed)
    focused = "document.activeElement.shadowRoot?.activeElement?.className"
    frame.locator("#question").press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    assert page.evaluate(focused) == "open"
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.get_by_role("button", name="Close").press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    assert page.evaluate(focused) == "open"


def test_focus_moves_into_the_chat_and_is_not_trapped(page, sites):
    _, listed, _ = sites
    opened(page, listed)
    chat = page.frames[1]
    until(lambda: chat.evaluate("document.hasFocus() && document.activeElement.id") == "question", "focus in the box")
    for _ in range(10):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.shadowRoot?.activeElement?.textContent") == "Close":
            break
    else:
        pytest.fail("no way out of the frame by keys")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for(state="hidden")


def test_what_was_said_is_still_there_when_it_is_opened_again(page, sites):
    _, listed, _ = sites
    frame = opened(page, listed)
    frame.locator("#question").fill("hello")
    frame.locator("#question").press("Enter")
    frame.locator("#latest").wait_for()
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Ask about the brain").click()
    assert frame.locator("section.turn").count() == 1


@pytest.mark.parametrize("way", ["button", "keys"])
def test_exit_in_the_frame_leaves_the_whole_page(page, sites, way):
    _, listed, _ = sites
    page.route("https://www.bbc.com/**", lambda route: route.fulfill(body="weather", content_type="text/html"))
    frame = opened(page, listed)
    if way == "button":
        frame.locator(".leave").click()
    else:
        for _ in range(3):
            frame.locator("#question").press("Shift")
    page.wait_for_url("https://www.bbc.com/weather")


def test_a_site_that_is_not_listed_gets_a_link_and_no_frame(page, sites):
    _, _, other = sites
    page.goto(other)
    page.get_by_role("button", name="Ask about the brain").click()
    link = page.get_by_role("link", name="Open it in a new tab")
    link.wait_for()
    assert link.get_attribute("href").startswith(sites[0].chat)
    assert page.locator("iframe").count() == 0
    assert any("frame-ancestors" in fault for fault in page.faults)


def test_strangers_words_are_ignored(page, sites):
    _, listed, _ = sites
    opened(page, listed)
    page.evaluate("""() => {
        for (const word of ["assistant:close", "assistant:leave", {}, null, "x"]) window.postMessage(word, "*");
    }""")
    page.evaluate("""() => {
        const source = document.querySelector("aside").shadowRoot.querySelector("iframe").contentWindow, origin = "http://x";
        window.dispatchEvent(new MessageEvent("message", { data: "assistant:leave", origin, source }));
        window.dispatchEvent(new MessageEvent("message", { data: "assistant:leaving", origin: location.origin, source }));
    }""")
    page.wait_for_timeout(300)
    assert page.get_by_role("dialog").is_visible()
    assert page.url.startswith(listed)


def test_the_page_around_it_tells_language_and_label(page, sites):
    site, listed, _ = sites
    site.language, site.more = "es", 'data-language="es" data-label="Pregunta <b>aquí</b>"'
    try:
        page.goto(listed)
        page.get_by_role("button", name="Pregunta <b>aquí</b>").click()
        frame = page.frame_locator("iframe")
        frame.locator("#question").wait_for()
        assert frame.locator("html").get_attribute("lang") == "es"
        assert frame.locator("#region").input_value() == "UK"
    finally:
        site.language, site.more = "en", ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_with_the_dialog_open(browser, sites, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_context(bypass_csp=True, color_scheme=scheme).new_page()
    opened(page, sites[1])
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_script_is_small_and_may_be_loaded_by_other_sites(client):
    response = client.get("/widget.js")
    assert len(response.data) < 6_000
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    assert "GIVEN = {}" not in response.text
