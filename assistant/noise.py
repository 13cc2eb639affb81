"""Noise that a person still reads through: what hurried or evasive typing does to a message.

Each kind makes another form of a text, the same one every time for the same text and seed.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

Noise = Callable[[str, Random], str]

NEIGHBOURS = {
    "a": "qs", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
"""Keys beside each key."""

TWINS = dict(zip("aceopxyi", "асеорхуі", strict=True))
"""Letters of another script that look the same."""

INVISIBLE = "\u200b\u200c\u200d\u2060\u00ad"
EMOJI = "😭🔪💔😔🙏😞🥀"
WORDS_A_SLIP = 8  # one slip of the fingers in so many words
LONG_ENOUGH = 4  # letters: a slip in a shorter word makes another word


def slips(text: str, random: Random) -> str:
    """Return *text* with a letter swapped, left out, doubled or hit beside its key, once in some words."""
    words = text.split(" ")
    fit = [i for i, word in enumerate(words) if len(word) >= LONG_ENOUGH and word.isascii() and word.isalpha()]
    for i in random.sample(fit, min(len(fit), 1 + len(words) // WORDS_A_SLIP)):
        word = words[i]
        at = random.randrange(1, len(word) - 1)
        letter = word[at]
        words[i] = random.choice(
            [
                word[:at] + word[at + 1] + letter + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at:],
                word[:at] + random.choice(NEIGHBOURS[letter.lower()]) + word[at + 1 :],
            ]
        )
    return " ".join(words)


def spacing(text: str, random: Random) -> str:
    """Return *text* with some blanks doubled, and one word spelt out letter by letter."""
    words = text.split(" ")
    fit = [i for i, word in enumerate(words) if len(word) >= LONG_ENOUGH and word.isalpha() and word.isascii()]
    if fit:
        chosen = random.choice(fit)
        words[chosen] = f" {' '.join(words[chosen])} "
    return "".join(word + random.choice((" ", "  ")) for word in words)


def case(text: str, random: Random) -> str:
    """Return *text* in capitals, in small letters, or in both mixed."""
    style = random.randrange(3)
    if style == 2:
        return "".join(random.choice((letter.lower(), letter.upper())) for letter in text)
    return text.upper() if style else text.lower()


def emoji(text: str, random: Random) -> str:
    """Return *text* with emoji between some words and at its end."""
    words = [word + (random.choice(EMOJI) if random.random() < 0.2 else "") for word in text.split(" ")]
    return " ".join(words) + random.choice(EMOJI)


def invisible(text: str, random: Random) -> str:
    """Return *text* with characters of no width between its letters."""
    return "".join(letter + (random.choice(INVISIBLE) if random.random() < 0.2 else "") for letter in text)


def twins(text: str, random: Random) -> str:
    """Return *text* with some letters of another script that look the same."""
    return "".join(TWINS[x] if x in TWINS and random.random() < 0.4 else x for x in text)


NOISES: dict[str, Noise] = {
    "slips of the fingers": slips,
    "spacing": spacing,
    "case": case,
    "emoji": emoji,
    "zero-width characters": invisible,
    "look-alike letters": twins,
}


def forms(text: str, kind: str, count: int) -> list[str]:
    """Return *count* noised forms of *text*; the same every time."""
    return [NOISES[kind](text, Random(f"{kind} {number} {text}")) for number in range(count)]  # noqa: S311 (no secret)
