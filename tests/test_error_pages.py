"""Every fault has a page that says what to do, keeps what was typed, and keeps help in view."""

from __future__ import annotations

import pytest

from assistant.app import create_app
from assistant.conversation import MAX_UTTERANCE
from assistant.settings import Settings, shipped
from tests.page import Page

CANARY = "zebra canary <b>words</b>"


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    folder = tmp_path_factory.mktemp("limited")
    settings = Settings(
        knowledge=shipped("knowledge"), rate_limit="2 per hour", database_url=f"sqlite:///{folder}/kept.sqlite3"
    )
    return create_app(settings).test_client()


def help_in_view(page: Page) -> bool:
    card = page.one("section", "helpcard")
    return card.has("a", href="tel:988") and card.has("a", href="tel:116123")


@pytest.mark.parametrize(
    ("path", "header", "own"),
    [("/none", "en-IN", "India"), ("/none?region=US", "en-GB", "United States"), ("/none", "fr", "Another country")],
)
def test_the_visitors_own_help_lines_stand_first_and_the_others_are_folded(client, path, header, own):
    card = Page(client.get(path, headers={"Accept-Language": header}).text).one("section", "helpcard")
    assert_own_first(card, own)


def assert_own_first(card, own):
    folded = card.one("details")
    assert folded.one("summary").text == "In another country"
    inside = [h.text for h in folded.all("h3")]
    assert [h.text for h in card.all("h3") if h.text not in inside] == [own]
    assert len(inside) == 8
    assert own not in inside


def test_a_refusal_beside_the_box_folds_other_countries_too(client):
    refused = Page(client.post("/", data={"question": "", "region": "UK"}).text)
    card = refused.one("section", "helpcard")
    assert_own_first(card, "United Kingdom")
    assert card.one("p", "emergency").one("a")["href"] == "tel:999"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("get", "/none", 404), ("put", "/", 405), ("get", "/clear", 405), ("get", "/turn/", 404)],
)
def test_a_wrong_address_gets_a_page_with_help(client, method, path, status):
    response = getattr(client, method)(path)
    assert response.status_code == status
    assert help_in_view(Page(response.text))
    assert ("Allow" in response.headers) == (status == 405)


def test_a_form_from_another_site_is_refused_with_help(client):
    response = client.post("/", data={"question": CANARY}, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert help_in_view(Page(response.text))
    assert "canary" not in response.text


def test_a_form_that_is_too_large_is_refused_with_help(client):
    response = client.post("/", data={"question": "x" * 70_000})
    assert response.status_code == 413
    assert help_in_view(Page(response.text))


def test_a_fault_of_ours_keeps_what_was_typed_and_leaks_nothing(client, app, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(CANARY)

    live = app.extensions["live"]
    monkeypatch.setattr(type(live.current.dialogue), "respond", fail)
    response = client.post("/", data={"question": CANARY})
    assert response.status_code == 500
    page = Page(response.text)
    assert page.one("textarea").text == CANARY
    assert help_in_view(page)
    asked = client.post("/api/ask", json={"question": CANARY})
    assert asked.status_code == 500
    assert asked.content_type == "application/problem+json"
    assert "canary" not in asked.text


def test_error_pages_speak_the_visitors_language(client):
    page = Page(client.get("/none", headers={"Accept-Language": "es-MX"}).text)
    assert page.one("html")["lang"] == "es"
    assert page.one("h1").text == "No existe esa página"


def test_the_limit_keeps_what_was_typed_and_never_holds_back_help(limited):
    for _ in range(2):
        assert limited.post("/", data={"question": "hello"}).status_code == 200
    response = limited.post("/", data={"question": CANARY})
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    page = Page(response.text)
    assert page.one("textarea").text == CANARY
    assert "wait a minute" in page.one(role="alert").text
    assert limited.post("/api/ask", json={"question": "hello"}).status_code == 429
    danger = limited.post("/", data={"question": "i want to kill myself"})
    assert danger.status_code == 200
    assert Page(danger.text).latest["data-kind"] == "crisis"
    assert limited.get("/help").status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[" * 1000, "application/json", 400),
        (b'{"question": ' + b"[" * 7000, "application/json", 400),
        (b'{"question": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"question=x", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/plain", 415),
        (b"{}", "application/json", 422),
        (b'{"question": "  "}', "application/json", 422),
        (b'{"question": 5}', "application/json", 422),
        (b'{"question": "x", "context": {}, "region": [1]}', "application/json", 422),
        (b'{"question": "' + b"why is the sky blue " * (MAX_UTTERANCE // 10) + b'"}', "application/json", 422),
        (b'{"question": "' + b"y" * 70_000 + b'"}', "application/json", 413),
    ],
)
def test_the_api_answers_faults_with_problem_documents(client, body, kind, status):
    response = client.post("/api/ask", data=body, content_type=kind)
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    problem = response.get_json()
    assert problem["status"] == status
    assert {"type", "title", "detail"} <= problem.keys()
