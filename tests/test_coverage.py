"""Where the knowledge is thin is shown, as a table and as a picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from assistant.coverage import as_lines, as_svg, coverage
from assistant.encoder import shipped_encoder
from assistant.engine import entries_of
from assistant.knowledge import load
from assistant.retrieval import Retriever
from tests.folders import change, whole


@pytest.fixture
def found(tmp_path):
    folder = whole(tmp_path / "knowledge")
    change(folder / "passages/naps.yaml", "  - forty winks, helpful?\n", "")
    knowledge = load(folder)
    return coverage(knowledge, Retriever(entries_of(knowledge), shipped_encoder()), lambda *_: None)


def test_places_and_phrasings_are_counted(found):
    rows = {row.locator: (row.passages, row.phrasings) for row in found.places}
    assert rows["the-same-hours/2"] == (1, 9)
    assert rows["the-evening/1"] == (0, 0)
    assert len(rows) == 9
    assert found.thin == (("naps", 9),)


def test_the_table_marks_what_is_missing(found):
    lines = "\n".join(as_lines(found))
    assert "good-nights the-evening/1" in lines
    assert lines.count("<- no passage") == 6
    assert "passages with fewer than 10 phrasings" in lines
    assert "taken for" in lines


def test_the_picture_is_whole_and_has_words_for_those_who_cannot_see_it(found):
    root = ET.fromstring(as_svg(found))
    names = {element.tag.rpartition("}")[2] for element in root}
    assert {"title", "desc", "rect", "text"} <= names
    assert "script" not in as_svg(found)
    told = [e.text for e in root.iter("{http://www.w3.org/2000/svg}title")]
    assert any("taken for" in text for text in told)
    texts = {e.text: e.get("fill") for e in root.iter("{http://www.w3.org/2000/svg}text")}
    assert texts["naps (9)"] is not None
    assert texts["worry-list (10)"] is None
    assert "good-nights the-evening/1" in texts


def test_a_folder_without_passages_is_no_fault(tmp_path):
    folder = whole(tmp_path / "knowledge")
    empty = coverage(load(folder), None, lambda *_: None)
    assert empty.confusions == ()
    assert as_lines(empty)[-1] == "  none"
