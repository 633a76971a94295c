"""Laboratories as SQLite files: `control.sqlite` and `labs/<slug>.sqlite` in one folder.

WAL with synchronous=FULL: what was committed survives the power going off. The writer is one connection, taken by one
thread at a time and opened with BEGIN IMMEDIATE; readers have connections of their own and cannot write.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.pool import QueuePool

from lis.kernel.errors import Conflict, Refusal
from lis.storage import database, migrations
from lis.storage.database import WAIT_SECONDS, Dialect, Fill, LabDatabase
from lis.storage.lockfile import FileLock

READERS_KEPT, READERS_MORE = 2, 30
USUAL_LOG, LONG_LOG = 1_000, 10_000  # pages of write-ahead log after which they go into the file
BROKEN_STORAGE = {
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
}


class SqliteDatabase(LabDatabase):
    """A laboratory's file, its one writer and its readers."""

    dialect: Dialect = "sqlite"

    def __init__(self, slug: str, path: Path, lock: FileLock | None = None) -> None:
        self.slug, self.path, self.place = slug, path, path.name
        self._file_lock = lock
        self._turn = threading.Lock()
        self._writing_thread: int | None = None
        self._writer = _engine(path, begin="BEGIN IMMEDIATE", pool_size=1, max_overflow=0)
        self._readers = _engine(path, begin="BEGIN", pool_size=READERS_KEPT, max_overflow=READERS_MORE)
        event.listen(self._writer, "handle_error", _refuse)
        event.listen(self._readers, "handle_error", _refuse_unless_forbidden)
        event.listen(self._readers, "connect", _forbid_writing)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self._my_turn(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if self._writing_thread == threading.get_ident():
            raise RuntimeError(f"{self.slug}: a writing transaction was opened inside another one")
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            raise database.busy()
        self._writing_thread = threading.get_ident()
        try:
            yield
        finally:
            self._writing_thread = None
            self._turn.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._readers.begin() as connection:
            yield connection

    @contextmanager
    def raw_writer(self) -> Iterator[sqlite3.Connection]:
        """The writer's own connection outside any transaction, for SQLite's backup interface."""
        with self._my_turn(), _told_in_words():
            borrowed = self._writer.raw_connection()
            try:
                yield _driver(borrowed)
            finally:
                borrowed.close()

    @contextmanager
    def relaxed(self) -> Iterator[None]:
        with self.raw_writer() as connection:
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute(f"PRAGMA wal_autocheckpoint={LONG_LOG}")
        try:
            yield
        finally:
            with self.raw_writer() as connection:
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute(f"PRAGMA wal_autocheckpoint={USUAL_LOG}")
                connection.execute("PRAGMA user_version=0")  # something to copy: only then the file is synced
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._readers.dispose()
        self._writer.dispose()
        if self._file_lock is not None:
            self._file_lock.release()
            self._file_lock = None


def _engine(path: Path, *, begin: str, pool_size: int, max_overflow: int) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=WAIT_SECONDS,
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": WAIT_SECONDS},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", lambda connection: _begin(connection, begin))
    return engine


def _begin(connection: Connection, statement: str) -> None:
    """Straight to the driver: every Work and every page begins so."""
    with _told_in_words():
        _driver(connection.connection).execute(statement)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    with _told_in_words():
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",  # else INSERT OR REPLACE removes rows that a trigger protects
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")


def _forbid_writing(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON")


def _refuse(context: ExceptionContext) -> None:
    refusal = refusal_for(context.original_exception)
    if refusal is not None:
        raise refusal from context.original_exception


def _refuse_unless_forbidden(context: ExceptionContext) -> None:
    """A reader that tries to write is a mistake of the program, not of the storage."""
    if getattr(context.original_exception, "sqlite_errorcode", None) != sqlite3.SQLITE_READONLY:
        _refuse(context)


@contextmanager
def _told_in_words() -> Iterator[None]:
    """Failures of the storage as refusals, where SQLite is spoken to without SQLAlchemy between."""
    try:
        yield
    except sqlite3.Error as error:
        raise refusal_for(error) or error from error


def refusal_for(error: BaseException | None) -> Refusal | None:
    """What a failure of the storage is called; None for every other error, which stays what it is."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return database.full()
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return database.busy()
    return database.failed(error) if primary in BROKEN_STORAGE else None


def _sync_folder(folder: Path) -> None:
    """A renamed file keeps its new name when the power goes off; Windows does so without being asked."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _driver(borrowed: Any) -> sqlite3.Connection:
    connection: sqlite3.Connection = borrowed.driver_connection
    return connection


class SqliteSite:
    """The folder of files. A draft is a hidden file beside the others."""

    dialect: Dialect = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.labs = folder / "labs"
        self.labs.mkdir(parents=True, exist_ok=True)

    def place_of(self, slug: str) -> str:
        return f"{slug}.sqlite"

    def control(self) -> LabDatabase:
        control = SqliteDatabase("control", self.folder / "control.sqlite")
        with control.writing() as connection:
            migrations.upgrade_if_behind(connection, migrations.CONTROL)
        return control

    def attach(self, slug: str, place: str, *, exclusive: bool) -> LabDatabase:
        path = self.labs / place
        if not path.exists():
            raise database.failed(f"the file {path} is missing")
        return SqliteDatabase(slug, path, FileLock(self._lock_path(place), slug) if exclusive else None)

    @contextmanager
    def guard(self, slug: str, place: str) -> Iterator[None]:
        lock = FileLock(self._lock_path(place), slug)
        try:
            yield
        finally:
            lock.release()

    def _lock_path(self, place: str) -> Path:
        return self.labs / f"{place}.lock"

    def build(self, place: str, fill: Fill, revision: str = "head") -> str:
        with self._draft(place) as draft, draft.writing() as connection:
            migrations.upgrade(connection, migrations.LAB, revision)
            fill(connection)
        return draft.place

    def copy(self, source: LabDatabase, place: str, settle: Fill) -> str:
        assert isinstance(source, SqliteDatabase)
        with self._draft(place) as draft:
            with source.writing(), source.reading() as reader, draft.raw_writer() as target:
                _driver(reader.connection).backup(target)
            with draft.writing() as connection:
                settle(connection)
        return draft.place

    @contextmanager
    def _draft(self, place: str) -> Iterator[SqliteDatabase]:
        """A new file under a hidden name; gone again when its making fails."""
        name = f".{place}.draft"
        self.remove(name)
        draft = SqliteDatabase(name, self.labs / name)
        try:
            yield draft
        except BaseException:
            draft.close()
            self.remove(name)
            raise
        draft.close()

    def publish(self, draft: str, place: str) -> None:
        if (self.labs / place).exists():
            raise Conflict(
                "lab.file_exists",
                f"There is already a file {place} that the directory does not know.",
                "Move it out of the folder, then do it again.",
            )
        (self.labs / draft).replace(self.labs / place)
        _sync_folder(self.labs)

    def swap(self, draft: str, target: LabDatabase) -> None:
        assert isinstance(target, SqliteDatabase)
        with target.raw_writer() as connection, closing(sqlite3.connect(self.labs / draft)) as source:
            source.backup(connection)
        self.remove(draft)

    def remove(self, place: str) -> None:
        for suffix in ("", "-wal", "-shm", ".lock"):
            with suppress(FileNotFoundError):
                (self.labs / f"{place}{suffix}").unlink()

    def close(self) -> None:
        """Nothing is shared between the files."""
