"""A folder is loaded whole, or not at all with every reason."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.errors import KnowledgeError
from assistant.knowledge import FEELINGS, load, read
from assistant.passages import Locator
from tests.folders import change, whole, write


@pytest.fixture
def folder(tmp_path):
    return whole(tmp_path / "knowledge")


def messages(folder) -> list[str]:
    with pytest.raises(KnowledgeError) as caught:
        load(folder)
    return [str(p).replace(f"{folder}/", "") for p in caught.value.problems]


def test_everything_in_the_files_is_there(folder):
    knowledge = load(folder)
    naps = knowledge.passages["naps"]
    assert naps.citation.locator == Locator("the-same-hours", 2)
    assert naps.citation.href == "/sources/good-nights#the-same-hours-2"
    assert naps.text.startswith("A short nap can freshen you up. A long one late in the day is another matter.")
    assert naps.review.due == date(2027, 5, 23)
    assert len(naps.questions) == 10
    assert knowledge.uncovered["snoring"].near == ("naps",)
    assert knowledge.small_talk["greeting"].replies == ("Hello.", "Good evening.")
    assert knowledge.pointers[FEELINGS].lines == ("That sounds hard. A person you trust may help.",)
    assert knowledge.feeling_words == ("exhausted",)
    assert knowledge.regions["WORLD"].lines[0].expires == date(2027, 5, 1)
    assert knowledge.crisis.phrases == {"suicide_explicit": ("kill myself", "end my life")}
    assert len(knowledge.crisis.danger["suicide_explicit"]) == 3
    assert knowledge.crisis.variants["suicide_explicit"].later[1] == "You can still call."


def test_the_revision_is_that_of_the_content(folder):
    first = load(folder).revision
    assert len(first) == 12
    (folder / "README.md").write_text("not knowledge")
    assert load(folder).revision == first
    change(folder / "passages/naps.yaml", "title: Naps", "title: Short naps")
    assert load(folder).revision != first


def test_files_that_did_not_change_are_not_parsed_again(folder):
    before = read(folder)
    change(folder / "passages/naps.yaml", "title: Naps", "title: Short naps")
    after = read(folder, before)
    assert after.knowledge.passages["naps"].title == "Short naps"
    assert after.files["passages/worry-list.yaml"] is before.files["passages/worry-list.yaml"]
    assert after.files["passages/naps.yaml"] is not before.files["passages/naps.yaml"]


def test_problems_of_all_files_come_together_in_file_order(folder):
    change(folder / "passages/worry-list.yaml", "title:", "titel:")
    change(folder / "passages/naps.yaml", "topic: mood", "topic: moood")
    change(folder / "sources/good-nights.yaml", "published: 2026-11-23", "published: soon")
    assert messages(folder) == [
        "passages/naps.yaml:7:8: error: there is no topic 'moood' in pointers.yaml (did you mean 'mood'?)",
        "passages/worry-list.yaml:2:1: error: unknown name 'titel' (did you mean 'title'?)",
        "sources/good-nights.yaml:5:12: error: 'soon' is not a day (write it like 2027-05-23)",
    ]


def test_a_broken_file_is_not_taken_for_a_missing_one(folder):
    """Whoever names a broken passage gets one message, about the break."""
    change(folder / "passages/naps.yaml", "title:", "titel:")
    assert len(messages(folder)) == 1


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("passages/naps.yaml", "source: good-nights", "source: good-night", "passages/naps.yaml:4:9: error: there is no source 'good-night' (did you mean 'good-nights'?)"),
        ("passages/naps.yaml", "locator: the-same-hours/2", "locator: same-hours/2", "passages/naps.yaml:5:10: error: the locator 'same-hours/2' names no place of 'good-nights' (did you mean 'the-same-hours'?)"),
        ("passages/naps.yaml", "locator: the-same-hours/2", "locator: the-same-hours", "passages/naps.yaml:5:10: error: 'the-same-hours' is not section/number, like 'types/1' (write section/number, like 'types/1')"),
        ("passages/naps.yaml", "related: [regular-hours]", "related: [naps]", "passages/naps.yaml:13:11: error: 'naps' is this passage itself (name another)"),
        ("not-covered/sleep.yaml", "near: [naps]", "near: [nap]", "not-covered/sleep.yaml:4:12: error: there is no passage 'nap' (did you mean 'naps'?)"),
        ("not-covered/sleep.yaml", "id: dreams", "id: snoring", "not-covered/sleep.yaml:9:9: error: the topic 'snoring' is at not-covered/sleep.yaml:2:9, too (rename or join them)"),
        ("helplines/WORLD.yaml", "expires: 2027-05-01", "expires: 2026-10-01", "helplines/WORLD.yaml:16:14: error: 2026-10-01 is not after the check on 2026-11-01 (correct a day)"),
        ("crisis/replies/suicide_explicit.yaml", "purposes: [crisis]", "purposes: [crises]", "crisis/replies/suicide_explicit.yaml:7:12: error: no help line has the purpose 'crises' (did you mean 'crisis'?)"),
        ("crisis/phrases/en.yaml", "suicide_explicit:", "self_harm:", "crisis/phrases/en.yaml:1:12: error: the danger 'self_harm' has no reply (write crisis/replies/self_harm.yaml)"),
        ("crisis/danger/suicide_explicit.en.yaml", "language: en", "language: de", "crisis/danger/suicide_explicit.en.yaml:1:11: error: the file's name does not say 'suicide_explicit.de.yaml' (name it 'suicide_explicit.de.yaml')"),
    ],
)  # fmt: skip
def test_references_that_lead_nowhere_are_told(folder, file, old, new, message):
    change(folder / file, old, new)
    assert messages(folder) == [message]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("passages/Good Naps.yaml", "the file name 'Good Naps' does not fit"),
        ("passages/naps2.yml", "files that end in '.yml' are not read"),
        ("passage/naps.yaml", "no file of this name is read here (did you mean 'passages/'?)"),
        ("naps.yaml", "no file of this name is read here"),
        ("helplines/Uk.yaml", "the file name 'Uk' does not fit"),
        ("follow-ups/simple.yaml", "the file name 'simple' does not fit (did you mean 'simpler'?)"),
    ],
)
def test_misplaced_files_are_told(folder, name, message):
    write(folder / name, (folder / "passages/naps.yaml").read_bytes())
    assert any(message in found for found in messages(folder))


@pytest.mark.parametrize("name", [".naps.yaml.swp", "#naps.yaml#", "naps.yaml~", ".naps.yaml", "4913", "notes.txt"])
def test_what_editors_leave_behind_is_not_read(folder, name):
    before = load(folder).revision
    write(folder / "passages" / name, b"\x00 half a file")
    assert load(folder).revision == before


def test_drafts_are_not_read(folder):
    write(folder / "drafts/passages/half.yaml", "title: TODO\n")
    assert "half" not in load(folder).passages


def test_a_folder_without_a_part_says_which(folder):
    (folder / "helplines/WORLD.yaml").unlink()
    assert messages(folder) == [
        "helplines/<REGION>.yaml:1:1: error: there is no file of this kind (help lines of a country) "
        "(write one, or borrow 'helplines' in knowledge.yaml)"
    ]


def test_an_empty_folder_and_no_folder_have_reasons(tmp_path):
    assert "knowledge.yaml:1:1: error: the file is missing (see knowledge/README.md)" in messages(tmp_path)
    assert messages(tmp_path / "no")[0].endswith("there is no such folder (name a folder with knowledge files)")


def test_parts_can_be_borrowed_from_the_shipped_folder(folder):
    for name in ("clinical", "helplines"):
        for path in (folder / name).rglob("*.yaml"):
            path.unlink()
    change(folder / "knowledge.yaml", "language: en\n", "language: en\nborrows: [clinical, helplines]\n")
    knowledge = load(folder)
    assert "UK" in knowledge.regions
    assert "diagnosis" in knowledge.clinical
    assert list(knowledge.small_talk) == ["greeting"]


def test_a_part_is_own_or_borrowed_not_both(folder):
    change(folder / "knowledge.yaml", "language: en\n", "language: en\nborrows: [helplines]\n")
    assert messages(folder) == [
        "knowledge.yaml:3:11: error: 'helplines' is borrowed, but helplines/WORLD.yaml is there, too "
        "(delete the own files, or the line that borrows)"
    ]


def test_judged_questions_are_read_with_their_turns(folder):
    lines = '{"question": "naps?", "kind": "answer", "gold": ["naps"]}\n\n{"turns": [{"question": "hi", "kind": "smalltalk"}]}\n'
    write(folder / "judged/own.jsonl", lines)
    one, two = load(folder).judged
    assert (one.id, one.turns[0].gold) == ("own-1", ("naps",))
    assert (two.id, two.turns[0].kind) == ("own-3", "smalltalk")


def test_a_line_that_is_no_judged_question_is_told(folder):
    write(folder / "judged/own.jsonl", '{"question": "naps?"}\n[1]\n')
    assert [m.partition(" (")[0] for m in messages(folder)] == [
        "judged/own.jsonl:1:1: error: the line is no judged question",
        "judged/own.jsonl:2:1: error: the line is no judged question",
    ]


def test_a_file_that_cannot_be_read_is_told(folder):
    (folder / "passages/naps.yaml").unlink()
    (folder / "passages/naps.yaml").symlink_to(folder / "nowhere")
    assert any("naps.yaml:1:1: error: the file cannot be read" in m for m in messages(folder))
