"""The chat without script: one form, the whole conversation, nothing kept."""

from __future__ import annotations

import pytest

from assistant.conversation import MAX_CARRIED, MAX_TURNS, MAX_UTTERANCE
from tests.page import Page

DANGER = "i want to kill myself"
TWO = "What are structural plasticity and functional plasticity?"


def ask(client, question="", **fields):
    return client.post("/", data={"question": question, "region": "UK", **fields})


def page(client, question="", **fields) -> Page:
    response = ask(client, question, **fields)
    assert response.status_code == 200
    return Page(response.text)


@pytest.fixture
def storage(app):
    return app.extensions["storage"]


def test_the_first_view_says_what_it_is_and_offers_a_start(client):
    first = Page(client.get("/").text)
    assert "This is a program, not a person. It does not diagnose." in first.one("main").text
    assert 0 < len(first.one("section", "starters").all("button")) <= 4
    assert "does not erase your history" in first.one("p", "honest").text
    review = first.one("p", "notice").one("a", href="/about")
    assert review.text == "Medical review: not yet reviewed by a clinician"
    assert first.one("title").text == first.one("h1").text


def test_the_first_view_is_light(client):
    response = client.get("/")
    first = Page(response.text)
    needed = {e["href"] for e in first.all("link")} | {e["src"] for e in first.all("script") + first.all("img")}
    assert len(needed) + 1 <= 6
    assert len(response.data) + sum(len(client.get(address).data) for address in needed) <= 50_000


def test_starters_are_answered(client):
    for button in Page(client.get("/").text).one("section", "starters").all("button"):
        assert page(client, suggestion=button["value"]).latest["data-kind"] == "answer"


def test_an_answer_names_its_place_and_its_quotation(client):
    latest = page(client, "What is functional plasticity?").latest
    assert latest["data-kind"] == "answer"
    chip = latest.one("a", "chip")
    assert chip.one("span", "number").text == "1"
    assert "The Role of Neuroplasticity in Mental Health Recovery" in chip.text
    address, _, fragment = chip["href"].partition("#")
    source = Page(client.get(address).text)
    place = source.one(id=fragment)
    assert latest.one("p", "origin").one("q").text in [quote.text for quote in place.all("blockquote")]
    assert "not yet reviewed" in latest.text.lower()


def test_an_answer_says_why_and_asks_whether_it_helped(client):
    latest = page(client, "What is functional plasticity?").latest
    assert latest.one("details", "why").one("summary").text == "Why this answer?"
    verdicts = [b["value"].rpartition(":")[2] for b in latest.one("div", "feedback").all("button")]
    assert verdicts == ["yes", "no", "wrong-source"]
    assert len(latest.one("div", "suggestions").all("button")) <= 3


def test_the_conversation_comes_back_whole_with_the_newest_last(client):
    first = page(client, "What is structural plasticity?")
    carried = [e["value"] for e in first.all("input", name="earlier")]
    second = page(client, "and the other type?", earlier=carried, context=first.one("input", name="context")["value"])
    turns = second.one(role="log").all("section", "turn")
    assert [t["data-turn"] for t in turns] == ["1", "2"]
    assert "id" not in turns[0].attributes
    assert turns[1]["id"] == "latest"
    assert second.one("form", id="chat")["action"].endswith("#latest")
    assert len(second.all("div", "extras")) == 1


def test_the_form_and_the_api_give_the_same_answer(client):
    first = client.post("/api/ask", json={"question": "Can the brain heal after trauma?"}).get_json()
    shown = page(client, "Can the brain heal after trauma?").latest
    assert [p["data-passage"] for p in shown.all("article", "passage")] == [p["id"] for p in first["passages"]]
    assert [p.text for p in shown.all("p", "text")] == [p["text"] for p in first["passages"]]


def test_a_crisis_reply_shows_services_before_any_other_word(client):
    latest = page(client, DANGER).latest
    reply = latest.one("div", "reply")
    shown = [e for e in reply.walk() if e.tag in ("section", "p", "ol") and "visually-hidden" not in e.classes]
    assert "helpcard" in shown[0].classes
    card = reply.one("section", "helpcard")
    assert 0 < len(card.all("div", "service")) <= 3
    links = [a["href"] for a in card.all("a", "contact")]
    assert "tel:116123" in links
    assert any(link.startswith("sms:85258") for link in links)
    assert "24 hours" in card.text
    assert "999" in card.one("p", "emergency").text
    assert "I am a program" in reply.text


