"""`assistant check`: findings, formats and exit codes."""

from __future__ import annotations

import json
import os
import time

import pytest

from tests.folders import HERE, change, whole, write
from tests.terminal import run

BROKEN = HERE / "broken"
TODAY = ("--today", "2026-11-23")


@pytest.fixture
def folder(tmp_path):
    return whole(tmp_path / "knowledge")


def test_a_sound_folder_is_exit_zero(folder):
    result = run("check", BROKEN / "sound", *TODAY)
    assert result.exit_code == 0
    assert (
        result.stdout.splitlines()[-1].startswith("sound: 2 passages, revision ")
        or "tests/broken/sound" in result.stdout
    )
    assert result.stdout.endswith(": 0 errors, 0 warnings\n")


def test_an_error_is_exit_one_with_place_and_remedy():
    result = run("check", BROKEN / "unknown-name", *TODAY)
    assert result.exit_code == 1
    assert "passages/naps.yaml:10:1: error: unknown name 'simplr' (did you mean 'simpler'?)\n" in result.stdout
    assert "cannot be used: 1 error, 0 warnings" in result.stdout


def test_a_warning_is_exit_zero_unless_strict():
    assert run("check", BROKEN / "few-phrasings", *TODAY).exit_code == 0
    assert run("check", BROKEN / "few-phrasings", *TODAY, "--strict").exit_code == 1


def test_wrong_usage_is_exit_two(folder):
    assert run("check", folder / "no").exit_code == 2
    assert run("check", folder, "--format", "xml").exit_code == 2
    assert run("check", folder, "--today", "soon").exit_code == 2


def test_the_settings_name_the_folder(folder):
    change(folder / "passages/naps.yaml", "title:", "titel:")
    assert run("check", ASSISTANT_KNOWLEDGE=str(folder)).exit_code == 1


def test_json_has_place_and_words_apart():
    (found,) = json.loads(run("check", BROKEN / "not-a-day", *TODAY, "--format", "json").stdout)
    assert found == {
        "path": f"{os.path.relpath(BROKEN)}/not-a-day/passages/naps.yaml",
        "line": 15,
        "column": 8,
        "severity": "error",
        "message": "'23.5.2027' is not a day",
        "hint": "write it like 2027-05-23",
    }


def test_github_gets_workflow_commands(folder):
    change(folder / "passages/naps.yaml", "quote: A short nap can refresh", "quote: 'one%, two'")
    lines = run("check", folder, *TODAY, "--format", "github").stdout.splitlines()
    error = next(line for line in lines if line.startswith("::error"))
    assert error.endswith(",line=6,col=8::the quotation has 2 words (4 to 12 words)")
    assert any(line.startswith("::warning file=") for line in lines)


def test_the_article_is_proved(folder):
    change(folder / "passages/naps.yaml", "quote: A short nap can refresh", "quote: A short nap can hurt")
    result = run("check", folder, *TODAY, "--article", HERE / "articles/good-nights.md")
    assert result.exit_code == 1
    assert "the quotation is not at 'the-same-hours/2'" in result.stdout


@pytest.mark.parametrize(
    "junk", [b"", b"\x00", b"\xff\xfe", b"[" * 100_000, b"a: *b\n", b"- " * 9_999, "née".encode("latin-1")]
)
def test_no_file_makes_it_crash(folder, junk):
    for path in ("knowledge.yaml", "passages/naps.yaml", "helplines/WORLD.yaml", "crisis/phrases/en.yaml"):
        write(folder / path, junk)
    result = run("check", folder)
    assert result.exit_code == 1
    assert result.stdout.count(": error: ") >= 4


def test_long_work_shows_how_far_it_is(monkeypatch):
    from assistant import console

    monkeypatch.setattr(console, "PATIENCE", 0.0)
    result = run("check", BROKEN / "sound", *TODAY)
    assert "% ask every phrasing" in result.stderr
    assert "%" not in result.stdout


def test_work_that_cannot_tell_how_far_it_is_says_that_it_goes_on(monkeypatch, capsys):
    from assistant import console

    monkeypatch.setattr(console, "PATIENCE", 0.01)
    progress = console.Progress()
    with progress.waiting("learning"):
        time.sleep(0.2)
    told = capsys.readouterr()
    assert told.err == "learning … 0 s\n"
    with progress.waiting("learning"):
        pass
    assert capsys.readouterr().err == ""
