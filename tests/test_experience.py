"""What visitors meet in a real browser, row by row of ``EXPERIENCE.md``: keys, focus, exit, clearing, a slow network."""

from __future__ import annotations

import re
import time

import pytest

from assistant.catalogue import Words, load
from assistant.readability import grade
from tests.page import Page

ASKED = "What is functional plasticity?"
WEATHER = "https://www.bbc.com/**"


@pytest.fixture
def page(browser, address):
    context = browser.new_context(service_workers="block", locale="en-GB")
    opened = context.new_page()
    opened.goto(address)
    yield opened
    context.close()


@pytest.fixture
def plain(browser, address):
    """The page without script."""
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    opened = context.new_page()
    opened.goto(address)
    yield opened
    context.close()


def ask(page, words):
    page.locator("#question").fill(words)
    page.locator("#question").press("Enter")
    page.locator(f"#latest:has-text({words!r})").wait_for()


def slowly(page, seconds):
    """Let every answer take so long."""

    def later(route):
        if route.request.method == "POST":
            time.sleep(seconds)
        route.continue_()

    page.route("**/*", later)


def test_without_script_everything_works(plain, address):
    plain.locator(".starters button").first.click()
    plain.locator("#latest .chip").wait_for()
    plain.locator("#question").fill("half typed")
    plain.get_by_role("button", name="Wrong source").click()
    plain.get_by_text("Thank you. We keep your choice").wait_for()
    assert plain.locator("#question").input_value() == "half typed"
    plain.locator("#question").fill("How do I fix a dripping kitchen tap?")
    plain.locator(".send").click()
    plain.get_by_role("button", name="Send this question").click()
    plain.get_by_text("Your question was sent").wait_for()
    plain.locator(".settings summary").click()
    plain.locator("#lang").select_option("es")
    plain.locator("#region").select_option("US")
    plain.locator("#size").select_option("large")
    plain.locator(".settings button").click()
    assert plain.locator("html").get_attribute("lang") == "es"
    assert "911" in plain.locator(".foot .urgent").inner_text()
    assert plain.locator("section.turn").count() == 2
    with plain.expect_popup() as opened:
        plain.get_by_role("link", name="Temas").click()
    assert opened.value.locator("html").get_attribute("data-size") == "large"
    plain.locator("[data-clear]").click()
    plain.locator("[data-welcome]").wait_for()
    assert plain.locator("section.turn").count() == 0
    assert plain.locator("html").get_attribute("lang") == "es"
    assert plain.url == f"{address}/?lang=es&region=US&size=large"


def test_the_conversation_is_a_log_with_a_name(page):
    log = page.get_by_role("log", name="Conversation")
    assert log.get_attribute("aria-live") == "polite"
    page.evaluate("""() => {
        window.added = [];
        new MutationObserver((all) => all.forEach((m) => window.added.push(...[...m.addedNodes].map((n) => n.nodeName))))
            .observe(document.querySelector("[data-log]"), { childList: true, subtree: true });
    }""")
    ask(page, ASKED)
    ask(page, "What is structural plasticity?")
    assert [name for name in page.evaluate("window.added") if name != "#text"] == ["SECTION", "SECTION"]


IN_DANGER = {
    "thinking of death": "i want to die",
    "hurt at home": "my husband hits me",
    "swallowed": "i took all my pills",
}


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("danger", IN_DANGER.values(), ids=IN_DANGER.keys())
def test_in_danger_the_number_to_call_is_in_view_on_a_telephone(browser, address, danger, long, script):
    """Without a scroll, and however much was typed."""
    phone = {"width": 360, "height": 640}
    page = browser.new_context(viewport=phone, java_script_enabled=script, reduced_motion="reduce").new_page()
    page.goto(f"{address}/?region=UK")
    page.locator("#question").fill("nobody knows and it goes on and on. " * 15 + danger if long else danger)
    page.locator(".send").click()
    page.locator("#latest .now").wait_for()
    first = page.locator("#latest .now a[href^='tel:']").first.bounding_box()
    assert first["y"] > 70
    assert first["y"] + first["height"] < 420
    page.context.close()


