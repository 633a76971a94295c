"""Make SQLite's write fail at the first, second, third … statement in turn, to see that nothing is ever half done.

assert fails_whole(lab.database, lambda: receive(lab)) > 0
"""

from __future__ import annotations

import itertools
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event, select

from lis.kernel.errors import Refusal
from lis.storage.database import LabDatabase, StorageFailed, StorageFull
from lis.storage.sqlite import refusal_for
from lis.storage.tables import lab_metadata

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "WITH")
COMMIT = "COMMIT"


class WriteFails(sqlite3.OperationalError):
    """What SQLite raises when the disk does not take a page."""

    def __init__(self, code: int) -> None:
        super().__init__("database or disk is full" if code == sqlite3.SQLITE_FULL else "disk I/O error")
        self.sqlite_errorcode = code


def fails_whole(database: LabDatabase, act: Callable[[], object], code: int = sqlite3.SQLITE_IOERR) -> int:
    """Run `act` with every one of its writes failing in turn, the commit too, and at last with none failing.

    Each failure must reach the caller as a refusal and leave every row as it was. How many writes there were.
    """
    before = state_of(database)
    for nth in itertools.count(1):
        with failing_at(nth, code) as tried:
            refused = _refusal_of(act)
        if len(tried) < nth:
            assert refused is None
            return len(tried)
        assert refused is not None, f"the failure of this write was swallowed: {tried[nth - 1]}"
        assert state_of(database) == before, f"something stayed although this write failed: {tried[nth - 1]}"
    raise AssertionError("unreachable")


def _refusal_of(act: Callable[[], object]) -> Refusal | None:
    try:
        act()
    except (StorageFailed, StorageFull) as refused:
        return refused
    return None


def state_of(database: LabDatabase) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with database.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in lab_metadata.sorted_tables
        }


@contextmanager
def unreadable(table: str, failed: threading.Event | None = None) -> Iterator[None]:
    """Within it SQLite refuses to read a table; `failed` is set when it did."""
    is_over: list[bool] = []

    def forbid(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_authorizer(authorize)

    def authorize(action: int, name: str | None, *_more: object) -> int:
        is_it = action == sqlite3.SQLITE_READ and name == table and not is_over
        return sqlite3.SQLITE_DENY if is_it else sqlite3.SQLITE_OK

    def before_execute(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if re.search(rf"(FROM|JOIN) {table}\b", statement):
            if failed is not None:
                failed.set()
            raise WriteFails(sqlite3.SQLITE_IOERR)

    event.listen(Engine, "begin", forbid)
    event.listen(Engine, "before_cursor_execute", before_execute)
    try:
        yield
    finally:
        event.remove(Engine, "begin", forbid)
        event.remove(Engine, "before_cursor_execute", before_execute)
        is_over.append(True)


@contextmanager
def failing_at(nth: int, code: int = sqlite3.SQLITE_IOERR) -> Iterator[list[str]]:
    """Within it the nth write fails, a commit of writes counting as one. Yields the writes tried so far."""
    tried: list[str] = []
    wrote: set[Connection] = set()

    def before_execute(connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            wrote.add(connection)
            tried.append(statement)
            if len(tried) == nth:
                raise WriteFails(code)

    def before_commit(connection: Connection) -> None:
        if connection in wrote:  # a transaction that only read has nothing to lose
            wrote.discard(connection)
            tried.append(COMMIT)
            if len(tried) == nth:
                raise refusal_for(WriteFails(code)) or AssertionError(code)

    event.listen(Engine, "before_cursor_execute", before_execute)
    event.listen(Engine, "commit", before_commit)
    try:
        yield tried
    finally:
        event.remove(Engine, "before_cursor_execute", before_execute)
        event.remove(Engine, "commit", before_commit)
