"""Every page and state in a real browser: accessible in all colours, no sideways scroll, and it prints."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from benchmarks.states import PAGES, sayings


@pytest.fixture(scope="module")
def said(app):
    current = app.extensions["live"].current
    return sayings(current.dialogue, current.knowledge)


def states(page, address, said):
    """Go through every page and state; yields a name at each."""
    for name, path in PAGES.items():
        page.goto(address + path)
        yield name
    for name, utterances in said.items():
        page.goto(f"{address}/?region=UK")
        for words in utterances:
            page.locator("#question").fill(words)
            with page.expect_navigation():
                page.evaluate("HTMLFormElement.prototype.submit.call(document.querySelector('[data-chat]'))")
        yield name
    page.goto(f"{address}/?region=UK")
    page.locator("#question").fill(said["answer"][0])
    page.locator("#question").press("Enter")
    page.locator("#latest").wait_for()
    page.locator(".settings summary").click()
    page.locator(".why summary").click()
    yield "all opened"
    page.evaluate("document.documentElement.dir = 'rtl'")
    yield "right to left"


COLOURS = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced": {"color_scheme": "light", "forced_colors": "active"},
}
SMALL = """() => [...document.querySelectorAll("a, button, select, textarea, summary")]
    .filter((e) => e.checkVisibility() && !e.closest("p:not(.urgent)") && !e.matches(".skip"))
    .map((e) => [e.textContent.trim(), e.getBoundingClientRect()])
    .filter(([, box]) => box.height < 28 || box.width < 24).map(([text]) => text)"""
SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"


@dataclass
class Found:
    """What was wrong, by what was looked for; each a list of states and what is there."""

    axe: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in (*COLOURS, "print")})
    sideways: list[str] = field(default_factory=list)
    small: list[str] = field(default_factory=list)
    exits: list[str] = field(default_factory=list)
    states: int = 0


@pytest.fixture(scope="module")
def found(browser, address, said):
    """Every page and state, looked at once, on a small telephone."""
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_context(
        viewport={"width": 320, "height": 640}, bypass_csp=True, reduced_motion="reduce", service_workers="block"
    ).new_page()
    axe, seen = Axe(), Found()

    def audit(name, where):
        result = axe.run(page)
        if result.violations_count:
            where.append(f"{name}: {result.generate_report()}")

    for name in states(page, address, said):
        seen.states += 1
        if small := page.evaluate(SMALL):
            seen.small.append(f"{name}: {small}")
        box = page.locator(".leave").bounding_box()
        if not (box["height"] >= 44 and 0 <= box["y"] < 100):
            seen.exits.append(f"{name}: {box}")
        for size in ("larger", ""):
            page.evaluate("(size) => { document.documentElement.dataset.size = size; }", size)
            if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
                seen.sideways.append(f"{name} {size}: {width}")
        for colours, emulated in COLOURS.items():
            page.emulate_media(**emulated)
            audit(name, seen.axe[colours])
        page.emulate_media(media="print", color_scheme="light", forced_colors="none")
        audit(name, seen.axe["print"])
        page.emulate_media(media="screen")
        page.add_style_tag(content=SPACED)
        if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
            seen.sideways.append(f"{name} spaced: {width}")
    return seen


@pytest.mark.parametrize("colours", [*COLOURS, "print"])
def test_axe_finds_nothing_on_any_page(found, colours):
    assert found.axe[colours] == []
    assert found.states > 20


def test_axe_bites(browser):
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page()
    page.set_content("<html><body><img src=x><input><p style='color:#bbb;background:#fff'>pale</p>")
    assert Axe().run(page).violations_count >= 3


def test_nothing_scrolls_sideways_on_a_small_telephone(found):
    """At 320 px, also with the largest text, and with letters, words and lines far apart."""
    assert found.sideways == []


def test_everything_to_press_is_large_enough(found):
    assert found.small == []


def test_exit_is_at_the_top_of_every_page(found):
    assert found.exits == []


LINES = "(e) => Math.round(e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight))"


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [320, 360, 390])
def test_the_note_under_the_exit_takes_two_lines_at_most_on_a_telephone(browser, address, width, language):
    page = browser.new_page(viewport={"width": width, "height": 640})
    page.goto(f"{address}/?lang={language}")
    assert 1 <= page.locator(".honest").evaluate(LINES) <= 2
    assert page.locator(".brand").evaluate("(e) => e.scrollWidth <= e.clientWidth"), "the name runs into the exit"
    page.set_viewport_size({"width": 1100, "height": 640})
    assert page.locator(".keys").bounding_box()["width"] > 100  # where there is a keyboard


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
