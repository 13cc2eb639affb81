"""Repairs of typing mistakes: the short cut by letters finds what comparing with every word finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from assistant.spelling import NEAR, NEAR_LONG, Speller

WORDS = ("plasticity", "recovery", "depression", "meditation", "therapy", "trauma", "neurons", "habits", "pruning")
SPELLER = Speller([WORDS, WORDS], frozenset())


@given(st.sampled_from(WORDS), st.lists(st.tuples(st.integers(0, 12), st.sampled_from("aeionrt")), max_size=3))
def test_no_near_word_is_passed_over(word, slips):
    typed = word
    for place, letter in slips:
        typed = typed[:place] + letter + typed[place + 1 :]
    (repaired,) = SPELLER.repair([typed])
    cutoff = NEAR if len(typed) < 8 else NEAR_LONG
    near = [w for w in WORDS if OSA.normalized_similarity(typed, w) >= cutoff]
    assert repaired in near if near and typed not in WORDS else repaired == typed


def test_letters_that_change_places_are_one_slip():
    assert SPELLER.repair(["tehrapy", "unrelated"]) == ["therapy", "unrelated"]


def test_a_rare_word_is_known_but_repairs_no_other():
    texts = [["tibok", "took"]] * 3
    assert Speller(texts, {"took"}).repair(["tiok"]) == ["tibok"], "the nearest"
    choosy = Speller(texts, {"took"}, repair_from=8)
    assert choosy.repair(["tiok"]) == ["took"]
    assert choosy.repair(["tibok"]) == ["tibok"]
