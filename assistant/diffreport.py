"""A difference as a table for the terminal and as a page to look at before publishing."""

from __future__ import annotations

from collections import Counter
from html import escape

from assistant.diff import Change, Difference, State

WIDTH = 60  # characters of a question in the table


def as_table(found: Difference) -> str:
    """Return the changes as lines, danger first, and a summary at the end."""
    lines = [f"CRISIS  {what}" for what in found.crisis]
    if found.changes:
        lines.append(f"{'question':{WIDTH}s}  {'old':38s}  {'new':38s}  changed")
    for change in sorted(found.changes, key=lambda c: not c.is_crisis):
        mark = "CRISIS  " if change.is_crisis else ""
        told = f"{mark}{', '.join(w for w in change.what if w != 'crisis')}"
        row = f"{_cut(change.question, WIDTH)}  {_cell(change.old)}  {_cell(change.new)}  {told}"
        lines.append(row.rstrip())
    lines.append(summary(found))
    return "\n".join(lines)


def summary(found: Difference) -> str:
    """Return one line that counts the changes by what changed."""
    counts = Counter(what for change in found.changes for what in change.what)
    told = ", ".join(f"{what} {count}" for what, count in sorted(counts.items()))
    return f"{found.asked} questions asked, {len(found.changes)} changed" + (f" ({told})" if told else "")


def as_html(found: Difference, old: str, new: str) -> str:
    """Return a page that needs no other file."""
    crisis = "".join(f"<li>{escape(what)}</li>" for what in found.crisis)
    rows = "".join(map(_row, sorted(found.changes, key=lambda c: not c.is_crisis)))
    head = "<tr><th>Question<th>Changed<th>Before<th>After</tr>"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What changes from {escape(old)} to {escape(new)}</title>
<style>
:root {{ color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }}
body {{ max-width: 75rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: start; vertical-align: top; padding: .5rem .75rem; border-top: 1px solid #8886 }}
.crisis > td:first-child {{ border-inline-start: .4rem solid #b3261e }}
.crisis strong, h2.crisis {{ color: #b3261e }}
small {{ display: block; opacity: .8 }}
@media (prefers-color-scheme: dark) {{ .crisis strong, h2.crisis {{ color: #ffb4ab }} }}
</style>
</head>
<body>
<h1>What changes from {escape(old)} to {escape(new)}</h1>
<p>{escape(summary(found))}</p>
{f'<h2 class="crisis">Help in danger changes</h2><ul>{crisis}</ul>' if crisis else ""}
{f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>" if rows else "<p>No question gets another reply.</p>"}
</body>
</html>
"""


def _row(change: Change) -> str:
    what = escape(", ".join(change.what))
    told = f"<strong>{what}</strong>" if change.is_crisis else what
    cells = "".join(f"<td>{_state(state)}</td>" for state in (change.old, change.new))
    return f"<tr{' class=crisis' if change.is_crisis else ''}><td>{escape(change.question)}</td><td>{told}</td>{cells}</tr>"


def _state(state: State) -> str:
    where = f"<small>{escape('; '.join(state.places))}</small>" if state.places else ""
    told = f"{state.kind}, {', '.join(state.passages) or 'no passage'}, {state.confidence:.2f}"
    return f"<small>{escape(told)}</small>{escape(state.text)}{where}"


def _cell(state: State) -> str:
    what = ", ".join(state.passages) or state.kind
    return _cut(f"{what} {state.confidence:.2f}", 38)


def _cut(text: str, width: int) -> str:
    plain = " ".join(text.split())
    return f"{plain[: width - 1]}…" if len(plain) > width else f"{plain:{width}s}"