def test_not_what_i_meant_keeps_help_and_answers(client):
    said = "I want to kill myself. What is neuroplasticity?"
    first = page(client, said)
    assert first.latest["data-kind"] == "crisis"
    assert first.latest.one("button", name="not_crisis").text == "That is not what I meant"
    second = page(client, earlier=[said], not_crisis="1")
    assert second.latest["data-kind"] != "crisis"
    assert second.latest.has("section", "helpcard")
    third = page(client, "What is structural plasticity?", earlier=[said, ""])
    assert len(third.one(role="log").all("section", "turn")) == 3
    assert third.latest.has("section", "helpcard")


def test_not_what_i_meant_works_with_the_question_alone(client):
    latest = page(client, "I want to kill myself. What is neuroplasticity?", not_crisis="1").latest
    assert latest["data-kind"] != "crisis"


def test_a_clinical_question_gets_people_and_questions_to_take_along(client):
    latest = page(client, "Should I stop taking my sertraline?").latest
    assert latest["data-kind"] == "clinical"
    assert latest.one("div", "bring").all("li")
    assert "professional" in latest.one("p", "pointer").classes


def test_what_the_article_does_not_say_is_said_and_can_be_sent(client):
    latest = page(client, "How do I fix a dripping kitchen tap?").latest
    assert latest["data-kind"] == "abstention"
    assert not latest.has("a", "chip")
    team = latest.one("div", "team")
    assert "90 days" in team.text
    sent = page(client, earlier=["How do I fix a dripping kitchen tap?"], send="1")
    assert "Your question was sent" in sent.one("div", "team").text


def test_a_verdict_is_thanked_for_where_it_was_given(client):
    asked = "What is functional plasticity?"
    value = page(client, asked).latest.one("div", "feedback").all("button")[2]["value"]
    thanked = page(client, "half typed", earlier=[asked], feedback=value)
    assert thanked.one("div", "feedback").one(role="status").text.startswith("Thank you")
    assert thanked.one("textarea").text == "half typed"
    assert len(thanked.all("section", "turn")) == 1


def test_two_passages_share_one_row_and_each_source_can_be_called_wrong(client, storage):
    latest = page(client, TWO).latest
    first, second = (p["data-passage"] for p in latest.all("article", "passage"))
    row = latest.one("div", "feedback")
    assert row.text.count("Did this help?") == 1
    told = {b.text: b["value"] for b in row.all("button")}
    assert list(told) == ["Yes", "No", "Wrong source: 1", "Wrong source: 2"]
    before = storage.feedback()
    for value in (told["No"], told["Wrong source: 2"]):
        thanked = page(client, earlier=[TWO], feedback=value)
        assert thanked.one("div", "feedback").one(role="status").text.startswith("Thank you")
    new = {(f.passage, str(f.verdict)) for f in storage.feedback() if f not in before}
    assert new == {(first, "no"), (second, "no"), (second, "wrong-source")}


@pytest.mark.parametrize(
    "left",
    [
        "",
        "x",
        "1:nothing:yes",
        "1:structural+nothing:yes",
        "1:structural+structural:yes",
        "1:structural:maybe",
        "99999:structural:yes",
    ],
)
def test_a_verdict_on_nothing_is_passed_over(client, left):
    assert not page(client, feedback=left, earlier=["hello"]).latest.has(role="status")


def test_an_empty_question_is_an_error_beside_the_field_and_in_the_title(client):
    response = ask(client, " \r\n ")
    assert response.status_code == 422
    wrong = Page(response.text)
    assert wrong.one("title").text.startswith("Error: ")
    assert wrong.one(role="alert").text == "Please type a question first."
    assert wrong.one("textarea")["aria-invalid"] == "true"
    assert wrong.one(id="latest").has(role="alert")


def test_a_text_that_is_too_long_is_kept_and_told_by_how_much(client):
    typed = ("why does the sky look blue " * 90).strip()
    response = ask(client, typed)
    assert response.status_code == 422
    wrong = Page(response.text)
    assert wrong.one("textarea").text == typed
    assert f"{len(typed) - MAX_UTTERANCE} characters too long" in wrong.one(role="alert").text


def test_a_text_that_is_too_long_is_read_for_danger_first(client):
    long = "The weather was nice and we went for a walk. " * 60 + "I want to kill myself tonight."
    assert page(client, long).latest["data-kind"] == "crisis"


def test_line_ends_count_as_one_character(client):
    assert ask(client, "why\r\n" * 500).status_code == 200


def test_a_suggestion_leaves_what_was_typed(client):
    answered = page(client, "half typed", suggestion="What is structural plasticity?")
    assert answered.one("textarea").text == "half typed"
    assert answered.latest.one("div", "said").text.endswith("What is structural plasticity?")


