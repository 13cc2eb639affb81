"""The built-in last resort: a few phrases, one crisis reply and help lines, if all files are gone.

Facts as in ``knowledge/helplines``; staff must keep both in step (a test compares them).
"""

from __future__ import annotations

from datetime import date

from assistant.passages import Contact, CrisisVariant, HelpLine, Region

_CHECKED, _EXPIRES = date(2026, 11, 23), date(2027, 2, 23)


def _line(id: str, name: str, region: str, *contacts: Contact) -> HelpLine:
    return HelpLine(
        id, name, region, "crisis", "anyone", contacts, "24/7", "free", "", "built in", _CHECKED, _EXPIRES
    )  # fmt: skip


REGION = Region(
    "WORLD",
    "Anywhere",
    "the local emergency number",
    (
        _line("us-988", "988 Lifeline (US, Canada)", "US", Contact("call", "988"), Contact("text", "988")),
        _line("uk-samaritans", "Samaritans (UK, Ireland)", "UK", Contact("call", "116 123")),
        _line("world-directory", "Find A Helpline (other countries)", "WORLD", Contact("web", "findahelpline.com")),
    ),
)

VARIANT = CrisisVariant(
    category="general",
    first="I am glad you wrote this. I am a program, and I cannot help in danger. People can, right now.",
    steps=(
        "Call or text one of the lines on this page now.",
        "If you may be in danger now, call the emergency number.",
        "Go to a person you trust, and stay with them.",
    ),
    moment="Put both feet on the floor and take one slow breath.",
    say="You can say: I am not safe and I need help.",
    next="Someone will listen. You can say as little as you like.",
    professional="A doctor or nurse can help too.",
    purposes=("crisis",),
    later=(
        "The help lines are still here for you.",
        "You can still call or text one of these lines.",
        "People who can help are still one call or text away.",
    ),
)

PHRASES: dict[str, tuple[str, ...]] = {
    "suicide_explicit": (
        "kill myself", "end my life", "take my own life", "i want to die", "want to end it all", "im suicidal",
        "i am suicidal", "unalive myself", "kms tonight", "quiero matarme", "quiero morir", "je veux mourir",
        "ich will sterben", "quero morrer", "死にたい", "想自杀", "хочу умереть", "मरना चाहता", "marna chahta",
        "اريد ان اموت",
    ),
    "suicide_passive": ("dont want to live", "dont want to wake up", "be better off without me", "dont want to be alive"),
    "self_harm": ("cut myself", "hurt myself", "hurting myself", "cutting myself"),
    "overdose_or_medical": ("took all my pills", "whole bottle of pills", "not breathing", "overdosed", "cant breathe"),
    "harm_to_others": ("want to kill him", "want to kill her", "want to hurt my baby", "going to shoot"),
    "abuse_or_danger": ("he hits me", "she hits me", "is going to kill me", "i was raped", "touches me at night"),
    "third_party": ("wants to kill himself", "wants to kill herself", "going to kill himself", "going to kill herself"),
    "eating_or_neglect_emergency": ("havent eaten in days", "not drunk anything for days"),
}  # fmt: skip
