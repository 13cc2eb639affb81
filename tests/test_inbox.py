"""Sent questions are grouped by what is nearest, and taken into the files as they were typed."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.errors import AssistantError
from assistant.inbox import accept, as_lines, group
from assistant.knowledge import load, read
from assistant.storage import SentQuestion
from assistant.updating import nearly_learnt
from assistant.yamlfile import parse
from tests.folders import change, whole

DAY = date(2026, 11, 23)


@pytest.fixture
def folder(tmp_path):
    return whole(tmp_path / "knowledge")


def sent(*texts: str) -> list[SentQuestion]:
    return [SentQuestion(number, text, "", DAY) for number, text in enumerate(texts, 1)]


def grouped(folder, questions):
    knowledge = load(folder)
    return group(knowledge, nearly_learnt(knowledge), questions)


def test_questions_are_grouped_by_what_they_ask_for(folder):
    questions = sent(
        "is an afternoon nap ok",
        "my wife snores, what can I do",
        "can I take a nap in the afternoon",
        "Which bicycle pump fits a Dutch valve?",
        "bicycle pump for dutch valve",
    )
    groups = grouped(folder, questions)
    assert [(g.kind, g.target, [q.id for q in g.questions]) for g in groups] == [
        ("new", "", [4, 5]),
        ("passage", "naps", [1, 3]),
        ("not-covered", "snoring", [2]),
    ]
    assert groups[1].title == "Naps"


def test_phrasings_are_ready_to_paste(folder):
    (found,) = grouped(folder, sent("nap: yes\nor no", "nap: yes or no", "CAN I NAP in the afternoon"))
    assert found.phrasings == (
        "  - 'nap: yes or no'  # 1, 2",
        "  - CAN I NAP in the afternoon  # 3 (a phrasing already)",
    )
    assert parse("\n".join(found.phrasings).encode(), "pasted").values[0].value == "nap: yes or no"


def test_each_group_is_told_with_its_count_and_what_can_be_done(folder):
    lines = as_lines(grouped(folder, sent("naps: good or bad", "Which bicycle pump fits a Dutch valve?")))
    assert lines == [
        "1 question about something new, sent on 2026-11-23",
        "  - Which bicycle pump fits a Dutch valve?  # 2",
        "",
        "1 question near passage 'naps' (Naps), sent on 2026-11-23",
        "  - 'naps: good or bad'  # 1",
        "",
        "The number after # is for --accept and --forget. Nothing is kept longer than 90 days.",
    ]
    assert as_lines(()) == ["no questions were sent"]


def test_without_passages_each_question_is_new(folder):
    (found,) = group(load(folder), None, sent("naps: good or bad"))
    assert (found.kind, found.target) == ("new", "")


def test_an_accepted_question_stands_in_the_file_and_all_else_stays(folder):
    change(folder / "passages/naps.yaml", "questions:\n", "questions:\n  # people's own words\n")
    before = (folder / "passages/naps.yaml").read_text("utf-8")
    path, line = accept(read(folder), sent("nap:\nyes or no")[0], "naps")
    after = path.read_text("utf-8")
    assert after == before + "  - 'nap: yes or no'\n"
    assert after.splitlines()[line - 1] == "  - 'nap: yes or no'"
    assert load(folder).passages["naps"].questions[-1] == "nap: yes or no"


def test_a_topic_that_is_not_covered_takes_phrasings_too(folder):
    path, line = accept(read(folder), sent("he snores")[0], "snoring")
    assert path.read_text("utf-8").splitlines()[line - 1] == "      - he snores"


def test_what_is_there_already_and_what_is_nowhere_are_refused(folder):
    with pytest.raises(AssistantError, match="has this phrasing already"):
        accept(read(folder), sent("CAN I NAP in the afternoon")[0], "naps")
    with pytest.raises(AssistantError, match="did you mean 'naps'"):
        accept(read(folder), sent("x")[0], "nap")