def test_in_danger_the_words_are_short_lines(client):
    reply = Page(client.post("/", data={"question": "i want to die", "region": "UK"}).text).latest.one("div", "crisis")
    lines = [e.text for e in reply.all("li") + reply.all("p")]
    assert max(len(line.split()) for line in lines) <= 25
    assert [e.text for e in reply.all("h3")] == ["What you can do now", "When you call or text"]


def test_in_danger_no_slow_way_stands_beside_the_numbers(client):
    latest = Page(client.post("/", data={"question": "i want to die", "region": "UK"}).text).latest
    links = [a["href"] for a in latest.one("section", "now").all("a", "contact")]
    assert "tel:116123" in links
    assert [link for link in links if link.startswith("mailto:")] == []


def test_waiting_is_said_in_words_at_once_and_nothing_is_delayed_on_purpose(page):
    slowly(page, 0.6)
    page.evaluate("""() => {
        const status = document.querySelector("[data-status]");
        document.addEventListener("keydown", () => { window.pressed = performance.now(); }, { capture: true });
        new MutationObserver(() => { window.said ??= [performance.now() - window.pressed, status.textContent]; })
            .observe(status, { childList: true });
    }""")
    page.locator("#question").fill(ASKED)
    page.locator("#question").press("Enter")
    assert page.locator("[data-chat]").get_attribute("aria-busy") == "true"
    assert page.get_by_role("status").filter(has_text="Looking for the answer").count() == 1
    page.locator("#latest").wait_for()
    page.locator("[data-chat]:not([aria-busy])").wait_for()
    milliseconds, said = page.evaluate("window.said")
    assert (said, milliseconds < 100) == ("Looking for the answer", True)


def test_only_links_and_controls_are_tab_stops(page):
    ask(page, ASKED)
    page.locator(".skip").focus()
    stops = ["A"]
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.tagName")
        if name == "BODY":
            break
        stops.append(name)
    assert {"A", "BUTTON", "TEXTAREA", "SUMMARY"} <= set(stops) <= {"A", "BUTTON", "TEXTAREA", "SUMMARY", "SELECT"}


