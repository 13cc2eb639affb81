"""The served knowledge follows the files: whole snapshots, the last good one, no loss unasked."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from assistant.live import Live
from assistant.losses import CONFIRM
from tests.folders import change, whole, write


@pytest.fixture
def folder(tmp_path):
    return whole(tmp_path / "knowledge")


@pytest.fixture
def live(folder):
    return Live(folder, "secret")


def title(live: Live) -> str:
    return live.current.knowledge.passages["naps"].title


def problems(live: Live) -> list[str]:
    return [str(p).replace(f"{live.folder}/", "") for p in live.current.problems]


def until(true, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_an_edit_is_in_force_within_two_seconds_and_learnt_later(folder, live):
    live.follow()
    time.sleep(0.6)
    change(folder / "passages/naps.yaml", "  - forty winks, helpful?", "  - zorgblat at noon")
    change(folder / "passages/naps.yaml", "title: Naps", "title: Short naps")
    begun = time.monotonic()
    until(lambda: title(live) == "Short naps")
    assert time.monotonic() - begun < 2
    assert live.current.dialogue.engine.retriever.rank("zorgblat at noon").candidates[0].id == "naps"
    first = live.current
    until(lambda: live.current is not first, 60)
    assert title(live) == "Short naps"
    assert live.current.dialogue.engine.retriever.rank("zorgblat at noon").candidates[0].id == "naps"


def test_nothing_happens_without_an_edit(live):
    before = live.current
    assert live.look() is False
    assert live.current is before or live.current.knowledge is before.knowledge


def test_a_broken_file_keeps_the_last_good_state_and_is_logged_with_its_line(folder, live, caplog):
    answer = live.current.dialogue.respond("can I nap in the afternoon").text
    change(folder / "passages/naps.yaml", "title:", "titel:")
    with caplog.at_level(logging.ERROR, "assistant.live"):
        assert live.look() is False
    assert problems(live) == ["passages/naps.yaml:2:1: error: unknown name 'titel' (did you mean 'title'?)"]
    assert live.current.dialogue.respond("can I nap in the afternoon").text == answer
    assert "passages/naps.yaml:2:1" in caplog.text
    change(folder / "passages/naps.yaml", "titel:", "title:")
    live.look()
    assert problems(live) == []


def test_each_outcome_is_counted_once(folder, live):
    told = []
    live.loaded = told.append
    change(folder / "passages/naps.yaml", "title: Naps", "titel: Naps")
    live.look()
    live.look()
    change(folder / "passages/naps.yaml", "titel: Naps", "title: Short naps")
    live.look()
    assert told == [False, True]


@pytest.mark.parametrize("percent", range(1, 100))
def test_a_file_that_was_cut_off_is_never_taken(folder, live, percent):
    path = folder / "passages/naps.yaml"
    whole_text = path.read_bytes()
    path.write_bytes(whole_text[: len(whole_text) * percent // 100])
    before = live.current.knowledge
    assert live.look() is False
    assert live.current.knowledge is before
    assert problems(live) != []


def test_a_lost_passage_is_refused_until_it_is_confirmed(folder, live):
    (folder / "passages/worry-list.yaml").unlink()
    live.look()
    assert problems(live) == [
        "passages/worry-list.yaml:1:1: error: the passage 'worry-list' is gone "
        f"(put it back, or confirm with an empty file {CONFIRM} in the folder and save again)"
    ]
    assert "worry-list" in live.current.knowledge.passages
    (folder / CONFIRM).touch()
    assert live.look() is True
    assert "worry-list" not in live.current.knowledge.passages
    assert problems(live) == []


def test_a_confirmation_holds_for_ten_minutes_only(folder, live):
    (folder / "passages/worry-list.yaml").unlink()
    (folder / CONFIRM).touch()
    long_ago = time.time() - 700
    os.utime(folder / CONFIRM, (long_ago, long_ago))
    assert live.look() is False


@pytest.mark.parametrize("lost", ["helplines/WORLD.yaml", "crisis", "knowledge.yaml", "."])
def test_lost_files_and_folders_keep_the_old_state(folder, live, lost):
    target = folder / lost
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink()
    live.look()
    assert problems(live) != []
    assert len(live.current.knowledge.passages) == 3
    assert live.current.dialogue.is_crisis("I want to kill myself")


def test_many_lost_texts_are_refused_and_few_are_taken(folder, live):
    path = folder / "passages/naps.yaml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    last = lines[-1]
    path.write_text("".join([*lines[:-8], last]), "utf-8")
    live.look()
    assert "texts are gone" in problems(live)[0]
    path.write_text("".join([*lines[:-3], last]), "utf-8")
    assert live.look() is True


def test_a_renamed_passage_is_no_loss(folder, live):
    (folder / "passages/worry-list.yaml").rename(folder / "passages/list-of-worries.yaml")
    assert live.look() is True
    assert "list-of-worries" in live.current.knowledge.passages


def test_a_folder_that_is_broken_at_the_start_leaves_help_in_danger(folder):
    change(folder / "passages/naps.yaml", "title:", "titel:")
    live = Live(folder, "secret")
    assert problems(live) != []
    assert live.current.knowledge.passages == {}
    assert live.current.dialogue.is_crisis("I want to kill myself")
    change(folder / "passages/naps.yaml", "titel:", "title:")
    live.follow()
    until(lambda: live.current.knowledge.passages, 60)
    assert problems(live) == []


@pytest.mark.parametrize("habit", ["in place", "rename", "backup", "symlink", "crlf and bom", "same size and time"])
def test_every_editors_way_of_saving_is_followed(folder, live, habit, tmp_path):
    path = folder / "passages/naps.yaml"
    status = path.stat()
    new = path.read_text("utf-8").replace("title: Naps", "title: Nips")
    match habit:
        case "in place":
            path.write_text(new, "utf-8")
        case "rename":
            write(folder / "passages/.naps.yaml.tmp", new)
            (folder / "passages/.naps.yaml.tmp").replace(path)
        case "backup":
            path.rename(folder / "passages/naps.yaml~")
            path.write_text(new, "utf-8")
        case "symlink":
            write(tmp_path / "elsewhere.yaml", new)
            path.unlink()
            path.symlink_to(tmp_path / "elsewhere.yaml")
        case "crlf and bom":
            path.write_bytes(b"\xef\xbb\xbf" + new.replace("\n", "\r\n").encode())
        case "same size and time":
            path.write_text(new, "utf-8")
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    live.look()
    assert title(live) == "Nips"


def test_the_content_is_looked_at_now_and_then_even_if_times_say_nothing(live, monkeypatch):
    monkeypatch.setattr("assistant.live.WHOLE", 0.0)
    assert live._is_due()


def test_a_request_sees_one_state_only(folder, live):
    """Readers that take the snapshot once never see parts of two states."""
    torn, stop = [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            snapshot = live.current
            titles = {p.title.split(" of ")[-1] for p in snapshot.knowledge.passages.values()}
            own = snapshot.dialogue.knowledge
            if len(titles) > 1 or own is not snapshot.knowledge:
                torn.append(titles)
            time.sleep(0.001)

    for path in (folder / "passages").iterdir():
        set_title(path, "passage of 0")
    live.look()
    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for state in range(1, 12):
        for path in (folder / "passages").iterdir():
            set_title(path, f"passage of {state}")
        live.look()
    stop.set()
    for reader in readers:
        reader.join()
    assert torn == []
    assert title(live) == "passage of 11"


def set_title(path: Path, new: str) -> None:
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(f"title: {new}\n" if line.startswith("title:") else line for line in lines), "utf-8")
