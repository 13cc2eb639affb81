"""Text as the matcher reads it."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.text import clean, fold, words


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=40))
@example("a\tb\nc\x00d\x7fe")
def test_plain_letters_take_a_short_cut_to_the_same_text(text):
    slow = "".join(" " if c in "\n\t\r" else c for c in text if c in "\n\t\r" or unicodedata.category(c) != "Cc")
    assert clean(text) == unicodedata.normalize("NFKC", slow)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40))
def test_folding_takes_accents_and_capitals_away_and_nothing_twice(text):
    folded = fold(text)
    assert folded == folded.strip()
    assert "  " not in folded
    assert not re.search("[\u0300-\u036f]", unicodedata.normalize("NFD", folded))
    assert fold("Ärger IN  Zürich\n") == "arger in zurich"


def test_vowel_signs_belong_to_their_words():
    assert words(fold("मैं मरना चाहता हूँ।")) == ["मैं", "मरना", "चाहता", "हूँ"]
    assert words(fold("don't")) == ["don't"]


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("połknęłam", "polknelam"),
        ("Weiß", "weiss"),
        ("ışık", "isik"),
        ("đau", "dau"),
        ("søvn", "sovn"),
        ("أُريدُ أن أنتحر", "اريد ان انتحر"),
        ("آخـــر مدرسة", "اخر مدرسه"),
        ("میکنم", "ميكنم"),
        ("ہوں", "هوں"),
    ],
)
def test_letters_that_many_type_as_another_are_one(typed, plain):
    assert fold(typed) == fold(plain) == plain
