"""YAML keeps what was typed, knows where it stands, and refuses tricks."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import UnreadableFileError
from assistant.yamlfile import MAX_DEPTH, Fields, Items, Scalar, item_lines, parse, quoted


def plain(node):
    """Return *node* as bare text, tuples and dicts."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [plain(v) for v in node.values]
    return {name: plain(value) for name, (_, value) in node.entries.items()}


def problem(data: bytes) -> str:
    with pytest.raises(UnreadableFileError) as caught:
        parse(data, "a.yaml")
    assert len(caught.value.problems) == 1
    return str(caught.value.problems[0])


@pytest.mark.parametrize(
    "typed",
    ["no", "yes", "01234567", "9:30", "2022-01-01", "~", "null", "1e3", "0x10", "1_000", ".5", "+49 170", "off"],
)
def test_unquoted_values_stay_as_they_were_typed(typed):
    assert plain(parse(f"a: {typed}\nb:\n  - {typed}\n".encode(), "a.yaml")) == {"a": typed, "b": [typed]}


def test_every_value_knows_its_line_and_column():
    root = parse(b"a: one\nb:\n  - two\n  - three\n", "a.yaml")
    assert isinstance(root, Fields)
    name, items = root.entries["b"]
    assert (name.line, name.column) == (2, 1)
    assert isinstance(items, Items)
    assert [(v.line, v.column) for v in items.values] == [(3, 5), (4, 5)]


def test_a_byte_order_mark_and_windows_line_ends_are_fine():
    root = parse(b"\xef\xbb\xbfa: one\r\nb:\r\n  - two\r\n", "a.yaml")
    assert plain(root) == {"a": "one", "b": ["two"]}
    assert root.entries["b"][1].values[0].line == 3


def test_folded_lines_become_one():
    assert plain(parse(b"a: >-\n  one\n  two\n", "a.yaml")) == {"a": "one two"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: b\nc: caf\xe9\n", "a.yaml:2:7: error: byte 0xE9 is not UTF-8, perhaps 'é' in Latin-1 (save it as UTF-8)"),
        (b"a: caf\xc3", "a.yaml:1:7: error: the file ends inside a character (it was cut off: save it again whole)"),
        ("a: b".encode("utf-16"), "a.yaml:1:1: error: the file is in UTF-16 (save it as UTF-8)"),
        (b"a: b\x00c\n", "a.yaml:1:5: error: invisible character U+0000 (delete it)"),
        (b"", "a.yaml:1:1: error: the file is empty (fill it or delete it)"),
        (b"# only this\n", "a.yaml:1:1: error: the file is empty (fill it or delete it)"),
        (b"a:\n\t- b\n", "a.yaml:2:1: error: a tab character indents this line (use blanks instead of tabs)"),
        (b"a: b\nc: d\na: e\n", "a.yaml:3:1: error: 'a' is repeated; it stands in line 1, too (keep one of lines 1 and 3)"),
        (b"a: &x b\n", "a.yaml:1:4: error: '&x' is an anchor (put text that starts with '&' in quotes)"),
        (b"a: *x\n", "a.yaml:1:4: error: '*x' points to another value (put text that starts with '*' in quotes)"),
        (b"a: !!python/name:os x\n", "a.yaml:1:4: error: '!!python/name:os' is a tag (put text that starts with '!' in quotes)"),
        (b"- !very\n", "a.yaml:1:3: error: '!very' is a tag (put text that starts with '!' in quotes)"),
        (b"a: b: c\n", "a.yaml:1:5: error: a second ': ' in one line (put text that holds ': ' in quotes)"),
        (b"a: 'b\n", "a.yaml:1:4: error: quotes that open here and do not close (close them, or save the file again whole)"),
        (b"a: b\ncde", "a.yaml:2:1: error: a name without ': ' after it (write `name: value`, and indent the lines of a long text)"),
        (b"- @me\n", "a.yaml:1:3: error: text starts with '@' (put the text in quotes)"),
        (b"a: b\n---\nc: d\n", "a.yaml:2:1: error: a second document starts here (one document a file)"),
        (b"? [a]\n: b\n", "a.yaml:1:3: error: a name must be text (put text that starts with '{' or '[' in quotes)"),
    ],
)  # fmt: skip
def test_each_fault_has_its_message(data, message):
    assert problem(data) == message


def test_all_repeated_names_are_told_at_once():
    with pytest.raises(UnreadableFileError) as caught:
        parse(b"a: 1\na: 2\nb:\n  c: 3\n  c: 4\n", "a.yaml")
    assert [p.place.line for p in caught.value.problems] == [2, 5]


@pytest.mark.parametrize("data", [b"[" * 100_000, b"{a: " * 100_000, b"- " * 50_000, b"? " * 50_000])
def test_deep_nesting_is_refused_and_the_process_lives(data):
    code = "import sys; from assistant.yamlfile import parse; parse(sys.stdin.buffer.read(), 'a.yaml')"
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"more than {MAX_DEPTH} levels".encode() in done.stderr


def test_an_alias_bomb_costs_nothing():
    bomb = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=False))
    assert "anchor" in problem(bomb.encode())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_values_or_a_problem(data):
    problems = ()
    try:
        parse(data, "a.yaml")
    except UnreadableFileError as fault:
        problems = fault.problems
    assert all(p.place.line >= 1 and p.place.column >= 1 and p.hint for p in problems)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_quoted_text_comes_back_exactly(text):
    text = text.encode("utf-8", "ignore").decode()
    root = parse(f"a:\n  - {quoted(text)}\n".encode(), "a.yaml")
    assert plain(root) == {"a": [text]}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abc:#'\"[]{}&*!|>%@`,-? \n\t~0123é", max_size=40))
def test_quoted_text_with_yaml_signs_comes_back_exactly(text):
    assert plain(parse(f"a: {quoted(text)}\n".encode(), "a.yaml")) == {"a": text}


@pytest.mark.parametrize("trap", ["no", "2022-01-01", "01234", "9:30", "a: b", "a #b", "- a", "'a'", "*a", "null", ""])
def test_quoted_text_is_text_for_every_yaml_program(trap):
    assert quoted(trap)[0] in "'\""


def test_lines_of_list_items_are_known_in_every_layout():
    data = b"a:\n  - one # note\n  - >-\n    two\n    two\n\n  - 'three'\nb: c\n"
    root = parse(data, "a.yaml")
    assert item_lines(data, "a.yaml", root.entries["a"][1]) == [(2, 2), (3, 6), (7, 7)]