def test_enter_sends_shift_enter_breaks_and_composing_never_sends(page):
    box = page.locator("#question")
    box.fill("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    assert box.input_value() == "one\ntwo"
    for event in ("{isComposing: true}", "{keyCode: 229}"):
        page.evaluate(
            f"document.querySelector('#question').dispatchEvent(new KeyboardEvent('keydown', "
            f"{{key: 'Enter', bubbles: true, ...{event}}}))"
        )
    page.wait_for_timeout(200)
    assert page.locator("section.turn").count() == 0
    box.press("Enter")
    page.locator("#latest").wait_for()


def test_the_box_has_a_label_a_hint_and_a_count(page):
    box = page.get_by_role("textbox", name="Your question")
    assert box.get_attribute("placeholder") is None
    described = [page.locator(f"#{id}") for id in box.get_attribute("aria-describedby").split()]
    assert "Up to 2000 characters" in described[0].inner_text()
    box.fill("x" * 1990)
    assert described[1].inner_text() == "10 characters left"
    box.fill("x" * 2003)
    assert described[1].inner_text() == "3 characters too many"
    box.fill("short")
    assert described[1].inner_text() == ""


def test_a_refusal_stands_beside_the_box_and_in_the_title_and_keeps_the_words(page):
    typed = "why is the sky blue " * 110
    page.locator("#question").fill(typed)
    page.locator("#question").press("Enter")
    page.locator(".problem").wait_for()
    assert page.title().startswith("Error: ")
    assert page.locator("#question").input_value() == typed
    assert "question-problem" in page.locator("#question").get_attribute("aria-describedby")
    assert page.locator(".helpcard").is_visible()


def test_a_lost_answer_keeps_the_words_and_says_so(page):
    page.route("**/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.locator("#question").fill(ASKED)
    page.locator("#question").press("Enter")
    page.get_by_role("status").filter(has_text="That did not work").wait_for()
    assert page.locator("#question").input_value() == ASKED
    assert page.evaluate("document.activeElement.id") == "question"


def test_exit_without_script_is_a_link(plain):
    plain.route(WEATHER, lambda route: route.fulfill(body="weather", content_type="text/html"))
    plain.locator(".leave").click()
    plain.wait_for_url("https://www.bbc.com/weather")


def test_back_does_not_return_after_exit(page, address):
    page.route(WEATHER, lambda route: route.fulfill(body="weather", content_type="text/html"))
    ask(page, ASKED)
    page.locator(".leave").click()
    page.wait_for_url("https://www.bbc.com/weather")
    page.go_back()
    page.wait_for_timeout(300)
    assert not page.url.startswith(address)


def test_the_page_is_hidden_before_the_other_one_comes(page):
    page.route(WEATHER, lambda route: route.fulfill(body="weather", content_type="text/html"))
    pressed = (
        "() => { document.querySelector('.leave').click(); return [document.body.hidden, document.title.trim()]; }"
    )
    assert page.evaluate(pressed) == [True, ""]
    page.wait_for_url("https://www.bbc.com/weather")


def test_shift_three_times_leaves_but_not_when_slow_or_while_typing(page, address):
    page.route(WEATHER, lambda route: route.fulfill(body="weather", content_type="text/html"))
    page.evaluate("() => { let now = 0; Date.now = () => now; window.later = (ms) => { now += ms; }; }")
    page.evaluate("later(10000)")
    for _ in range(4):
        page.keyboard.press("Shift")
        page.evaluate("later(5100)")
    page.locator("#question").press_sequentially("ABC")
    for key in ("Shift", "a", "Shift", "b", "Shift"):
        page.locator("#question").press(key)
    assert page.url.startswith(address)
    page.evaluate("later(6000)")
    for _ in range(2):
        page.keyboard.press("Shift")
        page.evaluate("later(4000)")
    page.keyboard.press("Shift")
    page.wait_for_url("https://www.bbc.com/weather")


def test_titles_and_addresses_tell_nothing(page, address):
    for words in (ASKED, "i want to die", "Should I stop taking my sertraline?"):
        ask(page, words)
        assert page.url == f"{address}/"
        assert page.title() == "Brain and change"


def test_the_emergency_line_is_at_the_foot_of_every_page(client):
    pages = [rule.rule for rule in client.application.url_map.iter_rules() if "GET" in rule.methods]
    seen = 0
    for path in (*pages, "/sources/neuroplasticity-recovery", "/none"):
        response = client.get(path)
        if response.mimetype == "text/html":
            urgent = Page(response.text).one("footer").one("p", "urgent")
            assert "In danger right now?" in urgent.text, path
            assert urgent.has("a"), path
            seen += 1
    assert seen >= 9


def test_the_emergency_number_at_the_foot_can_be_dialled(client):
    foot = Page(client.get("/?region=UK").text).one("footer")
    assert foot.has("a", href="tel:999")


def test_a_chip_follows_its_claim_and_is_large_enough(page):
    ask(page, ASKED)
    order = page.locator("#latest .passage > *").evaluate_all("(all) => all.map((e) => e.className)")
    assert [name for name in order if name != "picture"][:2] == ["text", "origin"]
    chip = page.locator("#latest .chip")
    box = chip.bounding_box()
    assert min(box["width"], box["height"]) >= 24
    assert chip.inner_text().split()[0] == "1"
    with page.expect_popup() as opened:
        chip.click()
    opened.value.locator(".place:target .marked").wait_for()
    assert opened.value.locator(".place:target blockquote").count() >= 1


def test_the_place_in_the_source_says_all_there_is_to_know(client):
    held = Page(client.get("/sources/neuroplasticity-recovery").text)
    assert "belongs to its author" in held.one("main").text
    assert "Prisha Oza" in held.one("main").text
    for article in held.all("article", "held"):
        facts = article.one("p", "facts").text
        assert facts.startswith("Review:")
        assert "to be looked at again by 20" in facts


def test_our_words_are_easy_to_read():
    entries = load().languages["en"].entries
    hard = {key: grade(text) for key, text in entries.items() if len(text.split()) >= 12 and grade(text) > 6}
    assert hard == {}
    assert grade("\n".join(entries.values())) <= 3


def test_nothing_moves_where_that_is_not_wanted(browser, address):
    page = browser.new_context(reduced_motion="reduce").new_page()
    page.goto(address)
    moving = """() => [...document.querySelectorAll("*")].flatMap((e) => ["", "::before", "::after"].map((p) => getComputedStyle(e, p)))
        .filter((s) => parseFloat(s.transitionDuration) > 0 || s.animationName !== "none" || s.scrollBehavior === "smooth").length"""
    assert page.evaluate(moving) == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moving) > 0


def test_edges_stay_where_colours_are_forced(browser, address):
    page = browser.new_context(forced_colors="active").new_page()
    page.goto(address)
    ask(page, "Can trauma change how a brain copes?")
    for part in (".said", ".chip", ".leave", ".composer", "textarea", ".send", ".feedback button"):
        width = page.locator(part).first.evaluate("(e) => parseFloat(getComputedStyle(e).borderTopWidth)")
        assert width >= 1, part


def test_each_part_says_its_language(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/?lang=es")
    ask(page, ASKED)
    assert page.locator("html").get_attribute("lang") == "es"
    assert page.locator("#latest .reply").get_attribute("lang") == "en"
    assert page.locator("#latest .extras").get_attribute("lang") == "es"
    assert page.locator(".starters ul, .suggestions ul").first.get_attribute("lang") == "en"


def test_from_right_to_left_the_page_is_turned(page):
    ask(page, ASKED)
    left = page.locator(".brand").bounding_box()["x"]
    page.evaluate("document.documentElement.dir = 'rtl'")
    width = page.viewport_size["width"]
    brand = page.locator(".brand").bounding_box()
    assert abs(width - brand["x"] - brand["width"] - left) < 2
    said, reply = page.locator(".said").bounding_box(), page.locator(".reply").bounding_box()
    assert abs(said["x"] - reply["x"]) < 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ابجدهوزحطيكلمنسعفصقرشتثخذض")


@pytest.fixture
def turned(app, monkeypatch):
    """The code of a made-up language, written from right to left; its words keep their names in braces."""
    english = load().languages["en"]
    entries = {
        key: "".join(p if p[:1] == "{" else p.lower().translate(LETTERS) for p in re.split(r"({\w+})", text))
        for key, text in english.entries.items()
    }
    desk = app.view_functions["chat.start"].__closure__[0].cell_contents
    monkeypatch.setitem(desk.catalogue.languages, "xx", Words("xx", "ابجد", "rtl", entries))
    return "xx"


BEGIN, END, WHOLE = (".brand", ".chip"), (".leave", ".said"), (".top", "main", ".reply", ".composer", ".foot")
"""Parts that stand where a line begins, where it ends, and those that fill it."""


def places(page):
    """Where the parts of the page stand: the distance of each from the left and from the right."""
    found = {}
    for part in (*BEGIN, *END, *WHOLE):
        box = page.locator(part).last.bounding_box()
        found[part] = (round(box["x"]), round(page.viewport_size["width"] - box["x"] - box["width"]))
    return found


@pytest.mark.parametrize("width", [320, 1100])
def test_a_language_from_right_to_left_has_the_page_turned_and_nothing_hanging_out(browser, address, turned, width):
    page = browser.new_context(viewport={"width": width, "height": 640}, service_workers="block").new_page()
    seen = {}
    for language in ("en", turned):
        page.goto(f"{address}/?lang={language}&region=UK")
        ask(page, ASKED)
        seen[language] = places(page)
    assert page.locator("html").get_attribute("dir") == "rtl"
    for part in (*BEGIN, *WHOLE):
        assert seen[turned][part][1] == pytest.approx(seen["en"][part][0], abs=1), part
    for part in (*END, *WHOLE):
        assert seen[turned][part][0] == pytest.approx(seen["en"][part][1], abs=1), part
    chip, number = (page.locator(p).bounding_box() for p in (".chip", ".chip .number"))
    assert chip["x"] + chip["width"] - number["x"] - number["width"] < 8
    for path in ("", "topics", "help", "sources/neuroplasticity-recovery", "about", "privacy"):
        page.goto(f"{address}/{path}?lang={turned}&size=larger")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    for words in (ASKED, "i want to die", "How do I fix a tap?", "¿Qué puede hacer el cerebro después de una lesión?"):
        page.goto(f"{address}/?lang={turned}&region=UK&size=larger")
        ask(page, words)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, words
    page.context.close()


def test_english_words_on_a_page_from_right_to_left_run_from_left_to_right(browser, address, turned):
    page = browser.new_context(service_workers="block").new_page()
    page.goto(f"{address}/?lang={turned}&region=UK")
    ask(page, ASKED)
    ends = """(e) => {
        const at = (i) => { const r = document.createRange(), t = e.firstChild; r.setStart(t, i); r.setEnd(t, i + 1);
            return r.getBoundingClientRect().x; };
        const last = e.firstChild.data.trimEnd().length - 1;
        return [e.firstChild.data[last], at(last) > at(last - 1)];
    }"""
    assert page.locator("#latest .passage .text").first.evaluate(ends) == [".", True]
    assert page.locator(".suggestions button").first.evaluate(ends) == ["?", True]
    assert page.locator(".composer + .tools .hint").evaluate(ends) == [".", False]
    page.context.close()


def test_a_question_in_another_language_is_told_so_in_it(page):
    ask(page, "¿Qué puede hacer el cerebro después de una lesión?")
    notice = page.locator("#latest .foreign")
    assert notice.get_attribute("lang") == "es"
    assert "Solo puedo responder en inglés" in notice.inner_text()
    assert notice.locator("a[href^='tel:']").count() >= 1
    ask(page, ASKED)
    assert page.locator("#latest .foreign").count() == 0


def test_clear_leaves_nothing_behind(page, address):
    ask(page, "zebra canary")
    assert "We keep nothing of it" in page.locator(".tools").inner_text()
    page.locator("[data-clear]").click()
    page.locator("[data-welcome]").wait_for()
    assert page.url == f"{address}/"
    assert "canary" not in page.content()
    page.go_back()
    page.wait_for_timeout(300)
    assert "canary" not in page.content()
    stored = page.evaluate("""async () => [
        localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length,
    ]""")
    assert stored == [0, 0, 0, 0]
    assert page.context.cookies() == []


def test_back_and_forward_show_no_words(page, address):
    ask(page, "zebra canary")
    page.goto(f"{address}/topics")
    page.go_back()
    page.locator("#question").wait_for()
    assert "canary" not in page.content()
    assert page.locator("#question").input_value() == ""


def test_a_verdict_without_a_page_load_is_thanked_for(page):
    ask(page, ASKED)
    page.get_by_role("button", name="Yes", exact=True).click()
    page.get_by_text("Thank you. We keep your choice").wait_for()
    assert page.locator("section.turn").count() == 1


def test_the_conversation_can_be_saved_as_one_clean_page(page, browser, tmp_path):
    ask(page, "What are the two types of neuroplasticity?")
    ask(page, "i want to die <b>now</b>")
    with page.expect_download() as saved:
        page.locator("[data-save]").click()
    assert saved.value.suggested_filename == "notes.html"
    path = tmp_path / "notes.html"
    saved.value.save_as(path)
    text = path.read_text("utf-8")
    assert [tag for tag in ("<button", "<form", "<script", "<img", "<input") if tag in text] == []
    read = browser.new_context(java_script_enabled=False, offline=True).new_page()
    read.goto(path.as_uri())
    shown = read.locator("body").inner_text()
    for said in ("two types of neuroplasticity?", "<b>now</b>", "Prisha Oza", "Samaritans", "In danger right now"):
        assert said in shown
    links = read.locator("a").evaluate_all("(all) => all.map((a) => a.getAttribute('href'))")
    assert [link for link in links if link.startswith("/")] == []


def test_print_and_save_and_reading_aloud_are_offered_where_there_is_script(page, plain):
    ask(page, ASKED)
    page.evaluate("window.print = () => { window.printed = true; }")
    page.locator("[data-print]").click()
    assert page.evaluate("window.printed")
    plain.locator("#question").fill(ASKED)
    plain.locator(".send").click()
    assert plain.locator("[data-print]").count() == 1
    assert not plain.locator("[data-print]").is_visible()


def test_reading_aloud_reads_the_answer_and_stops(page):
    ask(page, ASKED)
    page.evaluate("""() => {
        window.read = [];
        speechSynthesis.speak = (words) => window.read.push([words.text, words.lang]);
    }""")
    page.locator("[data-read]").click()
    [[text, language]] = page.evaluate("window.read")
    assert "functional" in text
    assert "Did this help" not in text
    assert language == "en"
    assert page.locator("[data-read]").inner_text() == "Stop reading"


def test_reading_aloud_pauses_between_help_lines(page, address):
    page.goto(f"{address}/?region=UK")
    ask(page, "i want to die")
    page.evaluate("() => { speechSynthesis.speak = (words) => { window.read = words.text; }; }")
    page.locator("[data-read]").click()
    read = page.evaluate("read")
    assert "You can talk to a person now. If there is danger right now, call 999. Samaritans. Call 116 123." in read


def test_text_size_holds_on_every_page(page):
    page.locator(".settings summary").click()
    page.locator("#size").select_option("larger")
    page.locator(".settings button").click()
    page.locator("html[data-size=larger]").wait_for()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Privacy").click()
    assert opened.value.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == pytest.approx(
        23, abs=0.1
    )


def test_on_a_slow_network_without_pictures_it_is_usable_within_three_seconds(browser, address):
    page = browser.new_context(service_workers="block").new_page()
    page.route("**/*.svg*", lambda route: route.abort())
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000},
    )
    began = time.monotonic()
    page.goto(address, wait_until="domcontentloaded")
    page.locator("#question").fill("a")
    assert time.monotonic() - began < 3


