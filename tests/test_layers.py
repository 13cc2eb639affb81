"""Imports point down, never up."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "assistant"
LEVEL = {
    0: "errors text unmasking readability",
    1: "passages settings yamlfile shapes formats learning embedding spelling features replies wording context",
    2: "crisis retrieval lifeline knowledge losses storage catalogue logs metrics limits",
    3: "engine updating",
    4: "dialogue conversation rendering evaluation live explanation openapi",
    5: "views guards health",
    6: "app",
    7: "serving cli __main__",
}
OF = {name: level for level, names in LEVEL.items() for name in names.split()}


def test_imports_point_down():
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("assistant"):
                rest = node.module.split(".")[1:]
                names = [rest[0]] if rest else [a.name for a in node.names]
            for name in names:
                if name != own and OF.get(name, 6) > OF.get(own, 6):
                    wrong.append(f"{own} imports {name}")
    assert wrong == []
