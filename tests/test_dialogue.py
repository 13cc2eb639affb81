"""A turn: what comes back for what was said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.replies import Answer, CrisisReply, Reply, kind


def test_the_same_question_gets_the_same_answer(dialogue):
    first, second = (dialogue.respond("can an old brain still learn?") for _ in range(2))
    assert first.text == second.text


def test_help_stays_in_view_after_a_crisis_in_other_words(dialogue):
    crisis = dialogue.respond("i want to end my life", region="UK")
    assert isinstance(crisis, CrisisReply)
    later = dialogue.respond("What is neuroplasticity?", crisis.context, "UK")
    assert later.support.resources
    assert later.support.text != crisis.support.text


def test_taking_it_back_answers_and_keeps_help(dialogue):
    reply = dialogue.respond("What is neuroplasticity? i want to die", not_crisis=True)
    assert not isinstance(reply, CrisisReply)
    assert reply.support.resources


def test_pointers_are_never_the_same_twice_running(dialogue):
    first = dialogue.respond("What does trauma do to the way the brain copes?")
    second = dialogue.respond("What does trauma do to the way the brain copes?", first.context)
    assert isinstance(first, Answer)
    assert first.support.text
    assert first.support.text != second.support.text


def test_a_plain_fact_has_no_pointer(dialogue):
    assert dialogue.respond("What is neuroplasticity?").support.text == ""


def test_two_questions_get_two_passages(dialogue):
    reply = dialogue.respond("What is structural plasticity? How does mindfulness change the brain?")
    assert isinstance(reply, Answer)
    assert len({c.passage.locator for c in reply.passages}) == 2


def test_two_questions_are_answered_in_the_order_in_which_they_were_asked(dialogue):
    one = dialogue.respond("What is structural plasticity and what is functional plasticity?")
    other = dialogue.respond("What is functional plasticity and what is structural plasticity?")
    assert [c.passage.id for c in one.passages] == ["structural", "functional"]
    assert [c.passage.id for c in other.passages] == ["functional", "structural"]


@given(st.text(max_size=400))
@settings(max_examples=60, deadline=None)
def test_no_text_makes_it_raise(dialogue, text):
    assert isinstance(dialogue.respond(text, text), Reply)


def test_the_context_holds_no_word_of_the_visitor(dialogue):
    context = ""
    for said in ("zanzibarquux neuroplasticity", "i want to die zanzibarquux", "zanzibarquux"):
        context = dialogue.respond(said, context).context
    import base64

    body = context.split(".")[0] if not context.startswith(".") else context.split(".")[1]
    raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    assert b"zanzibarquux" not in raw
    assert kind(dialogue.respond("hello there friend")) == "smalltalk"


@pytest.mark.parametrize("noise", ["x" * 2000, "qpwoei zmxncb", "asdfkjh!!! qwpoeiru??"])
def test_what_holds_no_word_is_no_question_for_a_professional(dialogue, noise):
    assert kind(dialogue.respond(noise)) == "unknown"
