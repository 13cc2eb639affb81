"""What `knowledge/README.md` shows is what the program prints; its examples are what the loader reads."""

from __future__ import annotations

import re

import pytest

from assistant.formats import KINDS, kind_of
from assistant.settings import shipped
from assistant.shapes import fit
from assistant.workbench import COMMANDS
from assistant.yamlfile import parse
from tests.shown import README, compared, outputs, shown

TEXT = README.read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n# (\S+\.yaml)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def printed():
    return list(outputs(shown(TEXT)))


def test_each_command_prints_what_is_shown(printed):
    """When something else is printed on purpose, `python -m tests.shown` writes it into the README."""
    for each, output in printed:
        if not each.hidden:
            assert (each.command, compared(each.output)) == (each.command, compared(output))


def test_each_command_of_the_curators_is_shown():
    commands = [each.command.split()[1] for each in shown(TEXT) if each.command.startswith("assistant ")]
    assert {c.name for c in COMMANDS} | {"ask", "evaluate"} <= set(commands)
    for more in ("ask .* --explain", "import --csv", "export --csv", "questions --accept", "questions --forget"):
        assert any(re.search(f"assistant {more}", each.command) for each in shown(TEXT)), more


def test_figures_that_are_learnt_are_not_compared_and_all_else_is():
    assert compared("naps 0.91 (10 of 15)") == compared("naps 0.82 (10 of 15)")
    assert compared("naps 0.91 (10 of 15)") != compared("naps 0.91 (11 of 15)")
    assert compared("a.yaml:3:4: error: x") != compared("a.yaml:3:5: error: x")


@pytest.mark.parametrize(("path", "text"), EXAMPLES, ids=[path for path, _ in EXAMPLES])
def test_each_example_is_a_file_that_is_read(path, text):
    problems = []
    kind = kind_of(path)
    assert kind is not None
    fit(kind.shape, parse(text.encode(), path), path, problems)
    assert problems == []


def test_there_are_examples():
    assert len(EXAMPLES) >= 7


def test_each_kind_of_file_and_each_line_of_a_passage_is_told_of():
    for kind in KINDS:
        name = kind.pattern.replace("<id>", "<id>")
        assert kind.folder in TEXT, name
    passage = next(kind for kind in KINDS if kind.name == "passage")
    table = TEXT.partition("## A passage, line by line")[2].partition("\n## ")[0]
    for field in passage.shape.fields:
        assert f"`{field}`" in table, field


def test_each_folder_that_is_shipped_is_told_of():
    for path in shipped("knowledge").iterdir():
        if path.is_dir() and not path.name.startswith("."):
            assert f"`{path.name}/" in TEXT, path.name
