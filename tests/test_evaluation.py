"""Floors under the measured figures, so that an edit that makes answers worse is seen."""

from __future__ import annotations

import pytest

from assistant.evaluation import Rate, evaluate
from tests.conftest import QUESTIONS


@pytest.fixture(scope="module")
def rates(dialogue):
    return evaluate(dialogue, sorted(QUESTIONS.glob("*.jsonl")))["all"]


@pytest.mark.parametrize(
    ("measure", "floor"),
    [
        ("top-1", 0.84),
        ("rejected", 0.84),
        ("crisis", 0.92),
        ("clinical", 0.75),
        ("small talk", 0.80),
        ("follow-up", 0.70),
    ],
)
def test_the_measuring_questions_stay_answered(rates, measure, floor):
    assert rates[measure].value >= floor


def test_the_interval_is_wilsons():
    low, high = Rate(8, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
