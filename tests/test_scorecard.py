"""The figures that are published are those of a fresh run; and what the benchmarks count, they count right."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from assistant.views.places import SCORES
from benchmarks import report
from benchmarks.charts import Bar, bars
from benchmarks.measures import Judged, auroc, calibration_error, measures
from benchmarks.scorecard import CARD, PICTURES, corners, rates
from benchmarks.typing_errors import KINDS, mistyped
from tests.page import Page


@pytest.fixture(scope="module")
def published() -> dict:
    return json.loads(SCORES.read_text("utf-8"))


def test_a_fresh_run_stays_within_every_published_interval(dialogue, published):
    fresh = rates(dialogue)
    assert list(fresh) == [row["name"] for row in published["rows"]]
    outside = [
        f"{row['name']}: {fresh[row['name']].value:.3f} is not in {row['low']:.3f} to {row['high']:.3f}"
        for row in published["rows"]
        if not row["low"] - 0.0005 <= fresh[row["name"]].value <= row["high"] + 0.0005
    ]
    assert outside == [], "run: python benchmarks/scorecard.py"


def test_the_page_and_the_card_show_the_published_figures(client, published):
    page = Page(client.get("/about").text).one("main").text
    card = CARD.read_text("utf-8")
    assert re.findall(r"\| ([\d.]+) % \|", re.sub(" +", " ", card)) == [
        f"{100 * row['value']:.1f}" for row in published["rows"]
    ]
    for row in published["rows"]:
        assert row["name"] in page
        assert f"{100 * row['value']:.1f} %" in page
    for fact in published["facts"]:
        assert fact in page
        assert fact in card
    assert published["revision"] in card


def test_every_picture_is_there_and_says_in_words_what_it_shows(client, published):
    page = client.get("/about").text
    for picture in published["pictures"]:
        address = re.search(rf"/static/{re.escape(picture['file'])}\?v=\w+", page)
        assert address
        assert client.get(address.group()).mimetype == "image/svg+xml"
        assert any(c.isdigit() for c in picture["alternative"])
    assert sum(p.stat().st_size for p in PICTURES.glob("*.svg")) < 20_000


class TestMeasures:
    JUDGED = Judged(
        scores=np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.5], [0.5, 0.5, 0.1], [0.4, 0.3, 0.2], [0.7, 0.1, 0.1]]),
        confidence=np.array([0.9, 0.8, 0.5, 0.4, 0.7]),
        gold=[frozenset([0]), frozenset([2]), frozenset([1]), frozenset(), frozenset()],
    )

    def test_a_tie_at_the_top_counts_by_chance(self):
        assert self.JUDGED.right().tolist() == [1, 0, 0.5, 0, 0]
        assert self.JUDGED.ranks().tolist() == [0, 1, 0.5]

    def test_measures_by_hand(self):
        found = measures(self.JUDGED, probability=True)
        assert found["top-1"] == pytest.approx(0.5)
        assert found["top-3"] == 1
        assert found["MRR"] == pytest.approx((1 + 1 / 2 + 1 / 1.5) / 3)
        assert found["AUROC"] == pytest.approx(5 / 6)  # 0.9 and 0.8 above both, 0.5 above one
        assert found["right@95"] == pytest.approx(1 / 3)  # only the first is sure enough and right

    def test_several_right_entries_count_as_one(self):
        judged = Judged(np.array([[0.1, 0.9, 0.8]]), np.array([0.9]), [frozenset([1, 2])])
        assert judged.right().tolist() == [1]
        assert judged.ranks().tolist() == [0]

    def test_an_entry_that_was_not_found_is_never_right(self):
        judged = Judged(np.array([[0.4, -np.inf]]), np.array([0.4]), [frozenset([1])])
        assert measures(judged, probability=False) == {"top-1": 0, "top-3": 0, "MRR": 0}

    def test_auroc_counts_ties_half(self):
        assert auroc(np.array([1.0, 0.5]), np.array([0.5, 0.0])) == pytest.approx((2 + 1.5) / 4)

    def test_calibration_error_is_the_mean_gap(self):
        assert calibration_error(np.array([0.95, 0.95, 0.15, 0.15]), np.array([1.0, 0.0, 0.0, 0.0])) == pytest.approx(
            0.3
        )


@pytest.mark.parametrize("kind", KINDS)
def test_typing_errors_are_the_same_every_time_and_leave_the_first_letter(kind):
    asked = "Does therapy really change pathways in the brain?"
    wrong = mistyped(asked, kind)
    assert wrong == mistyped(asked, kind) != asked
    assert [w[0].lower() for w in wrong.split()] == [w[0].lower() for w in asked.split()]
    assert mistyped("is it ok", kind) == "is it ok"


def test_a_table_goes_between_its_marks_and_nowhere_else():
    readme = "a\n<!-- x -->\nold\n<!-- end of x -->\nb\n"
    assert report.placed(readme, "x", "new\\1") == "a\n<!-- x -->\nnew\\1\n<!-- end of x -->\nb\n"
    assert report.placed(readme, "y", "new") == readme


def test_a_curve_keeps_only_its_corners():
    assert corners([(0.0, 0.5), (0.0, 0.8), (0.1, 0.8), (0.2, 0.8), (1.0, 1.0)]) == [
        (0.0, 0.0), (0.0, 0.8), (0.2, 0.8), (1.0, 1.0),
    ]  # fmt: skip


def test_names_in_drawings_are_escaped():
    assert "a &lt; b" in bars("t", [Bar("a < b", 0.5, 0.4, 0.6)])
