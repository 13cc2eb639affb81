"""`assistant schema`: what editors need."""

from __future__ import annotations

import json

from tests.terminal import run


def test_kinds_are_listed_with_their_places():
    lines = run("schema").stdout.splitlines()
    assert len(lines) == 14
    assert lines[2].split(maxsplit=2)[:2] == ["passage", "passages/<id>.yaml"]


def test_one_schema_is_printed():
    assert json.loads(run("schema", "passage").stdout)["title"] == "passages/<id>.yaml"


def test_an_unknown_kind_is_told_with_the_near_one():
    result = run("schema", "pasage")
    assert result.exit_code == 2
    assert "did you mean 'passage'?" in result.output


def test_all_are_written(tmp_path):
    assert run("schema", "--write", tmp_path / "schemas").exit_code == 0
    assert len(list((tmp_path / "schemas").glob("*.json"))) == 14
