"""A difference as a table for the terminal and as a page to look at before publishing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from html import escape

from assistant.diff import Change, Difference, State
from assistant.text import sentences

WIDEST, WIDEST_CELL = 60, 38  # characters of a question and of a reply in the table
MOST_SENTENCES = 4  # of a changed text that are shown, before and after


def as_table(found: Difference) -> str:
    """Return the changes as lines, danger first, and a summary at the end."""
    lines = [f"CRISIS  {what}" for what in found.crisis]
    rows = [("question", "old", "new", "changed")]
    for change in (changes := sorted(found.changes, key=lambda c: not c.is_crisis)):
        mark = "CRISIS  " if change.is_crisis else ""
        told = f"{mark}{', '.join(w for w in change.what if w != 'crisis')}"
        rows.append((_cut(change.question, WIDEST), _cell(change.old), _cell(change.new), told))
    if changes:
        wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
        table = ["  ".join(f"{cell:{n}s}" for cell, n in zip(row, wide, strict=True)).rstrip() for row in rows]
        lines.append(table[0])
        for change, line in zip(changes, table[1:], strict=True):
            lines += [line, *_changed_words(change)]
    lines.append(summary(found))
    return "\n".join(lines)


def _changed_words(change: Change) -> Iterator[str]:
    """Yield the sentences that went and came where the same passages are worded otherwise."""
    if "answer" in change.what and (change.old.kind, change.old.passages) == (change.new.kind, change.new.passages):
        before, after = (list(sentences(state.text)) for state in (change.old, change.new))
        yield from [f"    - {text}" for text in before if text not in after][:MOST_SENTENCES]
        yield from [f"    + {text}" for text in after if text not in before][:MOST_SENTENCES]


def summary(found: Difference) -> str:
    """Return one line that counts the changes by what changed."""
    counts = Counter(what for change in found.changes for what in change.what)
    told = ", ".join(f"{what} {count}" for what, count in sorted(counts.items()))
    asked = f"{found.asked} question{'' if found.asked == 1 else 's'} asked"
    return f"{asked}, {len(found.changes)} changed" + (f" ({told})" if told else "")


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
del {{ background: #ffd7d3 }} ins {{ background: #cdebd5; text-decoration: none }}
small {{ display: block; opacity: .8 }}
@media (prefers-color-scheme: dark) {{ .crisis strong, h2.crisis {{ color: #ffb4ab }}
  del {{ background: #5c1f1b }} ins {{ background: #1e4a2a }} }}
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
    texts = _marked(change.old.text, change.new.text)
    cells = "".join(f"<td>{_state(s, t)}</td>" for s, t in zip((change.old, change.new), texts, strict=True))
    return f"<tr{' class=crisis' if change.is_crisis else ''}><td>{escape(change.question)}</td><td>{told}</td>{cells}</tr>"


def _marked(old: str, new: str) -> tuple[str, str]:
    """Return both texts as HTML, the words that went and those that came marked."""
    before, after = old.split(), new.split()
    told: tuple[list[str], list[str]] = ([], [])
    for what, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for words, texts, tag in ((before[i:j], told[0], "del"), (after[k:m], told[1], "ins")):
            if words:
                text = escape(" ".join(words))
                texts.append(text if what == "equal" else f"<{tag}>{text}</{tag}>")
    return " ".join(told[0]), " ".join(told[1])


def _state(state: State, text: str) -> str:
    where = f"<small>{escape('; '.join(state.places))}</small>" if state.places else ""
    told = f"{state.kind}, {', '.join(state.passages) or 'no passage'}, {state.confidence:.2f}"
    return f"<small>{escape(told)}</small>{text}{where}"


def _cell(state: State) -> str:
    what = ", ".join(state.passages) or state.kind
    return _cut(f"{what} {state.confidence:.2f}", WIDEST_CELL)


def _cut(text: str, width: int) -> str:
    plain = " ".join(text.split())
    return f"{plain[: width - 1]}…" if len(plain) > width else plain
