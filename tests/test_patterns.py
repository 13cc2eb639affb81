"""No pattern in the program takes long for any text, and none is made from what curators or visitors write."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import assistant
from assistant import formats, shapes

CAP = 2_000  # characters of a question
SECONDS = 0.05  # of the processor, for one use of a pattern
WAYS = ("search", "match", "fullmatch", "finditer")  # the others go through the text like `finditer`
PACKAGE = Path(assistant.__path__[0])
FROM_PARTS = {
    "re.finditer(re.escape(heading), text)",
    're.compile(f"{_LETTERS}(?:[\'’]{_LETTERS})*")',  # of parts in the same module
    "re.compile(f'\\\\b(?:{pattern})\\\\b', re.IGNORECASE)",  # over a table in the same module
    "re.fullmatch(shape.pattern, value)",
    "re.fullmatch(pattern, id)",  # both over `formats`
}
"""Calls whose pattern is no literal: escaped, or from a table that this test reads as well."""

SEEDS = (
    *("a", " ", "a ", "1", "'", "a'", "-", ".", "a.", "?", "? ", "and ", ", and ", ";", "\n", "\t", "(", "[", "é"),
    *("a1", "1a", "<", "&", "@", "_", "*", "**", "*a", "`", "~", "#", "# ", "\\", "=", "=\n", "-\n", "a\n", "!["),
    *("[a](", "](", "1. ", "• ", "0", "0-", "a-", "a.a", "::", "/", "a/", "e", "ed", "es", "ae", "A ", '. "', "。"),
    *(
        "a b ",
        "a.b.",
        "\u0915\u093e",
        "\u093e",
        " \n",
        "\n \n",
        "---\n",
        "```\n",
        "\u0430",
        "\u3042",
        "$",
        "1!",
        "|a",
        "> ",
    ),
)


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield every call of the library of patterns in the program, with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                of = node.func.value
                if isinstance(of, ast.Name) and of.id == "re" and node.func.attr != "escape":
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}:{node.col_offset}", node


def ways(name: str, source: str) -> tuple[str, ...]:
    """Return how the module with *source* uses the pattern that it calls *name*; all ways when it is in a table."""
    used = set(re.findall(rf"\b{re.escape(name)}\.(\w+)\(", source))
    return tuple(way if way in WAYS else "finditer" for way in sorted(used)) or WAYS


def compiled() -> dict[str, tuple[re.Pattern[Any], tuple[str, ...]]]:
    """Return every pattern with its uses: the modules' own, in tables too, those in calls, those of the formats."""
    found: dict[str, tuple[re.Pattern[Any], tuple[str, ...]]] = {}
    source = ""

    def keep(name: str, value: object) -> None:
        if isinstance(value, re.Pattern):
            found[name] = value, ways(name.rpartition(".")[2], source)
        elif isinstance(value, tuple | list | frozenset | set):
            for number, one in enumerate(value):
                keep(f"{name}[{number}]", one)
        elif isinstance(value, dict):
            for key, one in value.items():
                keep(f"{name}[{key!r}]", one)

    for module in pkgutil.walk_packages(assistant.__path__, "assistant."):
        if not module.name.endswith("__main__"):
            loaded = importlib.import_module(module.name)
            source = Path(str(loaded.__file__)).read_text("utf-8")
            for name, value in vars(loaded).items():
                keep(f"{module.name}.{name}", value)
    for place, call in calls():
        assert isinstance(call.func, ast.Attribute)
        if isinstance(call.args[0], ast.Constant):
            flags = re.RegexFlag(0)
            for flag in re.findall(r"re\.([A-Z]+)", ast.unparse(call)):
                flags |= re.RegexFlag[flag]
            way = call.func.attr
            if way != "compile":  # those are the modules' own
                found[place] = re.compile(call.args[0].value, flags), (way if way in WAYS else "finditer",)
    for name, value in vars(formats).items():
        for pattern in in_shape(value):
            found[f"formats.{name} {pattern}"] = re.compile(pattern), ("fullmatch",)
    return found


def in_shape(value: object) -> Iterator[str]:
    """Yield the patterns of a shape or a kind and of all inside it."""
    if isinstance(value, shapes.Text):
        if value.pattern:
            yield value.pattern
    elif isinstance(value, dict | tuple | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from in_shape(one)
    elif type(value).__module__.startswith("assistant."):
        for one in getattr(value, "__dict__", {}).values():
            yield from in_shape(one)


PATTERNS = compiled()


def test_every_call_has_a_pattern_that_is_tested_here() -> None:
    literal = {call.args[0].value for _, call in calls() if isinstance(call.args[0], ast.Constant)}
    others = {ast.unparse(call) for _, call in calls() if not isinstance(call.args[0], ast.Constant)}

    assert literal <= {pattern.pattern for pattern, _ in PATTERNS.values()}
    assert others == FROM_PARTS
    assert len(PATTERNS) > 60


def seconds(pattern: re.Pattern[Any], text: Any, way: str) -> float:
    """Return the processor time of going over *text* with *pattern*."""
    began = time.process_time()
    if way == "finditer":
        sum(1 for _ in pattern.finditer(text))
    else:
        getattr(pattern, way)(text)
    return time.process_time() - began


def slowest(pattern: re.Pattern[Any], used: tuple[str, ...] = WAYS) -> tuple[float, str]:
    """Return the longest time over all attacks, and the attack."""
    found = (0.0, "")
    for seed in SEEDS:
        for end in ("", "!", "\x00", "?", "\n", "z"):
            text: Any = (seed * CAP)[:CAP] + end
            text = text.encode() if isinstance(pattern.pattern, bytes) else text
            for way in used:
                took = seconds(pattern, text, way)
                if took > SECONDS:  # another process may have been in the way: the best of three counts
                    took = min(took, seconds(pattern, text, way), seconds(pattern, text, way))
                found = max(found, (took, seed + "…" + end))
    return found


@pytest.mark.parametrize("name", PATTERNS)
def test_no_text_at_the_cap_takes_a_pattern_long(name: str) -> None:
    took, attack = slowest(*PATTERNS[name])

    assert took < SECONDS, f"{name} takes {took:.3f} s for {attack!r}"


def test_a_pattern_that_takes_long_is_seen() -> None:
    attack = "a" * CAP

    assert seconds(re.compile(r"(?:a|b)+(?:a|c)+(?<=z)"), attack[:400], "search") > SECONDS
