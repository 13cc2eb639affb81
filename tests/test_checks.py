"""`check` tells everything that is wrong: one message a fault, at its line."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from assistant.checks.phrasings import near_twins, phrasings, twins
from assistant.checks.run import check
from assistant.errors import Severity
from assistant.knowledge import read
from tests.folders import HERE, change, whole, write

TODAY = date(2026, 11, 23)
BROKEN = HERE / "broken"
EXPECTED = dict(
    line.split(": ", 1) for line in (BROKEN / "expected.txt").read_text("utf-8").splitlines() if line[:1] != "#"
)


@pytest.fixture
def folder(tmp_path):
    return whole(tmp_path / "knowledge")


def told(folder: Path, today: date = TODAY, **options) -> list[str]:
    _, problems = check(folder, today, **options)
    return [str(p).replace(f"{folder}/", "") for p in problems]


def about(folder: Path, words: str, today: date = TODAY, **options) -> list[str]:
    """Return only the messages with *words* in them."""
    return [message for message in told(folder, today, **options) if words in message]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_folder_with_one_fault_gets_one_message(name):
    assert told(BROKEN / name) == [EXPECTED[name]]


def test_there_are_twenty_and_more_of_them():
    folders = {p.name for p in BROKEN.iterdir() if p.is_dir()}
    assert folders == set(EXPECTED) | {"sound"}
    assert len(EXPECTED) >= 20


def test_a_sound_folder_gets_none():
    assert told(BROKEN / "sound") == []


def test_errors_come_first_and_nothing_twice(folder):
    change(folder / "passages/naps.yaml", "freshen you up", "freshen crazy people up")
    change(folder / "passages/worry-list.yaml", "quote: A list for tomorrow", "quote: tomorrow")
    _, problems = check(folder, TODAY)
    severities = [p.severity for p in problems]
    assert severities == sorted(severities, key=lambda s: s is not Severity.ERROR)
    assert len(set(problems)) == len(problems)


def test_all_faults_are_told_in_one_run(folder):
    change(folder / "passages/naps.yaml", "quote: A short nap can refresh", "quote: nap")
    change(folder / "passages/naps.yaml", "due: 2027-05-23", "due: 2026-01-01")
    change(folder / "helplines/WORLD.yaml", "expires: 2027-05-01", "expires: 2026-11-20")
    assert len([m for m in told(folder) if ": error: " in m]) == 3


@pytest.mark.parametrize(
    ("today", "severity"),
    [(date(2027, 4, 1), ""), (date(2027, 4, 2), "warning"), (date(2027, 5, 1), "warning"), (date(2027, 5, 2), "error")],
)
def test_a_help_line_is_warned_of_before_and_fails_after_its_day(folder, today, severity):
    found = about(folder, "'A directory of help lines' expire", today)
    assert [m.split(": ")[1] for m in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("today", "severity"), [(date(2027, 4, 1), ""), (date(2027, 5, 1), "warning"), (date(2027, 5, 24), "error")]
)
def test_a_review_is_warned_of_before_and_fails_after_its_day(folder, today, severity):
    found = about(folder, "the review", today)
    assert {m.split(": ")[1] for m in found} == ({severity} if severity else set())


def test_a_region_without_a_crisis_line_and_a_folder_without_the_world_are_told(folder):
    text = (folder / "helplines/WORLD.yaml").read_text("utf-8")
    write(folder / "helplines/UK.yaml", text.replace("purpose: crisis", "purpose: child"))
    assert about(folder, "no line has the purpose 'crisis'")[0].startswith("helplines/UK.yaml:4:3: error")
    (folder / "helplines/WORLD.yaml").unlink()
    change(folder / "helplines/UK.yaml", "purpose: child", "purpose: crisis")
    assert about(folder, "there is no region WORLD") != []


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        ("committed suicide", "died by suicide"),
        ("a failed attempt", "survived a suicide attempt"),
        ("the mentally ill", "people with a mental illness"),
        ("schizophrenics", "people with …"),
        ("substance abusers", "people who use drugs"),
    ],
)
def test_words_that_hurt_readers_are_told_in_our_own_texts(folder, words, instead):
    change(folder / "passages/naps.yaml", "A short nap can freshen", f"It is said of {words}. A short nap can freshen")
    (message,) = about(folder, "hurts readers")
    assert message.startswith("passages/naps.yaml:9:")
    assert instead in message


def test_visitors_may_write_as_they_like(folder):
    change(
        folder / "passages/naps.yaml", "  - forty winks, helpful?", "  - am I crazy to nap, my uncle committed suicide"
    )
    assert about(folder, "hurts readers") == []


def test_places_that_no_passage_tells_of_are_warned_of(folder):
    assert about(folder, "no passage tells of 'the-evening/2'") == [
        "sources/good-nights.yaml:32:17: warning: no passage tells of 'the-evening/2' (write one, or delete the place)"
    ]


def test_the_article_proves_quotations_and_fingerprints(folder):
    article = HERE / "articles/good-nights.md"
    assert [m for m in told(folder, article=article) if ": error: " in m] == []


def test_a_quotation_from_elsewhere_is_told_with_its_place(folder):
    change(folder / "passages/naps.yaml", "quote: A short nap can refresh", "quote: The body likes a rhythm")
    (message,) = about(folder, "the quotation is not at", article=HERE / "articles/good-nights.md")
    assert message == (
        "passages/naps.yaml:6:8: error: the quotation is not at 'the-same-hours/2'; it stands at the-same-hours/1 "
        "(correct the locator)"
    )


def test_a_quotation_that_nobody_wrote_is_told(folder):
    change(folder / "passages/naps.yaml", "quote: A short nap can refresh", "quote: a short nap can refresh")
    (message,) = about(folder, "the quotation is not at", article=HERE / "articles/good-nights.md")
    assert "copy the words exactly" in message


def test_an_article_that_has_changed_is_told(folder, tmp_path):
    text = (HERE / "articles/good-nights.md").read_text("utf-8")
    write(tmp_path / "new.md", text.replace("A short nap can refresh.", "A brief nap can refresh."))
    found = about(folder, "fingerprint", article=tmp_path / "new.md")
    assert len(found) == 1
    assert found[0].startswith("sources/good-nights.yaml:22:")


def test_an_article_that_cannot_be_read_is_told(folder, tmp_path):
    write(tmp_path / "new.pdf", b"%PDF")
    assert "the ending '.pdf' is not known" in " ".join(told(folder, article=tmp_path / "new.pdf"))


def test_no_phrasing_is_told_twice(folder):
    """A copied phrasing has two owners, and of course finds one of them only."""
    change(folder / "passages/naps.yaml", "  - forty winks, helpful?", "  - should I write a to-do list before bed")
    assert len(about(folder, "should I write a to-do list before bed")) == 1


def test_the_same_phrasing_twice_in_one_file_is_a_warning(folder):
    change(
        folder / "passages/naps.yaml",
        "  - forty winks, helpful?",
        "  - Can I nap in the afternoon?\n  - can i nap  in the afternoon?",
    )
    (message,) = about(folder, "is there twice")
    assert ": warning: " in message


def test_near_twins_are_found_as_the_slow_way_finds_them(folder):
    from rapidfuzz import fuzz

    change(folder / "passages/naps.yaml", "  - forty winks, helpful?", "  - thoughts about tomorow keep me awake")
    found = phrasings(read(folder))
    slow = {
        (a.text, b.text)
        for i, a in enumerate(found)
        for b in found[i + 1 :]
        if a.owner != b.owner and min(len(a.folded), len(b.folded)) > 12 and fuzz.ratio(a.folded, b.folded) >= 92
    }
    assert {(a.text, b.text) for a, b, _ in near_twins(found, lambda *_: None)} == slow
    assert slow == {("thoughts about tomorow keep me awake", "thoughts about tomorrow keep me awake")}


def test_large_folders_compare_what_starts_or_ends_alike(folder, monkeypatch):
    change(folder / "passages/naps.yaml", "  - forty winks, helpful?", "  - thoughts about tomorow keep me awake")
    monkeypatch.setattr("assistant.checks.phrasings.EXHAUSTIVE", 5)
    pairs = twins(phrasings(read(folder)), lambda *_: None)
    assert [(p.early.owner, p.late.owner) for p in pairs] == [("naps", "worry-list")]


def test_grades_are_for_english_only(folder):
    change(folder / "knowledge.yaml", "language: en", "language: de")
    change(
        folder / "passages/naps.yaml",
        "A short nap can freshen you up.",
        "Considerable rehabilitation necessitates individual neuroplasticity.",
    )
    assert about(folder, "reads at grade") == []


def test_what_was_compared_is_kept_until_a_phrasing_changes(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    steps = []
    for _ in range(2):
        told(folder, progress=lambda what, done, total: steps.append(what))
    assert steps.count("compare phrasings") == 1
    change(
        folder / "passages/naps.yaml",
        "  - forty winks, helpful?",
        "  - lie-ins on Sunday, good or bad for the night afters",
    )
    assert about(folder, "is nearly")


def test_judged_questions_that_name_what_is_not_there_are_told_with_their_line(folder):
    lines = [
        '{"question": "may I doze after lunch", "kind": "answer", "gold": ["naps"]}',
        "",
        '{"question": "and at work?", "kind": "answer", "gold": ["nap"]}',
        '{"id": "two", "turns": [{"question": "hi", "kind": "smaltalk"}, {"question": "no", "kind": "unknown"}]}',
    ]
    (folder / "judged").mkdir(exist_ok=True)
    write(folder / "judged/asked.jsonl", "\n".join(lines) + "\n")
    assert [m for m in told(folder) if m.startswith("judged/asked")] == [
        "judged/asked.jsonl:3:1: warning: no passage and no place is called 'nap' (did you mean 'naps'?)",
        "judged/asked.jsonl:4:1: warning: no reply is of the kind 'smaltalk' (did you mean 'smalltalk'?)",
    ]


def test_a_place_without_a_passage_may_be_named_by_a_judged_question(folder):
    (folder / "judged").mkdir(exist_ok=True)
    places = [p.locator for s in read(folder).knowledge.sources.values() for p in s.places]
    lines = [
        json.dumps({"question": f"question {n}", "kind": "answer", "gold": [str(p)]}) for n, p in enumerate(places)
    ]
    write(folder / "judged/asked.jsonl", "\n".join(lines) + "\n")
    assert about(folder, "judged/asked") == []
