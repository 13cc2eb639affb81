"""The pages, without script."""

from __future__ import annotations

import pytest

PAGES = ["/", "/help", "/sources", "/sources/neuroplasticity-recovery", "/topics", "/privacy", "/about"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_one_heading_help_and_strict_headers(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert response.text.count("<h1") == 1
    assert 'href="/help"' in response.text
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"
    assert "<style" not in response.text
    assert "onclick" not in response.text


def test_the_form_shows_the_whole_conversation(client):
    response = client.post("/", data={"earlier": ["What is neuroplasticity?"], "question": "simpler please?"})
    assert "What is neuroplasticity?" in response.text
    assert response.text.count('class="turn"') == 2


def test_markup_is_shown_as_text(client):
    response = client.post("/", data={"question": "<b>what</b> is neuroplasticity"})
    assert "<b>what" not in response.text
    assert "&lt;b&gt;what" in response.text


def test_an_empty_question_says_what_to_do(client):
    response = client.post("/", data={"question": "  "})
    assert response.status_code == 422
    assert "Write a question" in response.text


def test_too_long_keeps_what_was_typed(client):
    typed = "why does the sky look blue " * 90
    response = client.post("/", data={"question": typed})
    assert response.status_code == 422
    assert typed.strip() in response.text


def test_not_what_i_meant_keeps_help_and_answers(client):
    said = "I want to kill myself. What is neuroplasticity?"
    first = client.post("/", data={"question": said})
    assert "That is not what I meant" in first.text
    second = client.post("/", data={"earlier": [said], "not_crisis": "1"})
    assert second.status_code == 200
    assert second.text.count('class="lines"') >= 2


def test_a_forged_post_from_another_site_is_refused(client):
    response = client.post("/", data={"question": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert 'href="/help"' in response.text


def test_unknown_pages_keep_help_in_view(client):
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "988" in response.text
