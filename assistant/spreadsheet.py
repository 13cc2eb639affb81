"""Phrasings as a spreadsheet and back: one row a phrasing.

A spreadsheet goes back whole or not at all: every refused row is reported with its reason, and
no file is touched while there is one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.editing import save, with_texts
from assistant.errors import KnowledgeError, Place, Problem, UnreadableFileError
from assistant.knowledge import File, Reading
from assistant.shapes import Text, did_you_mean, text_fault
from assistant.text import fold
from assistant.yamlfile import decode

COLUMNS = ("kind", "id", "phrasing")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheet programs take for the start of a formula; such a phrasing gets a ' before it, and back."""

MAX_REMOVED = 0.3
"""Share (0 to 1) of all phrasings that one import may remove; more looks like a half sheet."""

_PHRASING = Text(most=2_000)


@dataclass(frozen=True)
class Change:
    """What an import does to one list of phrasings."""

    path: Path
    kind: str
    id: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


def export(reading: Reading) -> str:
    """Return all phrasings as CSV (RFC 4180, with a byte order mark, so that Excel reads it as UTF-8)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for (kind, id), (_, _, texts) in _lists(reading):
        for text in texts:
            writer.writerow([kind, id, f"'{text}" if text.startswith((*FORMULA, "'")) else text])
    return "\ufeff" + out.getvalue()


def plan(reading: Reading, path: Path) -> tuple[Change, ...]:
    """Return what the sheet at *path* would change; nothing is changed yet.

    Raises:
        KnowledgeError: any row is refused; carries every reason with its line.
    """
    problems: list[Problem] = []
    lists = dict(_lists(reading))
    wanted: dict[tuple[str, str], list[str]] = {key: [] for key in lists}
    first: dict[str, tuple[tuple[str, str], int]] = {}
    for line, kind, id, text in _rows(path, problems):
        place, key = Place(str(path), line), (kind, id)
        if key not in lists:
            kinds = sorted({k for k, _ in lists})
            known = [i for k, i in lists if k == kind] if kind in kinds else kinds
            what = f"there is no {kind} {id!r}" if kind in kinds else f"there is no kind {kind!r}"
            hint = did_you_mean(id if kind in kinds else kind, known) or "make its file first"
            problems.append(Problem(place, what, hint))
        elif fault := text_fault(_PHRASING, text):
            problems.append(Problem(place, *fault))
        elif (twin := first.get(fold(text))) is not None and text not in lists[key][2]:
            problems.append(Problem(place, f"{text!r} stands in line {twin[1]}, too", "keep one of them"))
        else:
            first.setdefault(fold(text), (key, line))
            wanted[key].append(text)
    had = sum(len(texts) for _, _, texts in lists.values())
    changes = []
    for key, (file, _, texts) in lists.items():
        added, removed = _difference(texts, wanted[key])
        if added or removed:
            changes.append(Change(Path(file.path), *key, tuple(added), tuple(removed)))
        if texts and not wanted[key]:
            what = f"no row is left for {key[0]} {key[1]!r}"
            problems.append(Problem(Place(str(path)), what, "keep at least one, or delete its file by hand"))
    removed_count = sum(len(c.removed) for c in changes)
    if removed_count > had * MAX_REMOVED and not problems:
        what = f"{removed_count} of {had} phrasings would go"
        problems.append(Problem(Place(str(path)), what, "is it half a sheet? export again and start from there"))
    if problems:
        raise KnowledgeError(problems)
    return tuple(changes)


def apply(reading: Reading, changes: tuple[Change, ...]) -> None:
    """Write *changes* into their files; all new files are made before the first is put in place."""
    lists = dict(_lists(reading))
    data: dict[str, bytes] = {}
    for change in changes:
        file, keys, texts = lists[change.kind, change.id]
        left = list(change.removed)
        kept = [t for t in texts if not (t in left and _taken(left, t))]
        before = data.get(file.path, file.data)
        data[file.path] = with_texts(before, file.path, keys, [*kept, *change.added])
    for path, content in data.items():
        save(Path(path), content)


def _taken(left: list[str], text: str) -> bool:
    left.remove(text)
    return True


def _lists(reading: Reading) -> Iterator[tuple[tuple[str, str], tuple[File, tuple[str | int, ...], list[str]]]]:
    """Yield every list of phrasings of the folder's own files: key, file, path within it, texts."""
    for file in reading.files.values():
        if file.problems or not reading.owns(file):
            continue
        match file.kind.name:
            case "passage" | "small-talk" | "follow-up":
                yield (file.kind.name, file.id), (file, ("questions",), list(file.values["questions"]))
            case "not-covered":
                for n, topic in enumerate(file.values["topics"]):
                    yield (file.kind.name, topic["id"]), (file, ("topics", n, "questions"), list(topic["questions"]))
            case "clinical":
                yield (file.kind.name, file.id), (file, ("examples",), list(file.values["examples"]))
            case _:
                pass


def _difference(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    """Return what is new and what is gone, repetitions counted."""
    gone, added = list(old), []
    for text in new:
        if text in gone:
            gone.remove(text)
        else:
            added.append(text)
    return added, gone


def _rows(path: Path, problems: list[Problem]) -> Iterator[tuple[int, str, str, str]]:
    """Yield line number and the three columns of every row that has something in it."""
    text = decode(path.read_bytes(), str(path))
    sample = text.partition("\n")[0]
    separator = max(",;\t", key=sample.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        head = [name.strip().lower() for name in next(reader, [])]
        if missing := [name for name in COLUMNS if name not in head]:
            hint = f"the first line must be {','.join(COLUMNS)}"
            raise UnreadableFileError([Problem(Place(str(path)), f"there is no column {missing[0]!r}", hint)])
        index: Mapping[str, int] = {name: head.index(name) for name in COLUMNS}
        while (row := next(reader, None)) is not None:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) <= max(index.values()):
                message = f"the row has {len(row)} of {len(head)} columns"
                problems.append(Problem(Place(str(path), reader.line_num), message, "put text with commas in quotes"))
                continue
            kind, id, phrasing = (row[index[name]].strip() for name in COLUMNS)
            if phrasing.startswith("'") and phrasing[1:].startswith((*FORMULA, "'")):
                phrasing = phrasing[1:]
            yield reader.line_num, kind, id, " ".join(phrasing.split("\n"))
    except csv.Error as fault:
        message = f"the sheet cannot be read: {fault}"
        problems.append(Problem(Place(str(path), reader.line_num), message, "export again and start from there"))
