"""Coverage-guided fuzzing for a bounded time; `tests/fuzz.py` runs it for as long as one likes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs

SECONDS = {"yaml": 10, "text": 10, "answer": 25, "planted": 10}
"""How long each is tried; an answer takes the longest."""


def fuzz(target: str, folder: Path) -> tuple[int, int, str]:
    """Return the status, the number of runs and the end of the output."""
    try:
        import atheris  # noqa: F401
    except ImportError:
        needs.missing("atheris", "pip install 'psychoeducation-assistant[fuzz]', on Linux")
    command = [sys.executable, "-m", "tests.fuzz", target, str(SECONDS[target]), str(folder)]
    done = subprocess.run(
        command, cwd=needs.REPOSITORY, capture_output=True, text=True, errors="replace", timeout=200, check=False
    )
    runs = re.search(r"Done (\d+) runs", done.stderr)
    return done.returncode, int(runs[1]) if runs else 0, done.stdout[-3_000:] + done.stderr[-3_000:]


@pytest.mark.parametrize(("target", "least"), [("yaml", 1_000), ("text", 300), ("answer", 50)])
def test_nothing_but_declared_errors_come_up(target: str, least: int, tmp_path: Path) -> None:
    status, runs, output = fuzz(target, tmp_path)

    assert status == 0, output
    assert runs > least


def test_a_planted_fault_is_found(tmp_path: Path) -> None:
    status, _, output = fuzz("planted", tmp_path)

    assert status != 0
    assert "the planted fault" in output
    assert [path.read_bytes()[:3] for path in tmp_path.glob("crash-*")] == [b"FAU"]
