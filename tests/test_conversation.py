"""What a page carries, and the conversation that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.conversation import MAX_CARRIED, MAX_TURNS, TAKEN_BACK, carried, presentable, replay
from assistant.replies import Reply, SmallTalkReply, Support


@dataclass
class Echo:
    """Answers with what it was given."""

    seen: list[tuple[str, str, bool]] = field(default_factory=list)

    def respond(self, utterance: str, context: str = "", region: str = "", *, not_crisis: bool = False) -> Reply:
        self.seen.append((utterance, context, not_crisis))
        return SmallTalkReply("", Support(), (), f"{context}.", None)


def test_each_turn_gets_the_context_of_the_one_before():
    echo = Echo()
    replay(echo, ["a", "b", "c"], context="given")
    assert echo.seen == [("a", "", False), ("b", ".", False), ("c", "..", False)]


def test_a_turn_that_was_taken_back_is_asked_again():
    echo = Echo()
    turns = replay(echo, ["a", TAKEN_BACK])
    assert echo.seen == [("a", "", False), ("a", ".", True)]
    assert [t.taken_back for t in turns] == [False, True]


def test_nothing_said_is_no_turn():
    assert replay(Echo(), []) == ()
    assert replay(Echo(), [TAKEN_BACK]) == ()


def test_only_the_newest_turns_are_carried_and_the_given_context_stands_for_the_rest():
    echo = Echo()
    turns = replay(echo, [str(n) for n in range(MAX_TURNS + 5)], context="given")
    assert [t.utterance for t in turns] == [str(n) for n in range(5, MAX_TURNS + 5)]
    assert echo.seen[-1][1] == "given"


def test_what_is_carried_fits_into_a_form():
    kept = carried(["你" * 2000] * 5)
    assert 1 <= len(kept) <= MAX_CARRIED // 18_000
    assert carried(["x" * 60_000]) == ("x" * 60_000,)


def test_text_is_shown_without_what_cannot_be_shown():
    assert presentable("a\r\nb\rc\0\x07\ud800d\te") == "a\nb\ncd\te"
