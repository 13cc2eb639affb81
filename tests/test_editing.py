"""A list in a file changes; comments, layout and everything else stay."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.editing import EditError, save, with_texts
from assistant.errors import AssistantError, KnowledgeError
from assistant.yamlfile import parse, quoted
from tests.needs import small_disk

FILE = b"""# curator's note
title: Naps   # short
questions:
  # first the plain ones
  - one # keep this
  - 'two: x'

  - >-
    three
    folded
review: later
"""


def test_a_new_text_comes_last_and_all_else_stays():
    new = with_texts(FILE, "a.yaml", ["questions"], ["one", "two: x", "three folded", "four: no"])
    assert new == FILE.replace(b"    folded\n", b"    folded\n  - 'four: no'\n")


def test_a_text_goes_with_all_its_lines():
    new = with_texts(FILE, "a.yaml", ["questions"], ["one", "two: x"])
    assert new == FILE.replace(b"  - >-\n    three\n    folded\n", b"")


def test_windows_line_ends_and_byte_order_mark_stay():
    data = b"\xef\xbb\xbf" + FILE.replace(b"\n", b"\r\n")
    new = with_texts(data, "a.yaml", ["questions"], ["one", "two: x", "three folded", "four"])
    assert new == data.replace(b"    folded\r\n", b"    folded\r\n  - four\r\n")


@pytest.mark.parametrize(
    ("old", "wanted", "new"),
    [
        (b"a: [x, 'q']  # c\nb: z\n", ["x", "q", "w"], b"a:  # c\n  - x\n  - q\n  - w\nb: z\n"),
        (b"a: [x,\n  y]\nb: z\n", [], b"a: []\nb: z\n"),
        (b"a: []\nb: z\n", ["x"], b"a:\n  - x\nb: z\n"),
        (b"a:\nb: z\n", ["x"], b"a:\n  - x\nb: z\n"),
        (b"a:\n- x\n- y\nb: z\n", ["y", "w"], b"a:\n- y\n- w\nb: z\n"),
        (b"a:\n  - x\nb: z\n", [], b"a: []\nb: z\n"),
        (b"a:\n  - x", ["x", "q"], b"a:\n  - x\n  - q"),
    ],
)
def test_every_layout_of_a_list_is_known(old, wanted, new):
    assert with_texts(old, "a.yaml", ["a"], wanted) == new


def test_a_list_deep_in_the_file_is_found():
    data = b"topics:\n  - id: x\n    questions: [a]\n  - id: y\n    questions:\n      - b\n"
    new = with_texts(data, "a.yaml", ["topics", 1, "questions"], ["b", "c"])
    assert new == data + b"      - c\n"


def test_what_cannot_be_changed_is_refused_and_said():
    with pytest.raises(KnowledgeError, match="there is no 'questions'"):
        with_texts(b"a: b\n", "a.yaml", ["questions"], ["x"])
    with pytest.raises(KnowledgeError, match="there is no list here"):
        with_texts(b"a: b\n", "a.yaml", ["a"], ["x"])
    with pytest.raises(EditError):
        with_texts(b"a:\n  - {x: y}\n", "a.yaml", ["a"], ["x"])


TEXTS = st.lists(st.text(alphabet="ab:#'\"-[]{}& é?", min_size=1, max_size=12).filter(str.strip), max_size=6)


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS)
def test_any_texts_become_any_others(old, new):
    old, new = [t.strip() for t in old], [t.strip() for t in new]
    listed = "".join(f"  - {quoted(t)}\n" for t in old)
    data = f"# top\na:{chr(10) + listed if old else ' []' + chr(10)}b: c # end\n".encode()
    changed = with_texts(data, "x.yaml", ["a"], new)
    values = [v.value for v in parse(changed, "x.yaml").entries["a"][1].values]
    assert sorted(values) == sorted(new)
    assert changed.startswith(b"# top\n")
    assert changed.endswith(b"b: c # end\n")


def test_saving_keeps_the_rights_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("old")
    path.chmod(0o640)
    save(path, b"new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_may_not_be_written_is_told(tmp_path):
    with pytest.raises(AssistantError, match="was not saved"):
        save(tmp_path / "no" / "a.yaml", b"new")


def test_a_full_disk_leaves_the_old_file(tmp_path):
    with small_disk(tmp_path, kilobytes=64) as disk:
        path = Path(disk) / "a.yaml"
        path.write_text("old")
        with pytest.raises(AssistantError, match="No space left"):
            save(path, b"x" * 200_000)
        assert path.read_text() == "old"
        assert subprocess.run(["ls", "-A", disk], capture_output=True, text=True, check=True).stdout == "a.yaml\n"
