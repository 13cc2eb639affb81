"""Changes a list of texts in a knowledge file and leaves all else as its curator wrote it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from assistant.errors import AssistantError, KnowledgeError, Place, Problem
from assistant.yamlfile import Fields, Items, Node, Scalar, item_lines, parse, quoted

BOM = b"\xef\xbb\xbf"


class EditError(AssistantError):
    """The file is written in a way that cannot be changed safely; nothing was changed."""


def with_texts(data: bytes, path: str, keys: Sequence[str | int], wanted: Sequence[str]) -> bytes:
    """Return *data* with the list under *keys* holding just the *wanted* texts.

    What stays, stays on its lines, with its comments; what is new comes after it.

    Raises:
        KnowledgeError: *data* is no YAML, or there is no list under *keys*.
        EditError: the change did not come out right, for a layout that this does not know.
    """
    node = _at(parse(data, path), path, keys)
    old = [item.value if isinstance(item, Scalar) else None for item in node.values]
    if None in old:
        raise EditError(f"{path}:{node.line}: the list has items that are no texts")
    left, kept = list(wanted), list[bool]()
    for text in old:
        kept.append(text in left)
        if text is not None and text in left:
            left.remove(text)
    changed = _changed(data, path, node, kept, left)
    after = [item.value for item in _at(parse(changed, path), path, keys).values if isinstance(item, Scalar)]
    if after != [text for text, keep in zip(old, kept, strict=True) if keep] + left:
        raise EditError(f"{path}:{node.line}: the list is laid out in a way that this program cannot change")
    return changed


def save(path: Path, data: bytes) -> None:
    """Put *data* at *path*, whole or not at all.

    Raises:
        AssistantError: the disk is full, or the folder may not be written; the old file stays.
    """
    name = ""
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            name = file.name
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except OSError as fault:
        if name:
            Path(name).unlink(missing_ok=True)
        raise AssistantError(f"{path} was not saved: {fault.strerror} (the old file is as it was)") from None


def _at(node: Node, path: str, keys: Sequence[str | int]) -> Items:
    for key in keys:
        if isinstance(node, Fields) and isinstance(key, str) and key in node.entries:
            node = node.entries[key][1]
        elif isinstance(node, Items) and isinstance(key, int) and key < len(node.values):
            node = node.values[key]
        else:
            where = Place(path, node.line, node.column)
            raise KnowledgeError([Problem(where, f"there is no {key!r}", "see knowledge/README.md")])
    if isinstance(node, Scalar) and not node.value:
        return Items((), node.line, node.column)
    if not isinstance(node, Items):
        raise KnowledgeError([Problem(Place(path, node.line, node.column), "there is no list here", "write one")])
    return node


def _changed(data: bytes, path: str, node: Items, kept: list[bool], new: list[str]) -> bytes:
    mark = BOM if data.startswith(BOM) else b""
    text = data.removeprefix(BOM).decode("utf-8")
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").split("\n")
    at = node.line - 1
    if not node.values or lines[at][node.column - 1 : node.column] == "[":
        return mark + end.join(_rewritten(lines, data, path, node, kept, new)).encode()
    spans = item_lines(data, path, node)
    indent = lines[spans[0][0] - 1][: node.column - 1] if spans else ""
    last = spans[-1][1]
    gone = {line for span, keep in zip(spans, kept, strict=True) if not keep for line in range(span[0], span[1] + 1)}
    out: list[str] = []
    for number, line in enumerate(lines, 1):
        if number not in gone:
            out.append(line)
        if number == last:
            out += [f"{indent}- {quoted(text)}" for text in new]
    if not any(kept) and not new:  # an empty list must still be a list
        name_line = len([n for n in range(1, spans[0][0]) if n not in gone]) - 1
        out[name_line] += " []"
    return mark + end.join(out).encode()


def _rewritten(lines: list[str], data: bytes, path: str, node: Items, kept: list[bool], new: list[str]) -> list[str]:
    """Write a list in brackets, or an empty one, anew: one line an item, below its name."""
    texts = [item.value for item, keep in zip(node.values, kept, strict=True) if keep and isinstance(item, Scalar)]
    at = node.line - 1
    line = lines[at]
    name, rest = line[: node.column - 1], line[node.column - 1 :]
    last = at
    if rest.startswith("["):
        spans = item_lines(data, path, node)
        last = max([at, *(span[1] - 1 for span in spans)])
        while "]" not in lines[last]:
            last += 1
        rest = lines[last].rpartition("]")[2]
    if not texts + new:
        return [*lines[:at], f"{name.rstrip()} []{rest}", *lines[last + 1 :]]
    indent = " " * (len(line) - len(line.lstrip(" -"))) + "  "
    items = [f"{indent}- {quoted(text)}" for text in texts + new]
    return [*lines[:at], (name.rstrip() + rest).rstrip(), *items, *lines[last + 1 :]]
