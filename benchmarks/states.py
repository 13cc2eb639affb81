"""Every page and state that a visitor can meet: what to open, or what to say to get there.

The browser's tests and `screenshots.py` both go through this list, so that what is tested is what was looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations

from assistant.dialogue import Dialogue
from assistant.knowledge import Knowledge
from assistant.rendering import cited, shape

PAGES = {
    "empty": "/?region=UK",
    "spanish": "/?lang=es&region=US",
    "large": "/?region=UK&size=larger",
    "help": "/help",
    "offline": "/offline",
    "sources": "/sources",
    "source-marked": "/sources/neuroplasticity-recovery#types-1",
    "topics": "/topics",
    "privacy": "/privacy",
    "about": "/about",
    "error": "/none",
}

PLAIN = "What is structural plasticity?"
"""Is answered by one passage."""

WANTED: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "answer": ("answer", 1, ("What are the two types of neuroplasticity?", PLAIN)),
    "two-passages": (
        "answer",
        2,
        ("What are structural plasticity and functional plasticity?", "skills and memory", "healing", "brain"),
    ),
    "does-not-say": ("abstention", 0, ("How do I fix a dripping kitchen tap?", "Who won the cup?")),
    "did-you-mean": (
        "clarification",
        0,
        (
            "rewiring and stress",
            "is there any risk in rewiring the brain",
            "mind change people",
            "nerve links and mood",
        ),
    ),
    "clinical": ("clinical", 0, ("Should I stop taking my sertraline?", "Do I have depression?")),
    "crisis": ("crisis", 0, ("i want to die",)),
    "abuse": ("crisis", 0, ("my husband hits me",)),
    "small-talk": ("smalltalk", 0, ("hello",)),
}
"""State: shape of the reply, passages in it, and words that may bring it; what a phrase brings may change."""

TYPED = {
    "nothing-typed": "",
    "too-long": "why is the sky blue " * 110,
    "one-long-word": "x" * 1000,
    "too-much": "why " * 20_000,
}
"""State: what is typed; the first two are refused beside the field, the last by a page of its own."""


def sayings(dialogue: Dialogue, knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Return, for every state of a conversation, what to say in turn to get there.

    Where none of the words in `WANTED` brings a state, single words of the passages' titles are tried, then pairs.

    Raises:
        LookupError: nothing that was tried brings a state.
    """
    found: dict[str, tuple[str, ...]] = {}
    for state, (wanted, count, candidates) in WANTED.items():
        for said in chain(candidates, _words(knowledge)):
            reply = dialogue.respond(said, "", "UK")
            if shape(reply) == wanted and len(cited(reply)) == count:
                found[state] = (said,)
                break
        else:
            raise LookupError(f"nothing in WANTED brings {state!r}: add words that do")
    found["crisis-later"] = (*found["crisis"], PLAIN)
    found["foreign"] = ("¿Qué puede hacer el cerebro después de una lesión?",)
    return found | {state: (typed,) for state, typed in TYPED.items()}


def _words(knowledge: Knowledge) -> Iterator[str]:
    words = sorted({word.lower() for passage in knowledge.passages.values() for word in passage.title.split()})
    yield from words
    yield from (" ".join(pair) for pair in combinations(words, 2))
