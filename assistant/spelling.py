"""Repairs typing mistakes towards the knowledge's own words.

A word is left alone when the knowledge knows it or when it is one of the commonest words of
English; otherwise it becomes the nearest word of the knowledge, if that is near enough
(optimal string alignment, rapidfuzz). Used for finding passages, never before the crisis screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from math import ceil

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

SHORTEST = 4  # letters: shorter words have too many neighbours
NEAR = 0.70  # similarity, 0 to 1
NEAR_LONG = 0.72  # for words of eight letters or more
MOST_REPAIRS = 40  # words a text: beyond that it is no typed question
MIN_USES = 2  # a word the knowledge uses once may be a typing mistake itself


class Speller:
    """Knows the words of the knowledge and how often each is used."""

    def __init__(self, texts_words: Iterable[Iterable[str]], common: Collection[str], repair_from: int = 0) -> None:
        """Learn the words of the knowledge.

        Args:
            common: the commonest words of the language.
            repair_from: uses from which a word that is none of these is what another may have meant.
        """
        counts = Counter(w for words in texts_words for w in words)
        self._common = common
        self._uses = {w: n for w, n in counts.items() if len(w) > 2 and w.isalpha() and (w in common or n >= MIN_USES)}
        self._choices = _by_length(w for w, n in self._uses.items() if w in common or n >= repair_from)

    def knowing(self, texts_words: Iterable[Iterable[str]]) -> Speller:
        """Return a speller that knows these texts' words as well."""
        new = Speller(texts_words, self._common)
        new._uses = {w: self._uses.get(w, 0) + new._uses.get(w, 0) for w in {**self._uses, **new._uses}}
        new._choices = _by_length(new._uses)
        return new

    def knows(self, word: str) -> bool:
        """Return whether *word* is one of the knowledge's or one of the commonest of English."""
        return self.uses(word) > 0

    def uses(self, word: str) -> int:
        """Return how often the knowledge uses *word*: 1 for the commonest words of English, 0 for unknown ones."""
        return self._uses.get(word) or int(word in self._common)

    def repair(self, tokens: list[str]) -> list[str]:
        """Return *tokens* with unknown words replaced where a near known one exists."""
        left = MOST_REPAIRS
        out = []
        for token in tokens:
            if left and self._doubtful(token):
                left -= 1
                token = self._nearest(token)
            out.append(token)
        return out

    def _doubtful(self, token: str) -> bool:
        return SHORTEST <= len(token) <= 24 and token.isalpha() and not self.knows(token)

    def _nearest(self, token: str) -> str:
        cutoff = NEAR if len(token) < 8 else NEAR_LONG
        letters = _letters(token)
        choices: list[str] = []
        for length in range(ceil(cutoff * len(token)), int(len(token) / cutoff) + 1):  # of no other length one is near
            if length in self._choices:
                words, masks = self._choices[length]
                edits = int((1 - cutoff) * max(length, len(token)) + 1e-9)
                unlike = np.bitwise_count(masks ^ letters)
                choices += [words[i] for i in (unlike <= 2 * edits).nonzero()[0]]  # an edit changes two letters at most
        found = process.extract(token, choices, scorer=OSA.normalized_similarity, score_cutoff=cutoff, limit=4)
        if not found:
            return token
        best = max(
            found, key=lambda hit: (round(hit[1] + (0.05 if hit[0][0] == token[0] else 0), 2), self._uses[hit[0]])
        )
        return str(best[0])


_Choices = dict[int, tuple[list[str], np.ndarray]]
"""Words of each length, with the letters that each has."""


def _by_length(words: Iterable[str]) -> _Choices:
    found: dict[int, list[str]] = {}
    for word in words:
        found.setdefault(len(word), []).append(word)
    return {length: (each, np.array([_letters(w) for w in each])) for length, each in found.items()}


def _letters(word: str) -> np.uint64:
    """Return which letters *word* has, one bit each."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return np.uint64(bits)
