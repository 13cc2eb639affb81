"""Without a network: one page with help lines, and nothing that anybody typed."""

from __future__ import annotations

import json
import re

import pytest

SAID = "zebra canary words about my brain"


@pytest.fixture
def page(browser):
    context = browser.new_context()
    yield context.new_page()
    context.close()


def ready(page, address):
    page.goto(address)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")


def kept(page):
    """Return the addresses and texts of all that the browser keeps in caches."""
    return page.evaluate("""async () => {
        const found = [];
        for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) {
                found.push([new URL(request.url).pathname, await (await cache.match(request)).text()]);
            }
        }
        return found;
    }""")


def test_without_a_network_the_page_with_help_lines_comes(page, address):
    ready(page, address)
    page.context.set_offline(True)
    page.goto(f"{address}/topics")
    assert page.locator("h1").inner_text() == "You are offline"
    assert page.locator("a[href='tel:116123']").count() > 0
    assert page.evaluate("getComputedStyle(document.querySelector('.leave')).minHeight") == "44px"


def test_without_a_network_typed_words_stay_in_the_box(page, address):
    ready(page, address)
    page.context.set_offline(True)
    page.locator("#question").fill(SAID)
    page.locator("#question").press("Enter")
    page.get_by_text("That did not work.").wait_for()
    assert page.locator("#question").input_value() == SAID
    assert page.locator(".foot .urgent").is_visible()


def test_no_word_is_ever_kept(page, address):
    ready(page, address)
    page.locator("#question").fill(SAID)
    page.locator("#question").press("Enter")
    page.locator("#latest").wait_for()
    page.goto(f"{address}/topics")
    found = kept(page)
    assert sorted(path for path, _ in found) == ["/offline", "/static/assistant.css", "/static/icon.svg"]
    assert not any("canary" in text for _, text in found)


def test_the_page_is_kept_in_the_language_that_was_chosen(page, address):
    ready(page, f"{address}/?lang=es")
    page.context.set_offline(True)
    page.goto(address)
    assert page.locator("html").get_attribute("lang") == "es"


def test_the_worker_changes_when_the_page_does_and_is_not_kept(client):
    first = client.get("/sw.js")
    assert first.headers["Cache-Control"] == "no-cache"
    assert first.mimetype == "text/javascript"
    given = json.loads(re.search(r"GIVEN = (\{.*?\});", first.text)[1])
    other = json.loads(re.search(r"GIVEN = (\{.*?\});", client.get("/sw.js?region=IE").text)[1])
    assert client.get("/sw.js").text == first.text
    assert given["name"] != other["name"]
    for path in (given["page"], *given["files"]):
        assert client.get(path).status_code == 200
