"""One laboratory's database, whichever it is: a SQLite file or a PostgreSQL schema.

`writing()` is the one way to change it: one writer per laboratory, everything or nothing. `reading()` sees one
consistent state, never waits for the writer and cannot write. The control database is opened in the same way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Literal, Protocol

from sqlalchemy import Connection

from lis.kernel.errors import Refusal

Dialect = Literal["sqlite", "postgresql"]
Fill = Callable[[Connection], None]

WAIT_SECONDS = 30  # how long a writer waits for its turn before it says so


class DatabaseLost(Refusal):
    """The connection ended in the middle; nothing of the transaction was kept."""


class DatabaseBusy(Refusal):
    """Another writer did not finish in time."""


class StorageFull(Refusal):
    """No room was left to write; nothing of the transaction was kept."""


class StorageFailed(Refusal):
    """The storage refused to read or write; nothing of the transaction was kept."""


def lost() -> DatabaseLost:
    return DatabaseLost(
        "database.lost",
        "The connection to the database was lost. Nothing of this was saved.",
        "Do it again; if it is refused again, ask whether the database server is running.",
    )


def lost_at_commit() -> DatabaseLost:
    return DatabaseLost(
        "database.lost_at_commit",
        "The connection to the database was lost while saving; whether this was saved is not known.",
        "Look whether it is there before you do it again.",
    )


def unreachable(reason: object) -> DatabaseLost:
    return DatabaseLost(
        "database.unreachable",
        f"The database server cannot be reached ({str(reason).strip()}).",
        "Ask whether it is running; then do it again.",
    )


def busy() -> DatabaseBusy:
    return DatabaseBusy(
        "database.busy",
        f"The laboratory's database was busy for {WAIT_SECONDS} seconds. Nothing of this was saved.",
        "Do it again.",
    )


def full() -> StorageFull:
    return StorageFull(
        "storage.full",
        "There is no room left to save to. Nothing of this was saved.",
        "Free some disk space, then do it again.",
    )


def failed(reason: object) -> StorageFailed:
    return StorageFailed(
        "storage.failed",
        f"The storage refused ({reason}). Nothing of this was saved.",
        "Ask whoever looks after the computer to check the disk and the folder's permissions.",
    )


class LabDatabase(ABC):
    """One laboratory's database. `place` is its file name or schema."""

    slug: str
    place: str
    dialect: Dialect

    @abstractmethod
    def writing(self) -> AbstractContextManager[Connection]:
        """The laboratory's one writing transaction: commits on a clean end, else everything is rolled back."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one state and can change nothing."""

    @contextmanager
    def relaxed(self) -> Iterator[None]:
        """For a laboratory in the making: a power cut within it may cost the whole; at its end all of it is safe."""
        yield

    @abstractmethod
    def close(self) -> None:
        """Give back connections and the file lock."""


class Site(Protocol):
    """Where databases are kept. A new one is built as a draft, out of sight, then published or swapped in whole."""

    dialect: Dialect

    def place_of(self, slug: str) -> str:
        """The file name or schema of a laboratory."""

    def control(self) -> LabDatabase:
        """The control database, made if it is not there."""

    def attach(self, slug: str, place: str, *, exclusive: bool) -> LabDatabase:
        """Open a laboratory; `exclusive` refuses when another process serves it."""

    def guard(self, slug: str, place: str) -> AbstractContextManager[None]:
        """No other process serves the laboratory meanwhile; refused when one does."""

    def build(self, place: str, fill: Fill, revision: str = "head") -> str:
        """A draft with all tables of a revision and what `fill` puts in; the draft's name."""

    def copy(self, source: LabDatabase, place: str, settle: Fill) -> str:
        """A draft that equals the source at one instant, then changed by `settle`; the draft's name."""

    def publish(self, draft: str, place: str) -> None:
        """The draft becomes the laboratory. Refused when the place is taken."""

    def swap(self, draft: str, target: LabDatabase) -> None:
        """The draft takes the place of a laboratory's content, in one step."""

    def remove(self, place: str) -> None:
        """A draft, snapshot or laboratory that nobody has open is gone; nothing happens when it is not there."""

    def close(self) -> None: ...
