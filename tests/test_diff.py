"""What an edit changes is told before it is published; changed help in danger is told loudest."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from assistant.dialogue import Dialogue
from assistant.diff import compare, folder_of, saved_questions
from assistant.diffreport import as_html, as_table
from assistant.errors import AssistantError, KnowledgeError
from assistant.knowledge import load
from tests.folders import change, whole, write


@pytest.fixture
def old(tmp_path):
    return whole(tmp_path / "old")


@pytest.fixture
def new(old, tmp_path):
    shutil.copytree(old, tmp_path / "new")
    return tmp_path / "new"


def difference(old, new, files=(), margin=0.1):
    states = [load(folder) for folder in (old, new)]
    dialogues = [Dialogue.build(state, "tests") for state in states]
    return compare(*dialogues, saved_questions(states[1], files), margin=margin)


def test_equal_folders_differ_in_nothing(old, new):
    found = difference(old, new)
    assert (found.asked, found.changes, found.crisis, found.touches_crisis) == (3, (), (), False)
    assert as_table(found) == "3 questions asked, 0 changed"


def test_a_changed_text_and_citation_are_told(old, new):
    change(new / "passages/naps.yaml", "A short nap can freshen you up.", "A nap of a few minutes can freshen you up.")
    change(new / "passages/worry-list.yaml", "locator: the-evening/3", "locator: the-evening/2")
    found = {c.question: c.what for c in difference(old, new, margin=1).changes}
    assert found == {
        "Are naps good or bad for the night?": ("answer",),
        "Does writing worries down help with sleep?": ("citation",),
    }


def test_a_changed_kind_is_told_with_both_states(old, new, tmp_path):
    write(tmp_path / "q.jsonl", '{"question": "how do I stop snoring", "kind": "unknown"}\n')
    change(new / "not-covered/sleep.yaml", "      - how do I stop snoring\n", "")
    change(new / "passages/naps.yaml", "  - forty winks, helpful?", "  - how do I stop snoring")
    (found,) = difference(old, new, [tmp_path / "q.jsonl"]).changes
    assert "kind" in found.what
    assert (found.old.kind, found.new.kind) == ("unknown", "answer")
    assert found.new.passages == ("naps",)


def test_turns_are_asked_in_their_conversation(old, new, tmp_path):
    turns = [
        {"question": "can I nap in the afternoon", "kind": "answer"},
        {"question": "tell me more", "kind": "answer"},
    ]
    write(tmp_path / "q.jsonl", json.dumps({"turns": turns}))
    change(new / "passages/naps.yaml", "related: [regular-hours]", "related: [worry-list]")
    found = difference(old, new, [tmp_path / "q.jsonl"])
    assert found.asked == 2
    assert [c.question for c in found.changes if "passage" in c.what] == ["tell me more"]


def test_a_change_of_help_in_danger_is_told_even_if_no_question_meets_it(old, new):
    change(new / "crisis/replies/suicide_explicit.yaml", "Take one slow breath.", "Breathe.")
    change(new / "helplines/WORLD.yaml", "findahelpline.com", "example.org")
    found = difference(old, new)
    assert found.crisis == ("the reply suicide_explicit changed", "the help lines of WORLD changed")
    assert found.touches_crisis
    assert as_table(found).startswith("CRISIS  the reply suicide_explicit changed\n")


def test_a_question_that_gets_other_help_is_told(old, new, tmp_path):
    write(tmp_path / "q.jsonl", '{"question": "I want to kill myself", "kind": "crisis"}\n')
    change(new / "crisis/replies/suicide_explicit.yaml", "[Call a line on this page now.]", "[Call now.]")
    found = difference(old, new, [tmp_path / "q.jsonl"])
    assert found.changes[0].is_crisis
    assert "CRISIS" in as_table(found).splitlines()[2]


def test_the_page_needs_no_other_file_and_shows_text_as_text(old, new):
    change(
        new / "passages/naps.yaml", "A short nap can freshen you up.", "A <script>alert(1)</script> nap can freshen."
    )
    page = as_html(difference(old, new), "old", "new")
    assert "&lt;script&gt;" in page
    assert "<del>short</del> nap can <del>freshen you up.</del>" in page
    assert "<ins>freshen.</ins>" in page
    assert "<script" not in page
    assert "src=" not in page
    assert "href=" not in page


def test_json_has_both_states(old, new):
    change(new / "passages/naps.yaml", "A short nap can freshen you up.", "A nap of a few minutes can freshen you up.")
    plain = json.loads(json.dumps(difference(old, new, margin=1).as_json()))
    assert plain["asked"] == 3
    assert plain["changes"][0]["old"]["passages"] == ["naps"]


def test_a_line_that_is_no_question_is_refused(old, new, tmp_path):
    write(tmp_path / "q.jsonl", '{"question": 3}\n')
    with pytest.raises(KnowledgeError, match="no judged question"):
        difference(old, new, [tmp_path / "q.jsonl"])


def test_git_revisions_are_compared(old):
    def git(*arguments: str) -> None:
        name = ["-c", "user.name=Tests", "-c", "user.email=tests@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", old.parent, *name, *arguments], check=True, capture_output=True)

    git("init", "-q")
    git("add", "old")
    git("commit", "-qm", "first")
    change(old / "passages/naps.yaml", "title: Naps", "title: Short naps")
    with folder_of("HEAD", old) as before:
        assert load(before).passages["naps"].title == "Naps"
    assert not before.exists()
    with pytest.raises(AssistantError, match="no git revision"), folder_of("no-such", old):
        pass
    with pytest.raises(AssistantError), folder_of("--output=x", old):
        pass


def test_without_git_two_folders_are_asked_for(old, tmp_path):
    with pytest.raises(AssistantError, match="name two folders"), folder_of("HEAD", old):
        pass
