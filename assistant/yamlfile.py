"""YAML as curators write it: every scalar stays the text that was typed, and knows its line and column.

The only door to the `yaml` package. Files are read as parser events, never composed, so that
neither aliases nor deep nesting cost anything, and `no`, `01234`, `9:30` and dates keep their text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

import yaml

from assistant.errors import Place, Problem, UnreadableFileError

MAX_DEPTH = 32
"""Levels of nesting; the formats here need five, and a parser's stack is not endless."""

MAX_BYTES = 8 * 2**20
"""Bytes a file: forty times the longest shipped one."""

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Control characters, lone surrogates, and the line ends that YAML would fold away (NEL, LS, PS)."""


class Scalar(NamedTuple):
    """One text, as typed (folded lines are joined as YAML says)."""

    value: str
    line: int
    column: int


class Items(NamedTuple):
    """A list."""

    values: tuple[Node, ...]
    line: int
    column: int


class Fields(NamedTuple):
    """Names with values, in the order of the file; each name knows its place, too."""

    entries: Mapping[str, tuple[Scalar, Node]]
    line: int
    column: int


NAMES: Mapping[type, str] = {Scalar: "text", Items: "a list", Fields: "names with values"}
"""What each kind of node is called in messages."""

Node = Scalar | Items | Fields


def place(path: str, node: Node) -> Place:
    """Return where *node* stands in the file *path*."""
    return Place(path, node.line, node.column)


_PLAIN = re.compile(r"[^\W\d_][^\n\t]*|\d+ [^\W\d_][^\n\t]*")
_TYPED = re.compile(r"(?i)(?:y|n|yes|no|on|off|true|false|null|nan|inf)")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_KEPT_FORMATS = "\u200c\u200d"


def quoted(text: str) -> str:
    """Return *text* as a one-line YAML scalar, in quotes where it needs them; `parse` gives it back exactly."""
    if any(map(_needs_escape, text)):
        return '"' + "".join(_escaped(c) for c in text) + '"'
    plain = _PLAIN.fullmatch(text) and not (": " in text or " #" in text or text.endswith((":", " ")))
    if plain and not _TYPED.fullmatch(text):
        return text
    return "'" + text.replace("'", "''") + "'"


def _needs_escape(c: str) -> bool:
    return bool(_FORBIDDEN.match(c)) or (c not in _KEPT_FORMATS and unicodedata.category(c) in _INVISIBLE)


def _escaped(c: str) -> str:
    if c in '"\\':
        return f"\\{c}"
    if not _needs_escape(c):
        return c
    code = ord(c)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def decode(data: bytes, path: str) -> str:
    """Return *data* as text without its byte order mark.

    Raises:
        UnreadableFileError: too large, not UTF-8, or with characters that no editor shows.
    """
    if len(data) > MAX_BYTES:
        _refuse(path, 1, 1, f"the file has {len(data)} bytes", f"split it: at most {MAX_BYTES} bytes a file")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        _refuse(path, 1, 1, "the file is in UTF-16", "save it as UTF-8")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        before = data[: fault.start].decode("utf-8")
        byte = data[fault.start]
        if fault.reason == "unexpected end of data":
            _refuse(path, *_position(before), "the file ends inside a character", "it was cut off: save it again whole")
        guess = bytes([byte]).decode("cp1252", "replace")
        _refuse(
            path,
            *_position(before),
            f"byte 0x{byte:02X} is not UTF-8, perhaps {guess!r} in Latin-1",
            "save it as UTF-8",
        )
    if found := _FORBIDDEN.search(text):
        code = f"U+{ord(found.group()):04X}"
        _refuse(path, *_position(text[: found.start()]), f"invisible character {code}", "delete it")
    return text


def parse(data: bytes, path: str) -> Node:
    """Return the one document in *data*; *path* is only named in problems.

    Raises:
        UnreadableFileError: no YAML, or YAML that is refused: tags, aliases, anchors, repeated
            names, more than `MAX_DEPTH` levels, a second document, nothing at all.
    """
    text = decode(data, path)
    try:
        return _build(text, path)
    except yaml.MarkedYAMLError as fault:
        _explain(fault, text, path)
    except yaml.YAMLError:  # the reader's own; `decode` has refused what we know of
        _refuse(path, 1, 1, "the file is not YAML", "see knowledge/README.md for an example of each kind of file")


def _build(text: str, path: str) -> Node:
    """Fold parser events into one tree, without recursion."""
    loader = _LOADER(text)
    next_event = loader.get_event
    repeated: list[Problem] = []
    # One frame a level: [values, start mark], where a mapping's values alternate name, value.
    frames: list[tuple[list[Node], Any, bool]] = []
    values: list[Node] = []
    documents = 0
    while True:
        event = next_event()
        kind = type(event)
        if kind is yaml.ScalarEvent:
            mark = event.start_mark
            if event.tag is not None or event.anchor is not None:
                _refuse_property(event, path)
            values.append(Scalar(event.value, mark.line + 1, mark.column + 1))
        elif kind is yaml.SequenceStartEvent or kind is yaml.MappingStartEvent:
            if event.tag is not None or event.anchor is not None:
                _refuse_property(event, path)
            frames.append((values, event.start_mark, kind is yaml.MappingStartEvent))
            if len(frames) > MAX_DEPTH:
                mark = event.start_mark
                _refuse(path, mark.line + 1, mark.column + 1, f"more than {MAX_DEPTH} levels", "write it flatter")
            values = []
        elif kind is yaml.SequenceEndEvent:
            outer, mark, _ = frames.pop()
            outer.append(Items(tuple(values), mark.line + 1, mark.column + 1))
            values = outer
        elif kind is yaml.MappingEndEvent:
            outer, mark, _ = frames.pop()
            outer.append(_fields(values, mark, path, repeated))
            values = outer
        elif kind is yaml.AliasEvent:
            mark = event.start_mark
            _refuse(
                path,
                mark.line + 1,
                mark.column + 1,
                f"'*{event.anchor}' points to another value",
                "put text that starts with '*' in quotes",
            )
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                mark = event.start_mark
                _refuse(path, mark.line + 1, mark.column + 1, "a second document starts here", "one document a file")
        elif kind is yaml.StreamEndEvent:
            break
    if repeated:
        raise UnreadableFileError(repeated)
    if not values or values == [Scalar("", values[0].line, values[0].column)]:
        _refuse(path, 1, 1, "the file is empty", "fill it or delete it")
    return values[0]


def _fields(values: list[Node], mark: Any, path: str, repeated: list[Problem]) -> Fields:
    entries: dict[str, tuple[Scalar, Node]] = {}
    for name, value in zip(values[::2], values[1::2], strict=True):
        if not isinstance(name, Scalar):
            _refuse(
                path, name.line, name.column, "a name must be text", "put text that starts with '{' or '[' in quotes"
            )
        if name.value in entries:
            first = entries[name.value][0]
            repeated.append(
                Problem(
                    place(path, name),
                    f"{name.value!r} is repeated; it stands in line {first.line}, too",
                    f"keep one of lines {first.line} and {name.line}",
                )
            )
        else:
            entries[name.value] = (name, value)
    return Fields(entries, mark.line + 1, mark.column + 1)


def item_lines(data: bytes, path: str, items: Items) -> list[tuple[int, int]]:
    """Return the first and last line of each item of the list *items*, which `parse` found in *data*."""
    loader = _LOADER(decode(data, path))
    spans: list[tuple[int, int]] = []
    depth, inside, first = 0, 0, 0
    while type(event := loader.get_event()) is not yaml.StreamEndEvent:
        start, end = event.start_mark, event.end_mark
        opens = isinstance(event, yaml.CollectionStartEvent)
        closes = isinstance(event, yaml.CollectionEndEvent)
        depth += opens - closes
        if not inside:
            at = (start.line + 1, start.column + 1)
            inside = depth if type(event) is yaml.SequenceStartEvent and at == (items.line, items.column) else 0
            continue
        if depth < inside:
            break
        if opens and depth == inside + 1:
            first = start.line + 1
        elif closes and depth == inside:
            spans.append((first, end.line if end.column == 0 else end.line + 1))
        elif depth == inside:
            spans.append((start.line + 1, end.line if end.column == 0 and end.line > start.line else end.line + 1))
    return spans


def _position(before: str) -> tuple[int, int]:
    """Return line and column of the character that follows the text *before*."""
    normal = before.replace("\r\n", "\n").replace("\r", "\n")
    return normal.count("\n") + 1, len(normal) - (normal.rfind("\n") + 1) + 1


def _refuse(path: str, line: int, column: int, message: str, hint: str) -> NoReturn:
    raise UnreadableFileError([Problem(Place(path, line, column), message, hint)])


def _refuse_property(event: Any, path: str) -> NoReturn:
    mark = event.start_mark
    typed = f"!{event.tag.lstrip('!')}" if event.tag is not None else f"&{event.anchor}"
    typed = typed.replace("!tag:yaml.org,2002:", "!!")
    what = "a tag" if event.tag is not None else "an anchor"
    hint = f"put text that starts with {typed[0]!r} in quotes"
    _refuse(path, mark.line + 1, mark.column + 1, f"{typed!r} is {what}", hint)


_BRACKETS = "close every '[' and '{', or put text that starts with one in quotes"
_EXPLANATIONS: tuple[tuple[str, str, str], ...] = (
    ("mapping values are not allowed", "a second ': ' in one line", "put text that holds ': ' in quotes"),
    (
        "could not find expected ':'",
        "a name without ': ' after it",
        "write `name: value`, and indent the lines of a long text",
    ),
    ("did not find expected key", "this line does not fit the lines above it", "check indentation and quotes"),
    ("did not find expected '-' indicator", "this line does not fit the list above it", "start each item with '- '"),
    ("block sequence entries are not allowed", "'- ' is not allowed here", "start the list on a line of its own"),
    ("unexpected end of stream", "quotes that open here and do not close", "close them, or save the file again whole"),
    ("document indicator", "'---' inside quotes", "close the quotes above"),
    ("did not find expected ',' or", "a list or fields in brackets that do not end", _BRACKETS),
    ("did not find expected node content", "a value is missing here", _BRACKETS),
    ("unknown escape character", "an unknown '\\' escape in double quotes", "use single quotes, or write '\\\\'"),
    ("undefined tag handle", "a tag", "put text that starts with '!' in quotes"),
    ("found undefined tag", "a tag", "put text that starts with '!' in quotes"),
    ("did not find expected alphabetic or numeric", "text that starts with '*' or '&'", "put it in quotes"),
    ("did not find expected whitespace or line break", "text that starts with '!', '|' or '>'", "put it in quotes"),
    ("did not find expected comment or line break", "text that starts with '|' or '>'", "put it in quotes"),
    ("did not find expected <document start>", "text after the end of the document", "check the indentation"),
    ("did not find expected directive name", "text that starts with '%'", "put it in quotes"),
    ("found unknown directive name", "text that starts with '%'", "put it in quotes"),
)
"""What libyaml says, what it means for a curator, what to do."""


_BEGAN = ("could not find expected ':'", "unexpected end of stream")
"""Faults that are told of where they began, since the parser saw them only later."""


def _explain(fault: yaml.MarkedYAMLError, text: str, path: str) -> NoReturn:
    """Say in a curator's words what the parser stumbled over, and where."""
    said = f"{fault.context or ''} {fault.problem or ''}".strip()
    began = any(words in said for words in _BEGAN) and fault.context_mark
    mark = began or fault.problem_mark or fault.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if "cannot start any token" in said or "tab character" in said:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        rest = lines[line - 1][column - 1 :] if line <= len(lines) else ""
        if rest.startswith("\t") or "\t" in lines[line - 1][: column - 1].strip(" ") or "tab character" in said:
            _refuse(path, line, column, "a tab character indents this line", "use blanks instead of tabs")
        _refuse(path, line, column, f"text starts with {rest[:1]!r}", "put the text in quotes")
    for words, message, hint in _EXPLANATIONS:
        if words in said:
            _refuse(path, line, column, message, hint)
    _refuse(path, line, column, f"the file is not YAML: {said}", "check indentation and quotes")
