"""The curators' other commands, each from its command line to its files and exit code."""

from __future__ import annotations

import json
import shutil

import pytest

from assistant.knowledge import load
from assistant.storage import Storage
from tests.folders import HERE, change, whole, write
from tests.terminal import run

ARTICLE = HERE / "articles/good-nights.md"


@pytest.fixture
def folder(tmp_path):
    return whole(tmp_path / "knowledge")


@pytest.fixture
def inbox(tmp_path):
    """A database with three sent questions, as its address."""
    url = f"sqlite:///{tmp_path}/inbox.sqlite3"
    storage = Storage(url)
    for text in ("is an afternoon nap ok", "naps: good or bad", "Which bicycle pump fits a Dutch valve?"):
        storage.save_question(text)
    return url


class TestDiff:
    def test_equal_folders_are_exit_zero(self, folder):
        result = run("diff", folder, folder)
        assert (result.exit_code, result.stdout) == (0, "3 questions asked, 0 changed\n")

    def test_changes_are_a_table_and_a_page(self, folder, tmp_path):
        new = shutil.copytree(folder, tmp_path / "new")
        change(
            new / "passages/naps.yaml", "A short nap can freshen you up.", "A nap of a few minutes can freshen you up."
        )
        result = run("diff", folder, new, "--margin", "1", "--html", tmp_path / "diff.html")
        assert result.exit_code == 0
        assert "3 questions asked, 1 changed (answer 1)" in result.stdout
        assert "    - A short nap can freshen you up.\n    + A nap of a few minutes can freshen" in result.stdout
        assert "<ins>of a few minutes</ins>" in (tmp_path / "diff.html").read_text("utf-8")

    def test_changed_help_in_danger_is_exit_one(self, folder, tmp_path):
        new = shutil.copytree(folder, tmp_path / "new")
        change(new / "crisis/replies/suicide_explicit.yaml", "Take one slow breath.", "Breathe.")
        result = run("diff", folder, new, "--json")
        assert result.exit_code == 1
        assert json.loads(result.stdout)["crisis"] == ["the reply suicide_explicit changed"]

    def test_own_questions_are_asked(self, folder, tmp_path):
        write(tmp_path / "q.jsonl", '{"question": "naps?", "kind": "answer"}\n')
        assert "1 question asked" in run("diff", folder, folder, "--questions", tmp_path / "q.jsonl").stdout

    def test_a_broken_folder_is_told(self, folder, tmp_path):
        new = shutil.copytree(folder, tmp_path / "new")
        change(new / "passages/naps.yaml", "title:", "titel:")
        result = run("diff", folder, new)
        assert result.exit_code == 1
        assert "unknown name 'titel'" in result.stderr


class TestImport:
    def test_an_article_becomes_drafts_that_are_not_read_yet(self, folder):
        before = load(folder).revision
        result = run("import", ARTICLE, "--id", "nights", "--knowledge", folder)
        assert result.exit_code == 0
        assert result.stdout.endswith(
            "10 files written, 9 of them for a place of the article each.\n"
            "Write what is marked TODO, then move the files beside the others; drafts are not read.\n"
        )
        assert (folder / "drafts/sources/nights.yaml").is_file()
        assert load(folder).revision == before

    def test_a_dry_run_writes_nothing(self, folder):
        result = run("import", ARTICLE, "--dry-run", "--knowledge", folder)
        assert "drafts/sources/good-nights-small-habits-around-sleep.yaml" in result.stdout
        assert not (folder / "drafts").exists()

    def test_wrong_usage_is_exit_two(self, folder):
        assert run("import").exit_code == 2
        assert run("import", ARTICLE, "--csv", ARTICLE).exit_code == 2
        assert run("import", ARTICLE, "--id", "Good Nights", "--knowledge", folder).exit_code == 2

    def test_a_second_time_is_refused(self, folder):
        run("import", ARTICLE, "--knowledge", folder)
        result = run("import", ARTICLE, "--knowledge", folder)
        assert result.exit_code == 1
        assert "is there already" in result.stderr


