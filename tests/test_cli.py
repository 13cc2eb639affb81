"""The command line."""

from __future__ import annotations

import json

from click.testing import CliRunner

from assistant.cli import main
from tests.conftest import QUESTIONS


def run(*args):
    return CliRunner().invoke(main, [str(a) for a in args])


def test_ask_prints_the_answer_and_its_place():
    result = run("ask", "What is neuroplasticity?", "--explain")
    assert result.exit_code == 0
    assert "[answer]" in result.output
    assert "understanding/1" in result.output
    assert "matched phrasing" in result.output


def test_ask_json_is_what_the_api_gives(client):
    ours = json.loads(run("ask", "What is neuroplasticity?", "--json").output)
    theirs = client.post("/api/ask", json={"question": "What is neuroplasticity?"}).get_json()
    ours.pop("context")
    theirs.pop("context")
    assert ours == theirs


def test_check_says_where_and_what_to_do(tmp_path):
    (tmp_path / "knowledge.yaml").write_text("name: x\nlanguag: en\n", "utf-8")
    result = run("check", tmp_path)
    assert result.exit_code == 1
    assert "knowledge.yaml:2:1: " in result.output
    assert "language" in result.output


def test_check_is_content_with_the_shipped_folder():
    assert run("check").exit_code == 0


def test_wrong_usage_is_exit_two():
    assert run("check", "/no/such/folder").exit_code == 2
    assert run("nonsense").exit_code == 2


def test_evaluate_prints_intervals():
    result = run("evaluate", QUESTIONS / "smalltalk.jsonl")
    assert result.exit_code == 0
    assert "small talk" in result.output
    assert "n = 25" in result.output
