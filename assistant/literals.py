"""The phrases of danger that staff write, looked for as they stand: literals, never patterns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.text import fold
from assistant.wordmodel import tokens_of

UNSPACED = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
"""Letters of scripts that set no blanks between words."""


@dataclass(frozen=True)
class Literal:
    """A phrase as it is looked for: with a blank around each word, where its script sets blanks."""

    number: int
    text: str
    category: str
    words: frozenset[str] = frozenset()


class Literals:
    """Phrases by their longest word, so that a text is only searched for those that it may have."""

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        self._unspaced: list[Literal] = []
        self._spaced: dict[str, list[Literal]] = {}
        every = [(p, category) for category, each in phrases.items() for p in each if p.strip()]
        for number, (phrase, category) in enumerate(every):
            text = " ".join(tokens_of(fold(phrase)))
            if UNSPACED.search(text):
                self._unspaced.append(Literal(number, text, category))
            else:
                longest = max(text.split(" "), key=len)
                own = Literal(number, f" {text} ", category, frozenset(text.split(" ")))
                self._spaced.setdefault(longest, []).append(own)

    def within(self, tokens: Sequence[str]) -> list[Literal]:
        """Return the phrases that stand in a text given as its *tokens*, in the order in which staff wrote them."""
        padded = f" {' '.join(tokens)} "
        present = set(tokens)
        likely = [
            literal
            for word in self._spaced.keys() & present
            for literal in self._spaced[word]
            if literal.words <= present
        ]
        if self._unspaced and UNSPACED.search(padded):
            likely += self._unspaced
        return sorted((literal for literal in likely if literal.text in padded), key=lambda literal: literal.number)
