"""How hard a text is to read.

Flesch-Kincaid grade (Kincaid and others, 1975): 0.39 words a sentence + 11.8 syllables a word - 15.59,
in years of US school. Syllables are counted by rules for English spelling, right for about nine
words in ten; a grade is good to about one year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SENTENCE = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"'”’)]))\s+(?=[\"'“‘(]*[A-Z0-9])|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_VOWELS = re.compile(r"[aeiouyàâäéèêëîïôöûüæœ]+")
_SILENT_END = re.compile(r"(?:[^laeiouycgszxh]es|[^dtaeiouy]ed|[^laeiouy]e)$")
_SPLIT_VOWELS = re.compile(
    r"ia(?!l)|io(?!n|us)|eo(?!u|pl)|(?<=[aeiou]\w)ea$|ua|uou|ii|[aeiou]ing|creat|react|ism\b|ie(?:t|nc)|sci(?:e)"
)


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of *text*; abbreviations that end in a dot and go on in small letters do not end one."""
    for part in _SENTENCE.split(text):
        if part and _WORD.search(part):
            yield part.strip()


def words(text: str) -> list[str]:
    """Return the words of *text*; figures are none."""
    return _WORD.findall(text)


def syllables(word: str) -> int:
    """Return about how many syllables the English *word* has; at least one."""
    small = word.lower()
    count = len(_VOWELS.findall(small)) + len(_SPLIT_VOWELS.findall(small))
    if count > 1 and _SILENT_END.search(small):
        count -= 1
    return max(1, count)


def grade(text: str) -> float:
    """Return the Flesch-Kincaid grade of English *text* in school years; 0 for a text without words."""
    found = words(text)
    if not found:
        return 0.0
    parts = max(1, sum(1 for _ in sentences(text)))
    return max(0.0, 0.39 * len(found) / parts + 11.8 * sum(map(syllables, found)) / len(found) - 15.59)


def longest_sentence(text: str) -> tuple[int, str]:
    """Return the words of the longest sentence and that sentence; 0 and nothing without one."""
    return max(((len(words(s)), s) for s in sentences(text)), default=(0, ""), key=lambda found: found[0])
