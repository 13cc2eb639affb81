"""What visitors chose to leave: verdicts on passages, without words, and questions sent on purpose.

A save never raises and never waits longer than `PATIENCE`: it says whether it was
saved, and an answer never depends on it. Reading is for the team's commands and may fail.
Nothing is kept longer than `KEPT_DAYS`; what is deleted is overwritten in an SQLite file.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from assistant.errors import AssistantError, SettingsError

KEPT_DAYS = 90
"""Days that anything is kept: the privacy page's promise."""

PATIENCE = 3.0
"""Seconds that a save may take: longer than the server's own limit, short enough for a visitor."""

STATEMENT_SECONDS = 2.0
"""Seconds that the database may work on one statement, or wait for a lock, before it gives up."""

AT_ONCE = 4
"""Saves at a time and process; a hung database holds at most so many threads."""

TIDY_SECONDS = 6 * 60 * 60
"""Seconds between two looks for what is older than `KEPT_DAYS`."""

MAX_TEXT = 2_000
"""Characters of a question that are kept: as many as may be asked."""

Result = TypeVar("Result")
_log = logging.getLogger(__name__)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_metadata = sa.MetaData()
_version = sa.Table("schema_version", _metadata, sa.Column("version", sa.Integer, nullable=False))
_feedback = sa.Table(
    "feedback",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("passage", sa.String(80), nullable=False),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("revision", sa.String(80), nullable=False, server_default=""),
)
_questions = sa.Table(
    "questions",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("nearest", sa.String(80), nullable=False, server_default=""),
)


class Verdict(StrEnum):
    """Did the passage help?"""

    YES = "yes"
    NO = "no"
    WRONG_SOURCE = "wrong-source"


class Outcome(StrEnum):
    """What became of a save. `NOT_SAVED` when in doubt."""

    SAVED = "saved"
    NOT_SAVED = "not saved"


class StorageError(AssistantError):
    """The database cannot be read or changed; names the kind of fault and never what was stored."""


@dataclass(frozen=True)
class Feedback:
    """How often a passage got a verdict under one revision of the knowledge."""

    passage: str
    verdict: Verdict
    revision: str
    count: int


@dataclass(frozen=True)
class SentQuestion:
    """A question that a visitor sent to the team; `nearest` is a passage's id, or empty."""

    id: int
    text: str
    nearest: str
    day: date


def _add_columns(connection: Connection) -> None:
    """Version 2: the revision that a verdict is about, and the passage nearest to a question."""
    connection.exec_driver_sql("ALTER TABLE feedback ADD COLUMN revision VARCHAR(80) NOT NULL DEFAULT ''")
    connection.exec_driver_sql("ALTER TABLE questions ADD COLUMN nearest VARCHAR(80) NOT NULL DEFAULT ''")


_UPGRADES: dict[int, Callable[[Connection], None]] = {2: _add_columns}
"""What leads to each version from the one before it. A version is never changed, only followed."""

SCHEMA_VERSION = max(_UPGRADES)


class _NewerSchemaError(SQLAlchemyError):
    """The database belongs to a newer version of this program."""


