"""A conversation without a session: the page brings what was said before, and it is answered anew.

Nothing is stored. Replies depend on nothing but the knowledge and what was said, so the
same words give the same conversation again, on any machine.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote_plus

from assistant.replies import Reply

TAKEN_BACK = ""
"""Stands in the list of what was said for the button "that is not what I meant"; no question is empty."""

MAX_TURNS = 20
"""Turns that a page carries: more than people read back, and 60 ms to answer anew."""

MAX_CARRIED = 36 * 1024
"""Bytes, as a form sends them: leaves 28 KiB of the 64 KiB limit for the next question."""

MAX_UTTERANCE = 2_000
"""Characters: a long paragraph. A longer text is only read for danger."""


class Answers(Protocol):
    """What a conversation needs of the dialogue."""

    def respond(self, utterance: str, context: str = "", region: str = "", *, not_crisis: bool = False) -> Reply: ...


@dataclass(frozen=True)
class Turn:
    """One utterance and its reply; `number` counts from 1, `taken_back` follows a crisis reply."""

    number: int
    utterance: str
    reply: Reply
    taken_back: bool = False


def presentable(typed: str) -> str:
    """Return *typed* with plain line ends, without control characters and lone surrogates."""
    lines = typed.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def carried(said: Sequence[str]) -> tuple[str, ...]:
    """Return the newest of what was *said*, in order: at most `MAX_TURNS` and `MAX_CARRIED` bytes."""
    kept: list[str] = []
    size = 0
    for utterance in reversed(said[-MAX_TURNS:]):
        size += len("&earlier=") + len(quote_plus(utterance, errors="replace"))
        if kept and size > MAX_CARRIED:
            break
        kept.append(utterance)
    while kept and kept[-1] == TAKEN_BACK:  # its question was left behind
        kept.pop()
    return tuple(reversed(kept))


def replay(dialogue: Answers, said: Sequence[str], context: str = "", region: str = "") -> tuple[Turn, ...]:
    """Answer all that was *said*, in order.

    Args:
        said: what the visitor typed, oldest first; `TAKEN_BACK` asks the one before it again.
        context: the last reply's, as the page sent it; used where the first turns were left behind.

    Returns:
        One turn an utterance of `carried(said)`; empty when nothing was said.
    """
    kept = carried(said)
    whole = len(kept) == len(said)
    turns: list[Turn] = []
    current = ""
    for number, typed in enumerate(kept, start=1):
        taken_back = typed == TAKEN_BACK
        utterance = turns[-1].utterance if taken_back else typed
        if number == len(kept) and context and not whole:
            current = context
        reply = dialogue.respond(utterance, current, region, not_crisis=taken_back)
        turns.append(Turn(number, utterance, reply, taken_back))
        current = reply.context
    return tuple(turns)
