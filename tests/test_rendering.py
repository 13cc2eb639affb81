"""Replies as JSON, and why an answer was chosen."""

from __future__ import annotations

from assistant.rendering import as_json, because, paragraphs, shape


def test_each_kind_has_the_fields_of_the_contract(dialogue):
    for question in ("What is functional plasticity?", "i want to die", "hello", "How do I fix a tap?"):
        reply = as_json(dialogue.respond(question))
        assert list(reply)[:6] == ["kind", "reply", "passages", "support", "suggestions", "context"]
        assert set(reply["support"]) >= {"level", "text", "resources"}
        assert "why" not in reply


def test_explaining_adds_scores(dialogue):
    why = as_json(dialogue.respond("What is functional plasticity?"), explain=True)["why"]
    assert 0 <= why["confidence"] <= 1
    assert why["candidates"][0]["id"] == "functional"


def test_resources_come_with_ways_to_reach_them(dialogue):
    support = as_json(dialogue.respond("i want to die", region="US"))["support"]
    assert support["level"] == "urgent"
    assert support["emergency"] == "911"
    assert {"how": "call", "value": "988"}.items() <= support["resources"][0]["contact"][0].items()
    assert support["resources"][0]["contact"][0]["href"] == "tel:988"


def test_why_is_said_in_words_and_names_the_second_best(dialogue):
    found = because(dialogue.respond("What is functional plasticity?"), dialogue.knowledge.passages)
    assert found
    assert found.sureness in ("very", "fairly", "slightly")
    assert found.runner_up
    assert found.runner_up.id != "functional"


def test_small_talk_needs_no_why(dialogue):
    reply = dialogue.respond("hello")
    assert shape(reply) == "smalltalk"
    assert because(reply, dialogue.knowledge.passages) is None


def test_paragraphs_are_never_empty():
    assert paragraphs("a\n\n b \n") == ["a", "b"]
