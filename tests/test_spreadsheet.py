"""Phrasings go to a spreadsheet and come back, whole or not at all."""

from __future__ import annotations

import csv
import io

import pytest

from assistant.errors import KnowledgeError
from assistant.knowledge import load, read
from assistant.spreadsheet import apply, export, plan
from tests.folders import change, whole, write


@pytest.fixture
def folder(tmp_path):
    return whole(tmp_path / "knowledge")


@pytest.fixture
def sheet(tmp_path):
    return tmp_path / "phrasings.csv"


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def saved(sheet, changed: list[list[str]], **options) -> None:
    out = io.StringIO()
    csv.writer(out, **options).writerows(changed)
    write(sheet, out.getvalue())


def refusals(folder, sheet) -> list[str]:
    with pytest.raises(KnowledgeError) as caught:
        plan(read(folder), sheet)
    return [str(p).removeprefix(f"{sheet}:") for p in caught.value.problems]


def test_every_phrasing_is_a_row(folder):
    found = rows(export(read(folder)))
    assert found[0] == ["kind", "id", "phrasing"]
    assert ["passage", "naps", "can I nap in the afternoon"] in found
    assert ["not-covered", "dreams", "do dreams tell the future"] in found
    assert ["clinical", "medication", "should I take sleeping pills"] in found
    assert len(found) == 1 + 30 + 6 + 4 + 3 + 3


def test_coming_back_unchanged_changes_nothing(folder, sheet):
    write(sheet, export(read(folder)))
    assert plan(read(folder), sheet) == ()


def test_new_and_removed_rows_change_just_their_lists(folder, sheet):
    change(folder / "passages/naps.yaml", "  - forty winks, helpful?", "  - forty winks, helpful? # ours")
    found = rows(export(read(folder)))
    found.remove(["passage", "naps", "nap late in the day"])
    found.append(["passage", "naps", "a snooze: yes or no"])
    saved(sheet, found)
    before = {p: p.read_bytes() for p in folder.rglob("*.yaml")}
    reading = read(folder)
    changes = plan(reading, sheet)
    assert [(c.id, c.added, c.removed) for c in changes] == [
        ("naps", ("a snooze: yes or no",), ("nap late in the day",))
    ]
    apply(reading, changes)
    questions = load(folder).passages["naps"].questions
    assert questions[-1] == "a snooze: yes or no"
    assert "nap late in the day" not in questions
    text = (folder / "passages/naps.yaml").read_text("utf-8")
    assert "  - forty winks, helpful? # ours\n" in text
    assert [p.name for p, data in before.items() if p.read_bytes() != data] == ["naps.yaml"]


def test_a_phrasing_moves_from_one_passage_to_another(folder, sheet):
    found = rows(export(read(folder)))
    found[found.index(["passage", "naps", "forty winks, helpful?"])][1] = "regular-hours"
    saved(sheet, found)
    reading = read(folder)
    apply(reading, plan(reading, sheet))
    assert "forty winks, helpful?" in load(folder).passages["regular-hours"].questions
    assert "forty winks, helpful?" not in load(folder).passages["naps"].questions


@pytest.mark.parametrize("text", ["=1+1", "+49 170", "-- what", "@me", "'quoted'", 'say "hi", then go', "über; ñ 脳"])
def test_any_text_comes_back_as_it_was(folder, sheet, text):
    found = rows(export(read(folder)))
    saved(sheet, [*found, ["passage", "naps", f"'{text}" if text[0] in "=+-@'" else text]])
    reading = read(folder)
    apply(reading, plan(reading, sheet))
    assert load(folder).passages["naps"].questions[-1] == text
    exported = rows(export(read(folder)))
    assert not any(row[2].startswith(("=", "+", "-", "@")) for row in exported)
    write(sheet, export(read(folder)))
    assert plan(read(folder), sheet) == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_spreadsheet_programs_separator_is_read(folder, sheet, delimiter):
    saved(sheet, rows(export(read(folder))), delimiter=delimiter)
    assert plan(read(folder), sheet) == ()


def test_every_refused_row_is_told_and_nothing_is_imported(folder, sheet):
    found = rows(export(read(folder)))
    number = len(found)
    bad = [
        ["passage", "nap", "a"],
        ["passages", "naps", "b"],
        ["passage", "naps", ""],
        ["passage", "naps", "x" * 2_001],
        ["passage", "worry-list", "Can I nap in the afternoon"],
        ["passage"],
    ]
    saved(sheet, [*found, *bad])
    assert refusals(folder, sheet) == [
        f"{number + 1}:1: error: there is no passage 'nap' (did you mean 'naps'?)",
        f"{number + 2}:1: error: there is no kind 'passages' (did you mean 'passage'?)",
        f"{number + 3}:1: error: nothing stands here (write a text, or delete the line)",
        f"{number + 4}:1: error: the text has 2001 characters (at most 2000)",
        f"{number + 5}:1: error: 'Can I nap in the afternoon' stands in line 2, too (keep one of them)",
        f"{number + 6}:1: error: the row has 1 of 3 columns (put text with commas in quotes)",
    ]


def test_half_a_sheet_is_refused(folder, sheet):
    found = rows(export(read(folder)))
    saved(sheet, found[: len(found) // 2])
    assert any("no row is left for" in m for m in refusals(folder, sheet))
    saved(sheet, [row for n, row in enumerate(found) if n < 2 or n % 2])
    assert any("is it half a sheet?" in m for m in refusals(folder, sheet))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"id,phrasing\nnaps,x\n", "there is no column 'kind'"),
        (b"", "there is no column 'kind'"),
        (b"kind,id,phrasing\npassage,naps,caf\xe9\n", "byte 0xE9 is not UTF-8"),
        ("kind,id,phrasing\n".encode("utf-16"), "the file is in UTF-16"),
        (b"PK\x03\x04", "invisible character"),
    ],
)
def test_what_is_no_sheet_is_told(folder, sheet, data, message):
    write(sheet, data)
    assert message in refusals(folder, sheet)[0]
