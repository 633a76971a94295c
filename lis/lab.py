"""One laboratory: its database, its clock, its catalogue. Everything that acts in it opens a Work here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any

from sqlalchemy import Connection, Row, select

from lis.domain.catalog import Catalog
from lis.domain.people import Actor
from lis.kernel.clock import Clock, ClockState, WallClock
from lis.storage import catalogs
from lis.storage.database import LabDatabase
from lis.storage.keys import HOT, LAST
from lis.storage.questions import Question
from lis.storage.statements import last_key
from lis.storage.tables import catalog_version
from lis.storage.tables import lab as lab_table
from lis.storage.work import Work

# The head row, and the digest that says which catalogue is in force; for a Work, with the last keys it goes on from.
_READ_HEAD = select(lab_table, catalog_version.c.digest.label("catalog_digest")).outerjoin(
    catalog_version, catalog_version.c.id == lab_table.c.catalog_version_id
)
_HEAD = Question(_READ_HEAD)
_WORK_HEAD = Question(
    _READ_HEAD.add_columns(*(last_key(table).label(f"{LAST}{table.name}") for table in HOT))
)


class _TakenBack(Exception):
    """Ends a trial."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page reads with: a connection that never waits for the writer, the instant, the catalogue."""

    connection: Connection
    now: datetime
    head: Row[Any]
    catalog: Catalog

    @property
    def zone(self) -> str:
        return str(self.head.zone)


class Lab:
    """Opens Works and Readings on one laboratory.

    Lab time is the clock state in the lab's head row, applied to the wall clock, unless `clock` is given: scripted and
    headless runs hand in their own.
    """

    def __init__(
        self, database: LabDatabase, *, wall: Clock | None = None, clock: Clock | None = None
    ) -> None:
        self.database = database
        self.wall = wall or WallClock()
        self.clock = clock
        self.queued = Event()  # set by every transaction here that has left something for a peer

    @property
    def slug(self) -> str:
        return self.database.slug

    @contextmanager
    def work(self, actor: Actor, *, cause: str | None = None, at: datetime | None = None) -> Iterator[Work]:
        """A unit of work: commits when left cleanly, rolls back on any exception. `at` sets the lab instant."""
        with self.database.writing() as connection:
            [head] = _WORK_HEAD.ask(connection)
            wall = self.wall.now()
            now = at or self._lab_time(head, wall)
            work = Work(connection, actor=actor, now=now, recorded_at=wall, head=head, cause=cause)
            yield work
            work.flush()
        if work.outbox.has_more:
            self.queued.set()

    @contextmanager
    def trial(self, actor: Actor, *, at: datetime | None = None) -> Iterator[Work]:
        """A Work that is always taken back: what would happen, and nothing of it stays. Others wait meanwhile."""
        with suppress(_TakenBack), self.work(actor, at=at) as work:
            yield work
            raise _TakenBack

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A consistent view for a page."""
        with self.database.reading() as connection:
            [head] = _HEAD.ask(connection)
            catalog = catalogs.load(connection, head.catalog_version_id, head.catalog_digest)
            yield Reading(connection, self._lab_time(head, self.wall.now()), head, catalog)

    def now(self) -> datetime:
        """Lab time."""
        if self.clock is not None:
            return self.clock.now()
        return self.clock_state().lab_time(self.wall.now())

    def clock_state(self) -> ClockState:
        """The pace of lab time, for whoever must keep step with it."""
        with self.database.reading() as connection:
            return clock_state_of(_HEAD.ask(connection)[0])

    def _lab_time(self, head: Row[Any], wall: datetime) -> datetime:
        return self.clock.now() if self.clock is not None else clock_state_of(head).lab_time(wall)


def clock_state_of(head: Row[Any]) -> ClockState:
    """The clock columns of a lab's head row."""
    return ClockState(head.lab_anchor, head.wall_anchor, head.speed, head.paused)
