"""The database: honest outcomes, no words where none belong, upgrades, and the ninety days."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import storage
from assistant.errors import SettingsError
from assistant.storage import Feedback, Outcome, Storage, StorageError, Verdict
from tests import needs

SECRET = "zyzzyva-lantern"
FIRST_SCHEMA = """
    CREATE TABLE schema_version (version INTEGER NOT NULL);
    INSERT INTO schema_version VALUES (1);
    CREATE TABLE feedback (id INTEGER NOT NULL PRIMARY KEY, passage VARCHAR(80) NOT NULL,
                           verdict VARCHAR(20) NOT NULL, day DATE NOT NULL);
    CREATE TABLE questions (id INTEGER NOT NULL PRIMARY KEY, text TEXT NOT NULL, day DATE NOT NULL);
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "assistant.sqlite3"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, file: Path) -> Iterator[str]:
    """The same tests for both databases."""
    if request.param == "sqlite":
        yield f"sqlite:///{file}"
    else:
        with needs.postgresql() as server:
            yield server.url


class TestSaving:
    def test_a_question_and_a_verdict_come_back_as_they_were_saved(self, url: str) -> None:
        database = Storage(url, today=lambda: date(2026, 11, 23))

        assert database.save_question("What about my sleep?", nearest="structural") is Outcome.SAVED
        assert database.save_feedback("structural", "no", "r1") is Outcome.SAVED
        assert database.save_feedback("structural", "no", "r1") is Outcome.SAVED

        (question,) = database.questions()
        assert (question.text, question.nearest, question.day) == (
            "What about my sleep?",
            "structural",
            date(2026, 11, 23),
        )
        assert database.feedback() == (Feedback("structural", Verdict.NO, "r1", 2),)
        assert database.last is Outcome.SAVED
        database.close()

    def test_a_verdict_holds_no_words(self, url: str) -> None:
        database = Storage(url)

        assert database.save_feedback("structural", "I am so tired", "r1") is Outcome.NOT_SAVED
        assert database.save_feedback("I am so tired", "yes", "r1") is Outcome.NOT_SAVED
        assert database.save_feedback("structural", "yes", "I am so tired") is Outcome.NOT_SAVED
        assert database.save_question("What about my sleep?", nearest="I am so tired") is Outcome.NOT_SAVED
        assert database.feedback() == ()

    @pytest.mark.parametrize("text", ["", "  ", "\0", "\ud800"])
    def test_nothing_is_not_saved(self, text: str, file: Path) -> None:
        assert Storage(f"sqlite:///{file}").save_question(text) is Outcome.NOT_SAVED
        assert not file.exists()

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=st.text(st.characters(), max_size=300))  # lone surrogates and NUL, too
    def test_any_text_is_saved_without_what_no_database_takes(self, url: str, text: str) -> None:
        database = Storage(url)
        kept = "".join(c for c in text if c != "\0" and not "\ud800" <= c <= "\udfff").strip()

        saved = database.save_question(text)

        assert saved is (Outcome.SAVED if kept else Outcome.NOT_SAVED)
        if kept:
            assert database.questions()[-1].text == kept
        database.close()

    def test_a_long_question_is_cut(self, file: Path) -> None:
        database = Storage(f"sqlite:///{file}")

        database.save_question("a" * 9_000)

        assert len(database.questions()[0].text) == storage.MAX_TEXT

    def test_many_at_once_are_all_saved_or_said_not_to_be(self, url: str) -> None:
        database = Storage(url)
        database.version()
        outcomes: list[Outcome] = []
        threads = [
            threading.Thread(target=lambda n=n: outcomes.append(database.save_question(f"question {n}")))
            for n in range(24)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(database.questions()) == outcomes.count(Outcome.SAVED)
        assert Outcome.SAVED in outcomes
        database.close()


class TestFaults:
    def test_a_folder_that_cannot_be_written_is_not_saved_and_says_no_word(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        database = Storage(f"sqlite:///{tmp_path}/missing/assistant.sqlite3")

        assert database.save_question(SECRET) is Outcome.NOT_SAVED
        assert database.last is Outcome.NOT_SAVED
        assert SECRET not in _everything(caplog)
        with pytest.raises(StorageError, match="cannot be used") as raised:
            database.questions()
        assert raised.value.__cause__ is None

    def test_a_file_that_is_no_database_is_not_saved_and_not_touched(self, file: Path) -> None:
        file.write_bytes(b"These are somebody's notes.\n" * 99)

        assert Storage(f"sqlite:///{file}").save_question("why?") is Outcome.NOT_SAVED
        assert file.read_bytes() == b"These are somebody's notes.\n" * 99

    def test_a_locked_file_is_not_saved_within_patience(self, file: Path) -> None:
        database = Storage(f"sqlite:///{file}")
        database.version()
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")

        began = time.monotonic()
        outcome = database.save_question("why?")

        assert outcome is Outcome.NOT_SAVED
        assert time.monotonic() - began < storage.PATIENCE + 1
        other.execute("ROLLBACK")
        assert database.save_question("why?") is Outcome.SAVED

    def test_a_save_that_comes_too_late_is_undone(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(storage, "PATIENCE", 0.2)
        database = Storage(f"sqlite:///{file}")
        database.version()
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")

        assert database.save_question(SECRET) is Outcome.NOT_SAVED

        other.execute("ROLLBACK")
        _until(lambda: not any(t.name == "storage-save" for t in threading.enumerate()))
        assert database.questions() == ()
        assert SECRET.encode() not in file.read_bytes()

    def test_a_hung_database_holds_few_threads(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(storage, "PATIENCE", 0.1)
        database = Storage(f"sqlite:///{file}")
        database.version()
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")

        began = time.monotonic()
        outcomes = {database.save_question("why?") for _ in range(storage.AT_ONCE + 20)}

        assert outcomes == {Outcome.NOT_SAVED}
        assert time.monotonic() - began < 1.5  # the twenty did not wait
        assert sum(t.name == "storage-save" for t in threading.enumerate()) <= storage.AT_ONCE
        other.execute("ROLLBACK")
        _until(lambda: database.save_question("why?") is Outcome.SAVED)

    def test_a_file_that_was_deleted_while_serving_is_made_again(self, file: Path) -> None:
        database = Storage(f"sqlite:///{file}")
        assert database.save_question("before") is Outcome.SAVED
        file.unlink()

        assert database.save_question("first") is Outcome.NOT_SAVED
        assert database.save_question("second") is Outcome.SAVED
        assert [q.text for q in database.questions()] == ["second"]

    def test_a_server_that_is_not_there_is_not_saved_at_once(self) -> None:
        pytest.importorskip("psycopg")
        database = Storage("postgresql://nobody:x@127.0.0.1:1/none")

        began = time.monotonic()

        assert database.save_question("why?") is Outcome.NOT_SAVED
        assert time.monotonic() - began < 1

    def test_a_full_disk_is_not_saved_and_leaves_the_rest_readable(self, tmp_path: Path) -> None:
        with needs.small_disk(tmp_path, kilobytes=128) as disk:
            database = Storage(f"sqlite:///{disk}/assistant.sqlite3")
            assert database.save_question("before") is Outcome.SAVED
            _fill(disk / "filler")

            outcomes = {database.save_question("a" * 1_900) for _ in range(4)}

            assert Outcome.NOT_SAVED in outcomes
            assert database.questions()[0].text == "before"
            (disk / "filler").unlink()
            assert database.save_question("after") is Outcome.SAVED
            database.close()


class TestKeeping:
    def test_nothing_is_kept_for_more_than_ninety_days(self, url: str) -> None:
        day = date(2026, 1, 1)
        database = Storage(url, today=lambda: day)
        database.save_question("old")
        database.save_feedback("structural", "yes", "r1")

        day += timedelta(days=90)
        assert database.purge() == 0
        assert len(database.questions()) == 1

        day += timedelta(days=1)
        assert database.questions() == ()
        assert database.feedback() == ()
        assert database.purge() == 2
        database.close()

    def test_the_purge_comes_by_itself(self, file: Path) -> None:
        day = date(2026, 1, 1)
        Storage(f"sqlite:///{file}", today=lambda: day).save_question(SECRET)
        later = Storage(f"sqlite:///{file}", today=lambda: day + timedelta(days=91))

        later.tidy()

        _until(lambda: SECRET.encode() not in file.read_bytes())

    def test_tidying_makes_no_file(self, file: Path) -> None:
        Storage(f"sqlite:///{file}").tidy()

        assert not any(t.name == "storage-tidy" for t in threading.enumerate())
        assert not file.exists()

    def test_a_forgotten_question_is_gone_from_the_file(self, file: Path) -> None:
        database = Storage(f"sqlite:///{file}")
        database.save_question(SECRET)
        assert SECRET.encode() in file.read_bytes()

        assert database.forget([database.questions()[0].id, 4711]) == 1

        assert database.questions() == ()
        assert [p for p in file.parent.iterdir() if SECRET.encode() in p.read_bytes()] == []


class TestVersions:
    def test_an_older_database_is_upgraded_and_keeps_its_rows(self, url: str) -> None:
        _first_schema(url)

        database = Storage(url, today=lambda: date(2026, 11, 23))

        assert database.version() == storage.SCHEMA_VERSION
        assert [(q.text, q.nearest) for q in database.questions()] == [("from the first version", "")]
        assert database.feedback() == (Feedback("structural", Verdict.YES, "", 1),)
        assert database.save_question("new", nearest="structural") is Outcome.SAVED
        database.close()

    def test_an_upgraded_database_has_the_columns_of_a_new_one(self, file: Path) -> None:
        _first_schema(f"sqlite:///{file}")
        Storage(f"sqlite:///{file}").version()
        Storage(f"sqlite:///{file}.new").version()

        assert _columns(file) == _columns(Path(f"{file}.new"))

    def test_an_upgrade_that_fails_half_way_changes_nothing(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        _first_schema(f"sqlite:///{file}")
        before = _columns(file)

        def half(connection: storage.Connection) -> None:
            connection.exec_driver_sql("ALTER TABLE feedback ADD COLUMN revision VARCHAR(80) NOT NULL DEFAULT ''")
            connection.exec_driver_sql("ALTER TABLE nowhere ADD COLUMN x INTEGER")

        monkeypatch.setitem(storage._UPGRADES, 2, half)

        assert Storage(f"sqlite:///{file}").save_question("why?") is Outcome.NOT_SAVED
        assert _columns(file) == before

    def test_several_instances_upgrade_once(self, url: str) -> None:
        _first_schema(url)
        versions: list[int] = []
        threads = [threading.Thread(target=lambda: versions.append(Storage(url).version())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert versions == [storage.SCHEMA_VERSION] * 8

    def test_a_newer_database_is_left_alone(self, file: Path) -> None:
        Storage(f"sqlite:///{file}").version()
        with sqlite3.connect(file) as other:
            other.execute("UPDATE schema_version SET version = 99")
        before = file.read_bytes()

        database = Storage(f"sqlite:///{file}")

        assert database.save_question("why?") is Outcome.NOT_SAVED
        with pytest.raises(StorageError) as raised:
            database.questions()
        assert str(raised.value) == (
            "the database belongs to a newer version of this program: schema 99 is newer than 2 (update this program)"
        )
        assert file.read_bytes() == before


class TestAddresses:
    @pytest.mark.parametrize("url", ["", "notes.txt", "mysql://localhost/x", "http://example.org", "sqlite:"])
    def test_an_address_of_another_kind_is_refused(self, url: str) -> None:
        with pytest.raises(SettingsError) as raised:
            Storage(url)
        assert str(raised.value) == (
            "ASSISTANT_DATABASE_URL: not an address of SQLite or PostgreSQL "
            "(write sqlite:///file.sqlite3 or postgresql://name:password@host/database)"
        )

    def test_a_refused_address_does_not_show_its_password(self) -> None:
        with pytest.raises(SettingsError) as raised:
            Storage(f"oracle://me:{SECRET}@host/x")
        assert SECRET not in str(raised.value)

    @pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
    def test_the_usual_names_of_postgresql_are_understood(self, scheme: str) -> None:
        pytest.importorskip("psycopg")

        assert Storage(f"{scheme}://me:{SECRET}@host/x")._engine.url.drivername == "postgresql+psycopg"

    def test_the_file_is_readable_by_its_owner_alone(self, file: Path) -> None:
        Storage(f"sqlite:///{file}").save_question("why?")

        assert stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO) == 0


def _first_schema(url: str) -> None:
    """A database as the first version of this program would have left it, with a row in each table."""
    rows = (
        "INSERT INTO feedback (id, passage, verdict, day) VALUES (1, 'structural', 'yes', '2026-11-01')",
        "INSERT INTO questions (id, text, day) VALUES (1, 'from the first version', '2026-11-01')",
    )
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.executescript(FIRST_SCHEMA)
            for row in rows:
                connection.execute(row)
        connection.close()
        return
    import psycopg

    with psycopg.connect(url) as server:
        server.execute(FIRST_SCHEMA.replace("INTEGER NOT NULL PRIMARY KEY", "SERIAL PRIMARY KEY").encode())
        for row in rows:
            server.execute(row.replace("(id, ", "(").replace("(1, ", "(").encode())


def _columns(file: Path) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(file) as connection:
        tables = ("schema_version", "feedback", "questions")
        return {t: [row[1:5] for row in connection.execute(f"PRAGMA table_info({t})")] for t in tables}


def _everything(caplog: pytest.LogCaptureFixture) -> str:
    formatter = logging.Formatter()
    return "\n".join(f"{formatter.format(record)} {record.__dict__}" for record in caplog.records)


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(b"x" * 1024)


def _until(true: object, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)
