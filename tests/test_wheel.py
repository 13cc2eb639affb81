"""The installed package carries all that it needs: templates, static files, data and the shipped knowledge."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests import needs

ASK = "import sys, assistant; from assistant.cli import main; print(assistant.__file__); sys.exit(main())"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(
        needs.REPOSITORY, source, ignore=shutil.ignore_patterns(".git", ".venv*", "*cache*", "screenshots", "build")
    )
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(source)],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if built.returncode:
        needs.missing("the build tool hatchling, from a package index", built.stderr.strip()[-300:])
    (found,) = folder.glob("*.whl")
    return found


def test_every_file_of_the_folders_is_inside(wheel):
    with zipfile.ZipFile(wheel) as packed:
        inside = set(packed.namelist())
    for folder, place in (("templates", "assistant/templates"), ("knowledge", "assistant/knowledge")):
        files = [p for p in (needs.REPOSITORY / folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts]
        assert files
        assert {f"{place}/{p.relative_to(needs.REPOSITORY / folder)}" for p in files} <= inside
    for needed in ("assistant/data/encoder.npz", "assistant/data/table.npy", "assistant/static/assistant.css"):
        assert needed in inside


def test_it_answers_from_any_folder(wheel, tmp_path):
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site), str(wheel)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", ASK, "ask", "--json", "What is neuroplasticity?"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(site)}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    where, answer = run.stdout.split("\n", 1)
    assert where == str(site / "assistant" / "__init__.py")
    assert json.loads(answer)["kind"] == "answer"
