"""Many requests at once in one worker do not disturb each other."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from assistant.dialogue import Dialogue
from assistant.text import Stems, words

WORDS = words(
    " ".join(f"unseen{n}ing rationalisation{n}s meditatively{n} nationalities feelings{n}" for n in range(300))
)


def test_stems_are_the_same_in_every_thread():
    alone = Stems().of(WORDS)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda _: Stems().of(WORDS), range(24)))
    assert all(stems == alone for stems in together)


def test_one_question_is_answered_at_a_time(dialogue):
    """Side by side each would cost twice the processor's time."""
    under_way: list[int] = []
    most: list[int] = []

    class Slow:
        def screen(self, *given, **named):
            under_way.append(1)
            most.append(len(under_way))
            time.sleep(0.02)
            under_way.pop()
            return dialogue.engine.screen.screen(*given, **named)

    slow = Dialogue(dialogue.knowledge, replace(dialogue.engine, screen=Slow()), dialogue._signer)
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(slow.respond, ["What is structural plasticity?"] * 6))
        found = list(pool.map(slow.is_crisis, ["I want to kill myself"] * 6))
    assert max(most) == 1
    assert len({r.text for r in replies}) == 1
    assert all(found)
