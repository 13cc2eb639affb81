"""The benchmark of the page: what holds a bar, and when a quick look is followed by others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def bench():
    pytest.importorskip("playwright")
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import page

        yield page
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


@pytest.mark.parametrize(
    ("value", "limits", "held"),
    [
        (50_000, {"most": 50_000}, True),
        (50_001, {"most": 50_000}, False),
        (0.98, {"least": 0.98}, True),
        (0.97, {"least": 0.98}, False),
        (9.0, {}, True),
    ],
)
def test_a_bar_is_held_up_to_its_limit(bench, value, limits, held):
    bar = bench.Bar("x", value, "", **limits)
    assert bar.held is held
    assert ("NO" in bar.row) is not held


@pytest.mark.parametrize(
    ("quick", "first", "runs"),
    [(True, 1.0, [1]), (True, 0.5, [1, 3]), (False, 1.0, [3]), (False, 0.5, [3])],
)
def test_a_quick_look_is_one_run_and_all_of_them_where_it_misses(bench, quick, first, runs):
    seen: list[int] = []

    def find(number):
        seen.append(number)
        return [bench.Bar("x", first if number == 1 else 0.9, "of 1", least=0.98)]

    bars = bench.looked_at(find, 3, quick)
    assert seen == runs
    assert bars[0].value == (first if seen[-1] == 1 else 0.9)


def test_every_change_is_held_to_the_bars():
    steps = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "benchmarks/page.py --quick" in steps
    assert "set -e" in steps
