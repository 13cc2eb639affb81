"""What every benchmark here shares in telling: the machine, the tables, the JSON, and the README's places for them."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results"
README = FOLDER / "README.md"


def machine(*packages: str) -> dict[str, Any]:
    """Return what a reader needs for comparing figures: date, cores, Python, and versions of *packages*."""
    versions = {}
    for name in ("numpy", *packages):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "date": date.today().isoformat(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "threads": os.environ.get("OPENBLAS_NUM_THREADS", "all"),
        "versions": versions,
    }


def said(about: Mapping[str, Any]) -> str:
    """Return the line under a table that tells where and when it was made."""
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return f"{about['date']}, {about['cores']} cores (shared), Python {about['python']}, {versions}."


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table that is also readable as plain text: first column left, the rest right."""
    every = [list(head), *map(list, rows)]
    widths = [max(len(row[i]) for row in every) for i in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = [c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        return f"| {' | '.join(cells)} |"

    rule = [("-" * w if i == 0 else "-" * (w - 1) + ":") for i, w in enumerate(widths)]
    return "\n".join([line(head), f"| {' | '.join(rule)} |", *map(line, rows)])


def keep(name: str, found: Mapping[str, Any], text: str) -> None:
    """Print *text*, write *found* to ``results/NAME.json``, and put *text* in the README's place for it."""
    print(text, flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(rounded(found), indent=1) + "\n", "utf-8")
    if README.is_file():
        README.write_text(placed(README.read_text("utf-8"), name, text), "utf-8")


def kept(name: str) -> dict[str, Any]:
    """Return what ``results/NAME.json`` has from before; nothing where it is not there."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def placed(readme: str, name: str, text: str) -> str:
    """Return *readme* with *text* between the marks of *name*; unchanged where it has no such marks."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    return re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{text.strip()}\n{end}", readme, flags=re.DOTALL)


def rounded(value: Any) -> Any:
    """Return *value* with its numbers cut to five digits, which is more than they are worth."""
    if isinstance(value, Mapping):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value
