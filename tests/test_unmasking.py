"""Disguises are undone where a person still reads the words, and ordinary marks are left alone."""

from __future__ import annotations

import pytest

from assistant.embedding import shipped_table
from assistant.spelling import Speller
from assistant.text import fold
from assistant.unmasking import unmask

USES = Speller([["unalive", "myself", "took"]] * 2, shipped_table().tokenizer.common_words).uses


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("su-icide", "suicide"),
        ("k.i.l.l myself", "kill myself"),
        ("5u1c1d3", "suicide"),
        ("0d on pills", "od on pills"),
        ("unal!ve", "unalive"),
        ("ki-ll", "kill"),
        ("killl myself", "kill myself"),
        ("i toook sooo many", "i took so many"),
        ("over-dose", "overdose"),
        ("un-alive", "unalive"),
        ("mur.der", "murder"),
        ("k i l l m y s e l f", "kill myself"),
        ("i w a n t t o d i e", "i want to die"),
        ("i f e e l s o a l o n e", "i feel so alone"),
        ("s u i c i d e", "suicide"),
        ("x q z w v", "xqzwv"),
    ],
)
def test_a_disguise_is_undone(typed, meant):
    assert unmask(fold(typed), USES) == meant


@pytest.mark.parametrize("plain", ["a self-help group", "in 7th grade", "the 1980s", "10mg", "and/or"])
def test_ordinary_marks_and_numbers_stay(plain):
    assert unmask(fold(plain), USES) == plain