def test_no_state_writes_an_error_or_breaks_the_policy(browser, address):
    page = browser.new_context().new_page()
    faults: list[str] = []
    page.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.goto(address)
    for words in (ASKED, "i want to die", "Should I stop taking my sertraline?", "How do I fix a tap?", "hello"):
        ask(page, words)
    page.locator("[data-save]").click()
    for path in ("help", "topics", "sources", "sources/neuroplasticity-recovery", "about", "privacy", "offline"):
        page.goto(f"{address}/{path}")
    assert faults == []


def test_exit_stays_in_view_at_four_times_the_size(browser, address):
    """A desktop of 1280 x 800 at 400 %: 320 x 200 pixels, where a bar at the top would take too much."""
    page = browser.new_page(viewport={"width": 320, "height": 200})
    page.goto(f"{address}/topics")
    page.mouse.wheel(0, 2000)
    page.wait_for_timeout(200)
    box = page.locator(".leave").bounding_box()
    assert 0 <= box["y"] < 60
    assert box["x"] + box["width"] <= 320


def test_without_script_other_countries_help_lines_unfold(plain):
    plain.locator(".send").click()
    card = plain.locator("[data-first-lines]")
    assert card.locator("a[href='tel:116123']").first.is_visible()
    assert not card.locator("a[href='tel:988']").first.is_visible()
    card.locator("summary").click()
    assert card.locator("a[href='tel:988']").first.is_visible()
