"""A question in a language without knowledge: the page, the API and the terminal say the same."""

from __future__ import annotations

import json

import pytest

from assistant.catalogue import load
from assistant.foreign import notice
from tests.page import Page
from tests.test_cli import run

ASKED = "¿Qué puede hacer el cerebro después de una lesión?"
TOLD = "Solo puedo responder en inglés. Puedes escribir tu pregunta en ese idioma o elegir una de aquí."


def asked(client, question, region="UK", **more):
    return client.post("/api/ask", json={"question": question, "region": region, **more}).get_json()


def shown(client, question, region="UK"):
    return Page(client.post("/", data={"question": question, "region": region}).text).latest


def test_the_notice_stands_first_in_the_reply_of_the_api_with_help_lines(client):
    reply = asked(client, ASKED)
    assert reply["reply"].split("\n")[0] == TOLD
    assert (reply["notice"]["language"], reply["notice"]["text"]) == ("es", TOLD)
    assert reply["notice"]["help"] == "Puedes hablar de esto con una persona:"
    assert [r["region"] for r in reply["notice"]["resources"]] == ["UK"]


@pytest.mark.parametrize("region", ["UK", "US", "WORLD"])
def test_page_api_and_terminal_say_the_same(client, region):
    said = asked(client, ASKED, region)
    card = shown(client, ASKED, region).one("div", "foreign")
    assert [p.text for p in card.all("p")[:2]] == [said["notice"]["text"], said["notice"]["help"]]
    names = [r["name"] for r in said["notice"]["resources"]]
    assert [e.one("strong").text for e in card.all("p", "name")] == names
    plain = run("ask", ASKED, "--region", region).output
    told = plain.index(said["notice"]["text"])
    assert told < plain.index(said["reply"].split("\n")[1])
    assert all(told < plain.index(name) for name in names)
    ours = json.loads(run("ask", ASKED, "--region", region, "--json").output)
    assert {**ours, "context": ""} == {**said, "context": ""}


def test_lines_that_speak_the_language_come_before_others(client):
    languages = [r["languages"] for r in asked(client, ASKED, "US")["notice"]["resources"]]
    assert languages
    assert all("Spanish" in spoken for spoken in languages)


@pytest.mark.parametrize("question", ["What is neuroplasticity?", "hello", "How do I fix a dripping kitchen tap?", "?"])
def test_nothing_is_added_in_the_language_of_the_knowledge(client, question):
    assert "notice" not in asked(client, question)
    assert not shown(client, question).has("div", "foreign")
    assert "Solo puedo" not in run("ask", question).output


def test_in_danger_help_comes_first_and_nothing_else_before_it(client):
    reply = asked(client, "quiero matarme, no puedo más")
    assert reply["kind"] == "crisis"
    assert "notice" not in reply
    assert not shown(client, "quiero matarme, no puedo más").has("div", "foreign")


def test_a_crisis_reply_that_is_taken_back_is_not_told_again(client):
    assert "notice" not in asked(client, "quiero matarme, no puedo más", not_crisis=True)


def test_a_folder_in_spanish_answers_spanish(dialogue):
    reply = dialogue.respond("hello")
    region = dialogue.knowledge.regions["UK"]
    assert notice(load(), ASKED, reply, "es", region) is None
    told = notice(load(), "What is the brain able to do?", reply, "es", region)
    assert told
    assert told.text.startswith("I can only answer in Spanish.")
