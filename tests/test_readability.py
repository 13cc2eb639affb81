"""Grades and sentences, within what counting syllables by rule can do."""

from __future__ import annotations

import pytest

from assistant.readability import grade, longest_sentence, sentences, syllables, words


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *(("brain", 1), ("change", 1), ("changes", 2), ("walked", 1), ("needed", 2), ("little", 2), ("people", 2)),
        *(("idea", 3), ("science", 2), ("quiet", 2), ("being", 2), ("trauma", 2), ("emotional", 4), ("medicine", 3)),
        *(("neuroplasticity", 6), ("a", 1), ("rhythm", 1), ("created", 3)),
    ],
)
def test_syllables_of_common_words(word, count):
    assert syllables(word) == count


def test_an_easy_text_has_a_low_grade_and_a_hard_one_a_high():
    assert grade("The cat sat on the mat. It was warm.") < 1
    assert 5 < grade("The brain can change when people learn something new, and that helps them to recover.") < 9
    assert grade("Neuroplasticity facilitates individual rehabilitation through therapeutic interventions.") > 16


def test_the_formula_is_flesch_kincaids():
    # 7 words, 1 sentence, 9 syllables: 0.39 * 7 + 11.8 * 9 / 7 - 15.59
    assert grade("The doctor can help people with sleep.") == pytest.approx(0.39 * 7 + 11.8 * 9 / 7 - 15.59)


def test_sentences_end_at_end_marks_and_lines():
    assert list(sentences('He said "go." She went. Was it 3.5 or more? Yes!\nNo')) == [
        'He said "go."', "She went.", "Was it 3.5 or more?", "Yes!", "No",
    ]  # fmt: skip


def test_abbreviations_do_not_end_a_sentence():
    assert len(list(sentences("Some foods, e.g. nuts, are fine."))) == 1


def test_the_longest_sentence_is_found():
    assert longest_sentence("One two. One two three four. One.") == (4, "One two three four.")
    assert longest_sentence("") == (0, "")
    assert grade("... 12 !") == 0.0
    assert words("Don't re-read 42 it") == ["Don't", "re-read", "it"]
