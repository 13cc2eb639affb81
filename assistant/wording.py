"""The few sentences of replies that belong to no passage."""

from __future__ import annotations

DID_YOU_MEAN = "I am not sure which of these you mean. Did you mean one of them?"
STANDS_HERE = "This is the place it comes from."


def does_not_say(title: str, about: str, opening: str = "") -> str:
    """Return the honest refusal, naming what is not covered where it is known."""
    work = "The article" if title else "What I have been given"
    missing = f"{work} does not say anything about {about}." if about else f"{work} does not answer that."
    advice = "I can only tell you what it says."
    return " ".join(part for part in (opening, missing, advice) if part)
