"""The tables of faults and of OWASP's list name tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TABLE = (HERE / "FAULTS.md").read_text("utf-8")


@pytest.mark.parametrize("table", ["FAULTS.md", "ASVS.md"])
def test_every_test_in_the_table_exists(table: str) -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (HERE / table).read_text("utf-8"))

    assert len(named) > 40
    assert [f"{file}::{test}" for file, test in named if f"def {test}(" not in (HERE / file).read_text("utf-8")] == []


def test_every_row_names_a_test_but_one() -> None:
    without = re.findall(r"^\| (\d+) \|(?!.*`[\w/]+\.py::)", TABLE, re.MULTILINE)

    assert without == ["55"]  # known holes need data that CI cannot reach


def test_every_row_stands_in_the_table() -> None:
    rows = re.findall(r"^\| (\d+)(?:–(\d+))? \|", TABLE, re.MULTILINE)

    assert [n for first, last in rows for n in range(int(first), int(last or first) + 1)] == list(range(1, 56))