class TestSpreadsheet:
    def test_out_and_back_changes_nothing(self, folder, tmp_path):
        sheet = tmp_path / "p.csv"
        assert run("export", "--csv", sheet, "--knowledge", folder).exit_code == 0
        result = run("import", "--csv", sheet, "--knowledge", folder)
        assert (result.exit_code, result.stdout) == (0, "0 lists of phrasings changed\n")

    def test_what_changes_is_told(self, folder, tmp_path):
        text = run("export", "--knowledge", folder).stdout
        write(tmp_path / "p.csv", text + "passage,naps,a snooze: yes or no\r\n")
        told = run("import", "--csv", tmp_path / "p.csv", "--dry-run", "--knowledge", folder).stdout
        assert "  + a snooze: yes or no" in told
        assert "a snooze: yes or no" not in load(folder).passages["naps"].questions
        assert run("import", "--csv", tmp_path / "p.csv", "--knowledge", folder).exit_code == 0
        assert "a snooze: yes or no" in load(folder).passages["naps"].questions

    def test_a_refused_row_imports_nothing(self, folder, tmp_path):
        text = run("export", "--knowledge", folder).stdout
        write(tmp_path / "p.csv", text + "passage,naps,a new one\r\npassage,nap,another\r\n")
        before = load(folder).revision
        result = run("import", "--csv", tmp_path / "p.csv", "--knowledge", folder)
        assert result.exit_code == 1
        assert "nothing was imported: 1 to fix" in result.stderr
        assert "there is no passage 'nap' (did you mean 'naps'?)" in result.stderr
        assert load(folder).revision == before


class TestQuestions:
    def test_they_are_grouped_with_phrasings_to_paste(self, folder, inbox):
        result = run("questions", "--knowledge", folder, ASSISTANT_DATABASE_URL=inbox)
        assert result.exit_code == 0
        assert "2 questions near passage 'naps' (Naps), the last on " in result.stdout
        assert "  - 'naps: good or bad'" in result.stdout
        assert "1 question about something new, sent on " in result.stdout

    def test_one_is_accepted_into_its_nearest_passage_and_forgotten(self, folder, inbox):
        result = run("questions", "--accept", "2", "--knowledge", folder, ASSISTANT_DATABASE_URL=inbox)
        assert result.stdout.endswith("now a phrasing of 'naps'; forgotten here\n")
        assert load(folder).passages["naps"].questions[-1] == "naps: good or bad"
        assert [q.id for q in Storage(inbox).questions()] == [1, 3]

    def test_something_new_needs_a_place(self, folder, inbox):
        result = run("questions", "--accept", "3", "--knowledge", folder, ASSISTANT_DATABASE_URL=inbox)
        assert result.exit_code == 2
        assert "say where with --into" in result.output
        run("questions", "--accept", "3", "--into", "dreams", "--knowledge", folder, ASSISTANT_DATABASE_URL=inbox)
        assert load(folder).uncovered["dreams"].questions[-1] == "Which bicycle pump fits a Dutch valve?"

    def test_they_are_forgotten_one_by_one_or_all(self, folder, inbox):
        assert run("questions", "--forget", "1", ASSISTANT_DATABASE_URL=inbox).stdout == "1 forgotten\n"
        assert run("questions", "--forget", "9", ASSISTANT_DATABASE_URL=inbox).exit_code == 2
        assert run("questions", "--forget-all", ASSISTANT_DATABASE_URL=inbox).stdout == "2 forgotten\n"
        result = run("questions", "--knowledge", folder, ASSISTANT_DATABASE_URL=inbox)
        assert result.stdout == "no questions were sent\n"

    def test_json_has_groups(self, folder, inbox):
        found = json.loads(run("questions", "--json", "--knowledge", folder, ASSISTANT_DATABASE_URL=inbox).stdout)
        assert [(g["kind"], g["count"]) for g in found] == [("passage", 2), ("new", 1)]


class TestCoverage:
    def test_the_table_and_the_picture(self, folder, tmp_path):
        result = run("coverage", folder, "--svg", tmp_path / "map.svg")
        assert result.exit_code == 0
        assert "<- no passage" in result.stdout
        assert (tmp_path / "map.svg").read_text("utf-8").startswith("<svg")

    def test_json(self, folder):
        assert json.loads(run("coverage", folder, "--json").stdout)["phrasings"]["naps"] == 10


class TestAsk:
    def test_an_answer_has_its_place_and_help_comes_first_in_danger(self, folder):
        answer = run("ask", "can I nap in the afternoon", "--knowledge", folder).stdout
        assert answer.startswith("[answer]\n\nA short nap")
        assert "The same hours (the-same-hours/2): “A short nap can refresh”" in answer
        danger = run("ask", "I want to kill myself", "--knowledge", folder).stdout
        assert danger.startswith("[crisis]\n")
        assert danger.index("findahelpline.com") < danger.index("Take one slow breath")

    def test_explain_tells_scores_runner_up_threshold_and_screens(self, folder):
        told = run("ask", "can I nap in the afternoon", "--explain", "--knowledge", folder).stdout
        for words in (
            "matched phrasing: can I nap",
            "answers from 0.",
            "best five",
            "why not the runner-up:",
            "crisis screen: no danger",
            "clinical screen: not for",
            "signals:\n",
            "  passage ",
        ):
            assert words in told
        told = run("ask", "I want to kill myself", "--explain", "--knowledge", folder).stdout
        assert "crisis screen: danger, suicide_explicit: '" in told