class Storage:
    """The one database. Opened at the first use, in the process that uses it."""

    def __init__(self, url: str, *, today: Callable[[], date] = lambda: datetime.now(UTC).date()) -> None:
        """Take the address of a database; nothing is opened yet.

        Raises:
            SettingsError: *url* is no address of a database that this program can use.
        """
        self._engine = _engine(url)
        self._today = today
        self._ready = False
        self._preparing = threading.Lock()
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._next_tidy = 0.0
        self.last: Outcome | None = None
        """The newest outcome, for those who watch; nothing before the first save."""

    def save_feedback(self, passage: str, verdict: str, revision: str) -> Outcome:
        """Keep a *verdict* on the passage with id *passage*; refuses all that is not an id and a `Verdict`."""
        if not (_NAME.fullmatch(passage) and _NAME.fullmatch(revision or "0") and verdict in set(Verdict)):
            return Outcome.NOT_SAVED
        row = {"passage": passage, "verdict": str(verdict), "revision": revision, "day": self._today()}
        return self._save("feedback", _feedback.insert().values(row))

    def save_question(self, text: str, nearest: str = "") -> Outcome:
        """Keep a question that its visitor sent on purpose, and the id of the *nearest* passage."""
        kept = text.encode("utf-8", "ignore").decode().replace("\0", "").strip()[:MAX_TEXT]
        if not kept or (nearest and not _NAME.fullmatch(nearest)):
            return Outcome.NOT_SAVED
        row = {"text": kept, "nearest": nearest, "day": self._today()}
        return self._save("question", _questions.insert().values(row))

    def questions(self) -> tuple[SentQuestion, ...]:
        """Return what was sent in the last `KEPT_DAYS`, oldest first.

        Raises:
            StorageError: the database cannot be read.
        """
        query = sa.select(_questions).where(_questions.c.day >= self._oldest()).order_by(_questions.c.id)
        rows = self._run(lambda connection: connection.execute(query).all())
        return tuple(SentQuestion(row.id, row.text, row.nearest, row.day) for row in rows)

    def feedback(self) -> tuple[Feedback, ...]:
        """Return the verdicts of the last `KEPT_DAYS`, counted, by passage, verdict and revision.

        Raises:
            StorageError: the database cannot be read.
        """
        columns = (_feedback.c.passage, _feedback.c.verdict, _feedback.c.revision)
        query = (
            sa.select(*columns, sa.func.count().label("number"))
            .where(_feedback.c.day >= self._oldest())
            .group_by(*columns)
            .order_by(*columns)
        )
        rows = self._run(lambda connection: connection.execute(query).all())
        return tuple(Feedback(row.passage, Verdict(row.verdict), row.revision, row.number) for row in rows)

    def forget(self, ids: Iterable[int]) -> int:
        """Delete the questions with these *ids* and return how many there were.

        Raises:
            StorageError: the database cannot be changed.
        """
        statement = _questions.delete().where(_questions.c.id.in_(tuple(ids)))
        return int(self._run(lambda connection: connection.execute(statement).rowcount))

    def purge(self) -> int:
        """Delete all that is older than `KEPT_DAYS` and return how many rows that were.

        Raises:
            StorageError: the database cannot be changed.
        """
        oldest = self._oldest()
        old = [table.delete().where(table.c.day < oldest) for table in (_feedback, _questions)]
        return int(self._run(lambda connection: sum(connection.execute(statement).rowcount for statement in old)))

    def tidy(self) -> None:
        """Purge in the background when it is due; cheap enough to be called for every request."""
        now = time.monotonic()
        if now < self._next_tidy:
            return
        self._next_tidy = now + TIDY_SECONDS
        if self._is_missing_file():
            return
        threading.Thread(target=self._tidy, name="storage-tidy", daemon=True).start()

    def version(self) -> int:
        """Return the schema's version, after an upgrade if one was needed.

        Raises:
            StorageError: the database cannot be read, or belongs to a newer program.
        """
        return int(self._run(lambda connection: connection.execute(sa.select(_version.c.version)).scalar_one()))

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._engine.dispose()

    def _oldest(self) -> date:
        return self._today() - timedelta(days=KEPT_DAYS)

    def _is_missing_file(self) -> bool:
        """There is nothing to tidy in a file that nobody has written yet, and no reason to make one."""
        name = self._engine.url.database
        if self._engine.dialect.name != "sqlite" or not name or name == ":memory:":
            return False
        try:
            with open(name, "rb"):
                return False
        except OSError:
            return True

    def _tidy(self) -> None:
        try:
            if purged := self.purge():
                _log.info("old rows deleted", extra={"rows": purged})
        except StorageError as error:
            _log.warning("old rows not deleted", extra={"fault": type(error.__cause__ or error).__name__})

    def _save(self, what: str, statement: sa.Insert) -> Outcome:
        """Run *statement* in a thread of its own and wait for it, but not longer than `PATIENCE`."""
        outcome, fault = Outcome.NOT_SAVED, "Busy"
        if self._slots.acquire(blocking=False):
            attempt = _Attempt(lambda commit: self._insert(statement, commit), self._slots.release)
            outcome, fault = attempt.outcome()
        self.last = outcome
        if outcome is Outcome.NOT_SAVED:
            _log.warning("not saved", extra={"what": what, "fault": fault})
        return outcome

    def _insert(self, statement: sa.Insert, may_commit: Callable[[], bool]) -> bool:
        with self._prepared(), self._engine.connect() as connection, connection.begin() as transaction:
            connection.execute(statement)
            if not may_commit():
                transaction.rollback()
                return False
        return True

    def _run(self, work: Callable[[Connection], Result]) -> Result:
        try:
            with self._prepared(), self._engine.begin() as connection:
                return work(connection)
        except Exception as fault:
            raise StorageError(_explain(fault)) from None

    @contextmanager
    def _prepared(self) -> Iterator[None]:
        """Make or upgrade the tables at the first use, and again after a fault: it may be another database."""
        if not self._ready:
            with self._preparing, self._engine.begin() as connection:
                _upgrade(connection)
            self._ready = True
        try:
            yield
        except SQLAlchemyError:
            self._ready = False
            raise


