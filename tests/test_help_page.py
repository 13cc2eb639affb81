"""Help lines, privacy, about and the page for no network."""

from __future__ import annotations

import pytest

from tests.page import Page


@pytest.mark.parametrize("path", ["/help", "/offline"])
def test_every_line_of_every_region_is_there(client, app, path):
    shown = Page(client.get(path).text)
    for region in app.extensions["live"].current.knowledge.regions.values():
        section = shown.one("section", "region", id=region.id)
        assert region.emergency in section.text
        names = [p.one("strong").text for p in section.all("p", "name")]
        assert names == [line.name for line in region.lines]


def test_numbers_can_be_dialled_and_say_when_they_were_checked(client):
    shown = Page(client.get("/help").text).one(id="UK")
    assert shown.has("a", "contact", href="tel:116123")
    assert shown.has("a", "contact", href="sms:85258?&body=SHOUT")
    assert "Checked on 20" in shown.text


def test_the_visitors_own_region_comes_first(client):
    shown = Page(client.get("/help?region=IE").text)
    assert shown.all("section", "region")[0]["id"] == "IE"


def test_privacy_says_what_is_kept_and_how_to_clear_the_history(client):
    text = Page(client.get("/privacy").text).one("main").text
    for said in ("no cookies", "90 days", "History", "no words"):
        assert said in text


def test_about_says_what_it_cannot_do_and_who_reviewed_it(client):
    text = Page(client.get("/about").text).one("main").text
    for said in ("not yet reviewed by a clinician", "It makes nothing up", "It can miss danger"):
        assert said in text


def test_a_line_that_wants_a_word_names_it_in_every_list(client):
    refused = Page(client.post("/", data={"question": "", "region": "UK"}).text)
    told = refused.one("section", "helpcard").one("a", href="sms:85258?&body=SHOUT").text
    assert told == "Text SHOUT to 85258"
