"""Every page and state in a real browser: accessible in all colours, no sideways scroll, and it prints."""

from __future__ import annotations

import threading

import pytest
from werkzeug.serving import make_server

PAGES = (
    *("/", "/help", "/offline", "/sources", "/sources/neuroplasticity-recovery#types-1", "/topics"),
    *("/privacy", "/about", "/none", "/?lang=es"),
)
STATES = (
    "What are the two types of neuroplasticity?",
    "i want to die",
    "should i stop my meds",
    "How do I fix a dripping kitchen tap?",
    "x" * 1000,
)


@pytest.fixture(scope="module")
def address(app):
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def states(page, address):
    """Go through every page and state; yields a name at each."""
    for path in PAGES:
        page.goto(address + path)
        yield path
    for said in STATES:
        page.goto(address)
        page.locator("#question").fill(said)
        page.locator(".send").click()
        page.locator("#latest").wait_for()
        yield said[:40]
    page.goto(address)
    page.evaluate("document.querySelector('[data-chat]').submit()")
    page.locator(".problem").wait_for()
    yield "nothing typed"


@pytest.mark.parametrize("colours", [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"forced_colors": "active"}])
def test_axe_finds_nothing_on_any_page(browser, address, colours):
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_context(bypass_csp=True, reduced_motion="reduce", **colours).new_page()
    axe = Axe()
    for name in states(page, address):
        found = axe.run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"


@pytest.mark.parametrize("size", ["", "larger"])
def test_nothing_scrolls_sideways_on_a_small_telephone(browser, address, size):
    page = browser.new_page(viewport={"width": 320, "height": 600}, color_scheme="light")
    for name in states(page, address):
        page.evaluate("(size) => { document.documentElement.dataset.size = size; }", size)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name


def test_everything_to_press_is_large_enough(browser, address):
    page = browser.new_page(viewport={"width": 360, "height": 700})
    small = """() => [...document.querySelectorAll("a, button, select, textarea, summary")]
        .filter((e) => e.checkVisibility() && !e.closest("p:not(.urgent)") && !e.matches(".skip"))
        .map((e) => [e.textContent.trim(), e.getBoundingClientRect()])
        .filter(([, box]) => box.height < 28 || box.width < 24).map(([text]) => text)"""
    for name in states(page, address):
        assert page.evaluate(small) == [], name
        leave = page.locator(".leave").bounding_box()
        assert leave["height"] >= 44, name
        assert 0 <= leave["y"] < 100, name


def test_exit_stays_in_view_while_scrolling(browser, address):
    page = browser.new_page(viewport={"width": 360, "height": 700})
    page.goto(f"{address}/topics")
    page.mouse.wheel(0, 3000)
    page.wait_for_timeout(200)
    assert 0 <= page.locator(".leave").bounding_box()["y"] < 60


def test_tab_goes_skip_exit_box_send(browser, address):
    page = browser.new_page()
    page.goto(address)
    seen = []
    for _ in range(6):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.className || document.activeElement.id"))
    assert seen[:2] == ["skip", "leave"]
    assert seen.index("question") < seen.index("send")


def test_print_has_the_talk_sources_and_help_lines_and_no_controls(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/?region=UK")
    page.locator("#question").fill("What is functional plasticity?")
    page.locator(".send").click()
    page.locator("#latest").wait_for()
    page.emulate_media(media="print")
    for hidden in (".leave", ".composer", ".tools", ".feedback", ".suggestions"):
        assert not page.locator(hidden).first.is_visible(), hidden
    text = page.locator("main").inner_text()
    assert "What is functional plasticity?" in text
    assert "Prisha Oza" in text
    assert "116 123" in text


def test_without_script_the_page_lands_on_the_new_answer(browser, address):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(address)
    page.locator("#question").fill("What is functional plasticity?")
    page.locator(".send").click()
    page.wait_for_url("**/#latest")
    page.locator("#latest").wait_for()
    page.locator(".suggestions button").first.click()
    page.locator("section.turn").nth(1).wait_for()
    assert page.locator("section.turn").count() == 2


def test_each_answer_adds_one_node_to_the_log(browser, address):
    page = browser.new_page()
    page.goto(address)
    for count, said in enumerate(("What is structural plasticity?", "hello", "i want to die"), start=1):
        page.locator("#question").fill(said)
        page.locator("#question").press("Enter")
        page.locator("section.turn").nth(count - 1).wait_for()
        assert page.locator("[data-log] > *").count() == count
        assert page.evaluate("document.activeElement.id") == "question"
    page.locator("[data-not-crisis]").click()
    page.locator("section.turn").nth(3).wait_for()
    page.locator("[data-clear]").click()
    page.locator("[data-welcome]").wait_for()
    assert page.locator("section.turn").count() == 0
