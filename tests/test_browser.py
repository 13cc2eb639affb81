"""The chat in a real browser, with and without script."""

from __future__ import annotations

import gzip

import pytest


def ask(page, text):
    page.get_by_label("Your question").fill(text)
    page.get_by_role("button", name="Ask", exact=True).click()


@pytest.mark.parametrize("script", [True, False])
def test_a_visitor_asks_and_reads_a_cited_answer(browser, address, script):
    page = browser.new_context(java_script_enabled=script, viewport={"width": 320, "height": 640}).new_page()
    faults: list[str] = []
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.goto(address)
    ask(page, "What is functional plasticity?")
    chip = page.locator("#latest .chip").first
    chip.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") if script else True
    with page.expect_popup() as opened:
        chip.click()
    opened.value.wait_for_url("**/sources/**#types-2")
    assert faults == []


def test_focus_returns_to_the_box_and_enter_sends(browser, address):
    page = browser.new_page()
    page.goto(address)
    page.get_by_label("Your question").fill("What is structural plasticity?")
    page.keyboard.press("Enter")
    page.locator("#latest").wait_for()
    assert page.evaluate("document.activeElement.id") == "question"
    assert page.url == f"{address}/"


def test_the_first_view_is_light(browser, address):
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    asked, received = [], []
    network.on("Network.requestWillBeSent", lambda e: asked.append(e["request"]["url"]))
    network.on("Network.loadingFinished", lambda e: received.append(e["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    assert 2 < len(asked) <= 6
    assert 10_000 < sum(received) <= 50_000
    assert all(url.startswith(address) for url in asked)
    script = page.request.get(page.locator("script[src]").evaluate("(e) => e.src")).body()
    assert 1_000 < len(gzip.compress(script)) <= 15_000


def test_nothing_is_stored_and_no_other_site_is_asked(browser, address):
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.goto(address)
    ask(page, "Can trauma change how a brain copes?")
    page.locator("#latest").wait_for()
    assert all(url.startswith(address) for url in asked)
    assert context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