def test_settings_change_without_a_question(client):
    changed = page(client, "half typed", use="1", lang="es", size="large", region="US", earlier=["hello"])
    assert changed.one("html")["lang"] == "es"
    assert changed.one("html")["data-size"] == "large"
    assert changed.one("textarea").text == "half typed"
    assert len(changed.all("section", "turn")) == 1
    assert [o["value"] for o in changed.one("select", id="region").all("option", selected="")] == ["US"]


@pytest.mark.parametrize(
    ("header", "number"), [("en-GB,en;q=0.9", "999"), ("en-IN", "112"), ("de-DE", "112"), ("en-US", "911")]
)
def test_the_region_is_guessed_by_language_when_none_is_chosen(client, header, number):
    first = Page(client.get("/", headers={"Accept-Language": header}).text)
    assert number in first.one("footer").one("p", "urgent").text


def test_a_region_that_is_chosen_goes_before_a_guess(client):
    first = Page(client.get("/?region=US", headers={"Accept-Language": "en-GB"}).text)
    assert "911" in first.one("footer").one("p", "urgent").text


def test_spanish_words_with_english_answers_say_so(client):
    spanish = page(client, "What is functional plasticity?", lang="es")
    assert spanish.one("html")["lang"] == "es"
    assert spanish.latest.one("div", "reply")["lang"] == "en"
    assert "Las respuestas están en inglés" in spanish.one("main").text


def test_markup_is_shown_as_typed(client):
    typed = "<b onclick=alert(1)>{{7*7}} what</b> is \"neuroplasticity\" & 'brain'"
    shown = page(client, typed)
    assert shown.latest.one("div", "said").text.endswith(typed)
    assert [e["value"] for e in shown.all("input", name="earlier")] == [typed]


@pytest.mark.parametrize("typed", ["\0a\0", "😀", "e" + "\u0301" * 500, "\u202eabc", "ﷺ" * 500, "x" * 2000, "؟"])
def test_odd_text_gets_a_page(client, typed):
    assert ask(client, typed).status_code == 200


def test_broken_utf_8_gets_a_page(client):
    sent = client.post("/", data=b"question=%ff%fe%ed%a0%80", content_type="application/x-www-form-urlencoded")
    assert sent.status_code == 200


def test_a_long_conversation_stays_within_a_form(client):
    said = [f"{n} " + "你" * 1990 for n in range(30)]
    shown = page(client, "What is neuroplasticity?", earlier=said[-3:])
    kept = [e["value"] for e in shown.all("input", name="earlier")]
    assert len(kept) <= MAX_TURNS
    assert sum(len(k.encode()) * 3 for k in kept) <= MAX_CARRIED + 20_000
    assert kept[-1] == "What is neuroplasticity?"


def test_a_question_in_the_address_is_not_read(client):
    assert not Page(client.get("/?question=What+is+neuroplasticity").text).has("section", "turn")


def test_clear_starts_anew_and_asks_the_browser_to_forget(client):
    response = client.post("/clear", data={"lang": "es"})
    assert response.status_code == 303
    assert response.headers["Location"] == "/?lang=es"
    assert response.headers["Clear-Site-Data"] == '"cache"'


def test_the_page_to_take_along_has_sources_and_help_lines(client):
    kept = page(client, "What is functional plasticity?").one("section", "keep")
    assert "Prisha Oza" in kept.text
    assert "Samaritans" in kept.text


def test_a_script_gets_the_newest_turn_alone(client):
    data = {"earlier": ["What is structural plasticity?"], "question": "and the other type?", "region": "UK"}
    response = client.post("/turn", data=data)
    assert response.status_code == 200
    assert response.text.count('class="turn"') == 1
    assert "<html" not in response.text
    wrong = client.post("/turn", data={"question": ""})
    assert (wrong.status_code, wrong.content_type) == (422, "application/problem+json")
    assert wrong.get_json()["detail"] == "Please type a question first."


@pytest.mark.parametrize(
    "question",
    [
        "What is neuroplasticity?", "What is CBT and what is mindfulness?", "Who discovered neuroplasticity?",
        "should I stop taking my tablets", "hello", "i want to kill myself", "brain ???",
    ],
)  # fmt: skip
def test_the_page_says_what_the_api_says(client, question):
    said = client.post("/api/ask", json={"question": question, "region": "UK"}).get_json()
    latest = Page(client.post("/", data={"question": question, "region": "UK"}).text).latest
    shown = " ".join(latest.text.split())
    for paragraph in said["reply"].split("\n\n"):
        assert " ".join(paragraph.split()) in shown
    links = {link.get("href").replace("?region=UK", "") for link in latest.all("a")}  # the page keeps the region
    assert {p["citation"]["href"] for p in said["passages"]} <= links
    assert all(resource["name"] in shown for resource in said["support"]["resources"])
