"""Undoes disguises of words that a person still reads: look-alike letters, leet, spacing, stretching."""

from __future__ import annotations

import re
from collections.abc import Callable

_LOOKALIKE = str.maketrans(
    "аеорсухкмтнвіјѕԁһոքգԛѡαβεικνορτυχϲϳ",
    "aeopcyxkmthbijsdhnpgqwabeiknoptuxcj",
)
_SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz")
_LEET = str.maketrans("0134578@$!|€+", "oieastbasiiet")
_LATIN = re.compile(r"[a-z]")
_LEET_SIGN = re.compile(r"[0134578@$!|€+]")
_LEETISH = re.compile(r"[a-z0-9@$!|€+]*[a-z][0-9@$!|€+]+[a-z][a-z0-9@$!|€+]*|[a-z]*[0-9@$!|€+][a-z][a-z0-9@$!|€+]*")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W\d_][\s.\-_*·•,/\\|]{1,3}){3,}[^\W\d_](?![^\W_])")
_JOINED = re.compile(r"(?<![^\W\d_])[^\W\d_]++(?:[.\-_*·•/\\|~]++[^\W\d_]++)+")
_MARKS = re.compile(r"[.\-_*·•/\\|~]+")
_NUMBER = re.compile(r"\d+(?:st|nd|rd|th)|\d{2,}[a-z]{1,2}")
_ALONE = "ai"  # letters that are words
MOST_LETTERS, LONGEST = 30, 10  # set apart into words ("i want to kill myself" has 17), and of such a word: more
# would make a long text of spaced letters dear
_LETTERS = re.compile(r"[^\W\d_]+")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")


def unmask(folded: str, uses: Callable[[str], int] = lambda word: 0) -> str:
    """Return *folded* text with disguises undone; the same text where there is none.

    *uses* tells how often the examples use a word; 0 if it is unknown. Marks between known words are left where
    they hide no other one: "self-help" stays, "over-dose" does not.
    """
    text = folded
    if not text.isascii():
        text = text.translate(_SMALL_CAPITALS)
    if _LATIN.search(text) and (not folded.isascii() or _LEET_SIGN.search(text)):
        text = " ".join(w if w.isascii() and not _LEET_SIGN.search(w) else _plain_word(w) for w in text.split(" "))
    text = _SPACED.sub(lambda m: _close_up(m.group(0), uses), text)
    text = _JOINED.sub(lambda m: _without_marks(m.group(0), uses), text)
    if not _STRETCHED.search(text):
        return text
    return " ".join(
        _LETTERS.sub(lambda m: _unstretched(m.group(0), uses), w) if _STRETCHED.search(w) else w
        for w in text.split(" ")
    )


def _unstretched(word: str, uses: Callable[[str], int]) -> str:
    """Return *word* with letters that stand three times or more once, or twice where that makes a commoner word."""
    once, twice = _STRETCHED.sub(r"\1", word), _STRETCHED.sub(r"\1\1", word)
    return twice if uses(twice) > uses(once) else once


def _without_marks(joined: str, uses: Callable[[str], int]) -> str:
    whole = _MARKS.sub("", joined)
    return joined if not uses(whole) and all(map(uses, _MARKS.split(joined))) else whole


def _plain_word(word: str) -> str:
    latin = word.translate(_LOOKALIKE)
    if latin != word and (_LATIN.search(word) or latin.isascii()):
        word = latin
    bare = word.strip(".,;:?")
    return word.translate(_LEET) if _LEETISH.fullmatch(bare) and not _NUMBER.fullmatch(bare) else word


def _close_up(spaced: str, uses: Callable[[str], int]) -> str:
    """Join letters set apart; a wider gap (two blanks or more) stays a gap between words."""
    parts = (re.sub(r"[^\w]|_", "", part) for part in re.split(r"\s{2,}|\s[.\-*/|]\s", spaced))
    return " ".join(part if uses(part) else _set_apart(part, uses) for part in parts)


def _set_apart(letters: str, uses: Callable[[str], int]) -> str:
    """Return *letters* as the known words that they are made of, long ones if there is a choice; or as they are."""
    if len(letters) > MOST_LETTERS:
        return letters
    made = {0: (0, 0, "")}  # of the first so many letters: the words' squared lengths, the last length, and the words
    for end in range(1, len(letters) + 1):
        ways = [
            (made[start][0] + len(word) ** 2, len(word), f"{made[start][2]} {word}")
            for start in range(max(0, end - LONGEST), end)
            for word in [letters[start:end]]
            if start in made and (uses(word) if len(word) > 1 else word in _ALONE)
        ]
        if ways:
            made[end] = max(ways)
    return made.get(len(letters), (0, 0, letters))[2].strip()
