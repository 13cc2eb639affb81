"""Shapes that a knowledge file may have, said once and used twice.

`fit` checks a file against its shape and names every fault with its place; `schema` turns
the shape into a JSON Schema by which editors complete and underline.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from assistant.errors import Problem
from assistant.yamlfile import NAMES, Fields, Items, Node, Scalar, place


@dataclass(frozen=True, kw_only=True)
class Text:
    """One text.

    Attributes:
        most: characters allowed; 0 for any number.
        pattern: must match the whole text; *like* says so in words.
        choices: the only texts allowed; any when there are none.
    """

    about: str = ""
    most: int = 2_000  # characters: the longest utterance that is answered
    pattern: str = ""
    like: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day of the calendar, written ``2027-05-23``."""

    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Count:
    """A whole number of at least *least*."""

    about: str = ""
    least: int = 0


@dataclass(frozen=True, kw_only=True)
class Many:
    """A list; *least* and *most* count its items, a *most* of 0 sets no limit."""

    of: Shape
    about: str = ""
    least: int = 1
    most: int = 0


@dataclass(frozen=True, kw_only=True)
class Record:
    """Fixed names with values; the names in *optional* may be missing."""

    fields: Mapping[str, Shape]
    optional: frozenset[str] = frozenset()
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Free names, each with a value of the same shape."""

    names: Text
    of: Shape
    about: str = ""


Shape = Text | Day | Count | Many | Record | Table


TODO = "TODO"
"""Starts a text that a person must still write: `assistant import` leaves it, and no folder is loaded with it."""


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return a question that names the nearest of *names*, or nothing when none is near."""
    near = get_close_matches(word, list(names), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""


# ---- files against shapes -------------------------------------------------------------------


def fit(shape: Shape, node: Node, path: str, problems: list[Problem]) -> Any:
    """Return *node* as plain values of *shape*: str, date, int, tuple, dict.

    Every fault is appended to *problems*; what is returned then is not to be used.
    """
    match shape:
        case Text():
            return _fit_text(shape, node, path, problems)
        case Day():
            return _fit_day(node, path, problems)
        case Count():
            return _fit_count(shape, node, path, problems)
        case Many():
            return _fit_many(shape, node, path, problems)
        case Record():
            return _fit_record(shape, node, path, problems)
        case Table():
            return _fit_table(shape, node, path, problems)


def _scalar(node: Node, path: str, problems: list[Problem], wanted: str = "text") -> str | None:
    if type(node) is Scalar:
        if node.value.startswith(TODO):
            what = node.value.removeprefix(TODO).strip()
            message = f"still to be written: {what}" if what else "still to be written"
            problems.append(Problem(place(path, node), message, f"write it, and delete {TODO!r}"))
            return None
        return node.value
    hint = "put text that holds ': ' or starts with '[' or '{' in quotes"
    problems.append(Problem(place(path, node), f"expected {wanted}, found {NAMES[type(node)]}", hint))
    return None


def _fit_text(shape: Text, node: Node, path: str, problems: list[Problem]) -> str | None:
    value = _scalar(node, path, problems)
    if value is None:
        return None
    fault = text_fault(shape, value)
    if fault:
        problems.append(Problem(place(path, node), *fault))
    return value


def text_fault(shape: Text, value: str) -> tuple[str, str] | None:
    """Return what is wrong with *value* and what to do, or nothing when it fits *shape*."""
    if not value.strip():
        return "nothing stands here", "write a text, or delete the line"
    if shape.most and len(value) > shape.most:
        return f"the text has {len(value)} characters", f"at most {shape.most}"
    if shape.choices and value not in shape.choices:
        hint = did_you_mean(value, shape.choices) or "one of " + ", ".join(shape.choices)
        return f"{value!r} is not allowed here", hint
    if shape.pattern and not re.fullmatch(shape.pattern, value):
        return f"{value!r} is not {shape.like or shape.pattern}", f"write {shape.like or shape.pattern}"
    return None


def _fit_day(node: Node, path: str, problems: list[Problem]) -> date | None:
    value = _scalar(node, path, problems, "a day")
    if value is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    problems.append(Problem(place(path, node), f"{value!r} is not a day", "write it like 2027-05-23"))
    return None


def _fit_count(shape: Count, node: Node, path: str, problems: list[Problem]) -> int | None:
    value = _scalar(node, path, problems, "a whole number")
    if value is None:
        return None
    if re.fullmatch(r"\d{1,4}", value) and int(value) >= shape.least and str(int(value)) == value:
        return int(value)
    problems.append(
        Problem(place(path, node), f"{value!r} is not a whole number from {shape.least} on", "write digits only")
    )
    return None


def _fit_many(shape: Many, node: Node, path: str, problems: list[Problem]) -> tuple[Any, ...]:
    if type(node) is not Items:
        if type(node) is Scalar and not node.value:
            if shape.least:
                problems.append(Problem(place(path, node), "the list is empty", "write each item on a line with '- '"))
            return ()
        problems.append(
            Problem(place(path, node), f"expected a list, found {_found(node)}", "write each item on a line with '- '")
        )
        return ()
    if len(node.values) < shape.least:
        wanted = f"at least {shape.least}"
        found = f"the list has {len(node.values)} items" if node.values else "the list is empty"
        problems.append(Problem(place(path, node), found, f"write {wanted}"))
    if shape.most and len(node.values) > shape.most:
        problems.append(Problem(place(path, node), f"the list has {len(node.values)} items", f"at most {shape.most}"))
    inner = shape.of
    if type(inner) is Text and not (inner.pattern or inner.choices):  # the long lists of questions
        most = inner.most or 10**9
        values = [item.value if type(item) is Scalar else "" for item in node.values]
        if (
            all(values)
            and max(map(len, values), default=0) <= most
            and not any(v.isspace() or v.startswith(TODO) for v in values)
        ):
            return tuple(values)
    return tuple(fit(inner, item, path, problems) for item in node.values)


def _found(node: Node) -> str:
    return repr(node.value) if type(node) is Scalar else NAMES[type(node)]


def _fields(node: Node, path: str, problems: list[Problem]) -> Fields | None:
    if type(node) is Fields:
        return node
    problems.append(
        Problem(place(path, node), f"expected names with values, found {_found(node)}", "write `name: value` lines")
    )
    return None


def _fit_record(shape: Record, node: Node, path: str, problems: list[Problem]) -> dict[str, Any]:
    fields = _fields(node, path, problems)
    if fields is None:
        return {}
    values: dict[str, Any] = {}
    missing = [n for n in shape.fields if n not in fields.entries and n not in shape.optional]
    for name, (typed, value) in fields.entries.items():
        inner = shape.fields.get(name)
        if inner is not None:
            values[name] = fit(inner, value, path, problems)
            continue
        hint = did_you_mean(name, missing) or did_you_mean(name, shape.fields)
        if (renamed := hint[14:-2]) in missing:
            missing.remove(renamed)  # one fault, one message
        problems.append(
            Problem(place(path, typed), f"unknown name {name!r}", hint or "one of " + ", ".join(shape.fields))
        )
    for name in missing:
        problems.append(Problem(place(path, node), f"{name!r} is missing", f"add a line `{name}: …`"))
    return values


def _fit_table(shape: Table, node: Node, path: str, problems: list[Problem]) -> dict[str, Any]:
    fields = _fields(node, path, problems)
    if fields is None:
        return {}
    values: dict[str, Any] = {}
    for name, (typed, value) in fields.entries.items():
        _fit_text(shape.names, typed, path, problems)
        values[name] = fit(shape.of, value, path, problems)
    return values


# ---- shapes for editors ---------------------------------------------------------------------


def schema(shape: Shape) -> dict[str, Any]:
    """Return *shape* as JSON Schema (2020-12), without a head."""
    about = {"description": shape.about} if shape.about else {}
    match shape:
        case Text():
            limits: dict[str, Any] = {"type": "string", "minLength": 1}
            if shape.most:
                limits["maxLength"] = shape.most
            if shape.pattern:
                limits["pattern"] = f"^(?:{shape.pattern})$"
            if shape.choices:
                limits = {"enum": list(shape.choices)}
            return about | limits
        case Day():
            return about | {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
        case Count():
            return about | {"type": "integer", "minimum": shape.least}
        case Many():
            many: dict[str, Any] = {"type": "array", "items": schema(shape.of), "minItems": shape.least}
            if not shape.least:
                many["type"] = ["array", "null"]  # `related:` with nothing after it is an empty list
            if shape.most:
                many["maxItems"] = shape.most
            return about | many
        case Record():
            return about | {
                "type": "object",
                "properties": {name: schema(inner) for name, inner in shape.fields.items()},
                "required": [name for name in shape.fields if name not in shape.optional],
                "additionalProperties": False,
            }
        case Table():
            return about | {
                "type": "object",
                "propertyNames": schema(shape.names),
                "additionalProperties": schema(shape.of),
            }