class _Attempt:
    """One try to save: whoever is first decides, the database or the clock."""

    def __init__(self, work: Callable[[Callable[[], bool]], bool], done: Callable[[], None]) -> None:
        self._work = work
        self._done = done
        self._lock = threading.Lock()
        self._finished = threading.Event()
        self._given_up = self._committing = self._saved = False
        self._fault = "Timeout"
        threading.Thread(target=self._go, name="storage-save", daemon=True).start()

    def outcome(self) -> tuple[Outcome, str]:
        """Wait, and return what happened with the fault's name; a save that comes too late is undone."""
        if not self._finished.wait(PATIENCE):
            with self._lock:
                self._given_up = not self._committing
            if not self._given_up:
                self._finished.wait(PATIENCE)
        return (Outcome.SAVED, "") if self._finished.is_set() and self._saved else (Outcome.NOT_SAVED, self._fault)

    def _may_commit(self) -> bool:
        with self._lock:
            self._committing = not self._given_up
            return self._committing

    def _go(self) -> None:
        try:
            self._saved = self._work(self._may_commit)
        except Exception as fault:
            self._fault = _name(fault)
        finally:
            self._finished.set()
            self._done()


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
        if address.drivername in ("postgres", "postgresql"):
            address = address.set(drivername="postgresql+psycopg")
        kind = address.get_backend_name()
        if kind == "sqlite":
            return _sqlite(address)
        if kind == "postgresql":
            return _postgresql(address)
    except ImportError:
        raise SettingsError(
            "ASSISTANT_DATABASE_URL: the driver for PostgreSQL is not installed "
            "(pip install 'psychoeducation-assistant[machines]')"
        ) from None
    except (ArgumentError, NoSuchModuleError, ValueError):
        pass
    raise SettingsError(
        "ASSISTANT_DATABASE_URL: not an address of SQLite or PostgreSQL "
        "(write sqlite:///file.sqlite3 or postgresql://name:password@host/database)"
    ) from None


def _sqlite(address: URL) -> Engine:
    """An SQLite file: writers take turns, deleted words are overwritten, no second file keeps a copy."""
    engine = sa.create_engine(
        address,
        hide_parameters=True,
        poolclass=_pool(address),
        connect_args={"timeout": STATEMENT_SECONDS, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "do_connect")
    def _own(_dialect: object, _record: object, _arguments: object, _names: object) -> None:
        if engine.pool.__class__ is sa.NullPool:
            os.close(os.open(str(address.database), os.O_RDWR | os.O_CREAT, 0o600))  # nobody else reads it

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA journal_mode = DELETE")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _pool(address: URL) -> type[sa.Pool]:
    """Open the file anew each time, since it may have been replaced by a backup; memory has no file."""
    return sa.NullPool if address.database and address.database != ":memory:" else sa.StaticPool


def _postgresql(address: URL) -> Engine:
    """PostgreSQL: no wait without an end, and no parameter in its log when a statement fails."""
    milliseconds = int(STATEMENT_SECONDS * 1_000)
    options = {
        "statement_timeout": milliseconds,
        "lock_timeout": milliseconds,
        "idle_in_transaction_session_timeout": 5 * milliseconds,
        "log_parameter_max_length_on_error": 0,
    }
    return sa.create_engine(
        address,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=AT_ONCE,
        max_overflow=1,  # one more than saves at once: the tidying
        pool_timeout=STATEMENT_SECONDS,
        pool_recycle=30 * 60,  # seconds: shorter than what firewalls forget
        connect_args={
            "connect_timeout": int(STATEMENT_SECONDS),
            "application_name": "assistant",
            "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
        },
    )


def _upgrade(connection: Connection) -> None:
    """Bring the tables to `SCHEMA_VERSION` within one transaction; what is newer is left alone."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("assistant schema"))))
    if not sa.inspect(connection).has_table(_version.name):
        _metadata.create_all(connection)
        connection.execute(_version.insert().values(version=SCHEMA_VERSION))
        return
    found = connection.execute(sa.select(_version.c.version)).scalar_one()
    if found > SCHEMA_VERSION:
        raise _NewerSchemaError(f"schema {found} is newer than {SCHEMA_VERSION}")
    for version in range(found + 1, SCHEMA_VERSION + 1):
        _UPGRADES[version](connection)
    if found < SCHEMA_VERSION:
        connection.execute(_version.update().values(version=SCHEMA_VERSION))
        _log.info("database upgraded", extra={"version": SCHEMA_VERSION})


def _name(fault: Exception) -> str:
    return type(fault).__name__.strip("_")


def _explain(fault: Exception) -> str:
    if isinstance(fault, _NewerSchemaError):
        return f"the database belongs to a newer version of this program: {fault} (update this program)"
    return (
        f"the database cannot be used ({_name(fault)}) "
        "(see that ASSISTANT_DATABASE_URL is right, that the server runs, and that the folder can be written)"
    )
