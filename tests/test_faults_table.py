"""The table of faults names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = (HERE / "FAULTS.md").read_text("utf-8")


def test_every_test_in_the_table_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", TABLE)

    assert len(named) > 50
    assert [f"{file}::{test}" for file, test in named if f"def {test}(" not in (HERE / file).read_text("utf-8")] == []


def test_every_row_stands_in_the_table() -> None:
    rows = re.findall(r"^\| (\d+)(?:–(\d+))? \|", TABLE, re.MULTILINE)

    assert [n for first, last in rows for n in range(int(first), int(last or first) + 1)] == list(range(1, 56))
