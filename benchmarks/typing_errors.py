"""Typing errors for questions: made by the same seed in the same words every time.

Three kinds: *keyboard* (a neighbouring key), *dropped* (a letter left out, or two swapped) and
*phonetic* (written as it sounds). About a third of the words of four letters or more are hit, at
least one a question; the first letter is left alone, as people mostly get it right.
"""

from __future__ import annotations

import random
import re

KINDS = ("keyboard", "dropped", "phonetic")
SHARE = 0.34  # of the words long enough
SHORTEST = 4  # letters
DROPPED = 0.65  # share of *dropped* in which a letter is left out; else two are swapped
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SOUNDS = (
    ("tion", "shun"), ("ght", "t"), ("ph", "f"), ("ck", "k"), ("ea", "ee"), ("ie", "ei"), ("ou", "ow"), ("ce", "se"),
    ("ai", "ay"), ("er", "ur"), ("ss", "s"), ("ll", "l"), ("mm", "m"), ("rr", "r"), ("nn", "n"), ("pp", "p"),
    ("tt", "t"), ("y", "i"), ("c", "k"), ("e", "a"), ("i", "e"), ("a", "e"), ("o", "u"), ("s", "z"),
)  # fmt: skip


def _near() -> dict[str, str]:
    """Return the keys beside each letter on its row, and those above and below."""
    found = {}
    for r, row in enumerate(ROWS):
        for c, letter in enumerate(row):
            beside = row[max(0, c - 1) : c] + row[c + 1 : c + 2]
            above = ROWS[r - 1][c : c + 2] if r else ""
            below = ROWS[r + 1][max(0, c - 1) : c + 1] if r + 1 < len(ROWS) else ""
            found[letter] = beside + above + below
    return found


NEAR = _near()


def mistyped(question: str, kind: str, seed: int = 1) -> str:
    """Return *question* with errors of one *kind*; unchanged where no word is long enough."""
    chance = random.Random(f"{seed}|{kind}|{question}")
    parts = re.split(r"([A-Za-z]+)", question)
    long = [i for i in range(1, len(parts), 2) if len(parts[i]) >= SHORTEST]
    if not long:
        return question
    for i in [i for i in long if chance.random() < SHARE] or [chance.choice(long)]:
        parts[i] = _wrong(parts[i].lower(), kind, chance)
    return "".join(parts)


def _wrong(word: str, kind: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word))
    if kind == "keyboard":
        return word[:at] + chance.choice(NEAR[word[at]]) + word[at + 1 :]
    if kind == "dropped":
        if at == len(word) - 1 or chance.random() < DROPPED:
            return word[:at] + word[at + 1 :]
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    fitting = [pair for pair in SOUNDS if pair[0] in word[1:]]
    if not fitting:
        return word
    right, wrong = chance.choice(fitting[:3])
    at = word.index(right, 1)
    return word[:at] + wrong + word[at + len(right) :]
