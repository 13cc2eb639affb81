"""Imports point down, never up; and each outside library has its doors."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "assistant"
LEVEL = {
    0: "errors text unmasking readability memory",
    1: "passages settings yamlfile shapes formats learning embedding encoder wordmodel nearness spelling features replies wording context noise",
    2: "literals firstopinion crisis retrieval kept lifeline knowledge losses storage catalogue logs metrics limits articles editing",
    3: "engine updating selftest foreign",
    4: "dialogue conversation rendering evaluation live explanation openapi checks importer spreadsheet",
    5: "views guards health diff diffreport inbox coverage terminal",
    6: "app",
    7: "preview serving console workbench cli __main__",
}
OF = {name: level for level, names in LEVEL.items() for name in names.split()}

DOORS = {
    "yaml": {"yamlfile"},
    "click": {"cli", "console", "workbench"},
    "flask": {"app", "views", "guards", "health", "limits", "logs", "metrics", "preview", "serving"},
    "sqlalchemy": {"storage", "guards"},
    "docx": {"articles"},
}
"""Who may import an outside library; nobody else need know it."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if own != "__init__":
            yield own, ast.parse(path.read_text("utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield every module that *tree* imports, with its dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ([f"assistant.{a.name}" for a in node.names] if node.module == "assistant" else [node.module])
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names)


def test_imports_point_down():
    wrong = [
        f"{own} imports {name}"
        for own, tree in modules()
        for name in imported(tree)
        if name.startswith("assistant.")
        and (other := name.split(".")[1]) != own
        and OF.get(other, 99) > OF.get(own, -1)
    ]
    assert wrong == []


def test_every_module_has_a_level():
    assert {own for own, _ in modules()} == set(OF)


@pytest.mark.parametrize("library", DOORS)
def test_outside_libraries_have_their_doors(library):
    users = {own for own, tree in modules() if library in {name.split(".")[0] for name in imported(tree)}}
    assert users <= DOORS[library]


def test_every_module_says_what_it_is_for():
    silent = [
        str(p.relative_to(PACKAGE))
        for p in PACKAGE.rglob("*.py")
        if not ast.get_docstring(ast.parse(p.read_text("utf-8")))
    ]
    assert silent == []


def test_the_package_imports_nothing_by_itself():
    assert list(imported(ast.parse((PACKAGE / "__init__.py").read_text("utf-8")))) == []
