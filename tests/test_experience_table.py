"""The table of what visitors meet names tests that exist, and every row."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = (HERE / "EXPERIENCE.md").read_text("utf-8")


def test_every_test_in_the_table_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", TABLE)

    assert len(named) > 50
    assert [f"{file}::{test}" for file, test in named if f"def {test}(" not in (HERE / file).read_text("utf-8")] == []


def test_every_row_names_a_test() -> None:
    rows = re.findall(r"^\| (\d+) \|.*`[\w/]+\.py::\w+`", TABLE, re.MULTILINE)

    assert [int(number) for number in rows] == list(range(1, 39))
