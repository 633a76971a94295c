"""One container: its whole row, its relations, its timers as of now, and everything that happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from lis.domain.catalog import ContainerType
from lis.domain.events import Verb
from lis.domain.processing import TubeTimes, clot_ready_at, spin_objection, spin_ready_at
from lis.lab import Reading
from lis.storage import tables as t
from lis.web.queries import specimens


@dataclass(frozen=True, slots=True)
class Timers:
    """Clot and spin as of now. `objection`: why it may not be spun, in words; "" when it may, or is never spun."""

    kind: ContainerType
    times: TubeTimes
    clot_ready_at: datetime | None
    spin_ready_at: datetime | None
    objection: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A container as its own page shows it. `parent`, `children`, `replaces`: container ids."""

    listed: specimens.Listed
    row: Row[Any]
    timers: Timers | None
    parent: str
    children: tuple[str, ...]
    replaces: str
    events: tuple[Row[Any], ...]

    @property
    def volumes(self) -> list[Row[Any]]:
        """The volume ledger: every booking with what was there before and after."""
        return [event for event in self.events if event.verb == Verb.VOLUME_RECORDED]

    @property
    def seen(self) -> list[str]:
        """What people saw in it."""
        return list(self.row.condition.get("seen", []))


def whole(reading: Reading, container_id: str) -> Whole:
    """The container of an id, or NotFound."""
    listed = specimens.one(reading, container_id)
    row = reading.connection.execute(select(t.container).where(t.container.c.id == listed.row.id)).one()
    ids = _ids_of(reading, row.order_id)
    children = select(t.container.c.id).where(t.container.c.parent_id == row.id).order_by(t.container.c.id)
    return Whole(
        listed,
        row,
        _timers(reading, row, listed.row.collected_at),
        ids.get(row.parent_id, ""),
        tuple(ids[pk] for pk in reading.connection.execute(children).scalars()),
        ids.get(row.replaces_id, ""),
        _events(reading, container_id),
    )


def _ids_of(reading: Reading, order_id: int) -> dict[int | None, str]:
    c = t.container.c
    query = select(c.id, c.container_id).where(c.order_id == order_id)
    return {row.id: row.container_id for row in reading.connection.execute(query)}


def _timers(reading: Reading, row: Row[Any], collected_at: datetime | None) -> Timers | None:
    kind = reading.catalog.containers.get(row.type)
    if kind is None or not (kind.centrifuge or kind.clot_time_min):
        return None
    times = TubeTimes(collected_at, row.clotting_at, row.spin_at, row.separated_at)
    against = spin_objection(kind, times, reading.now)
    return Timers(
        kind, times, clot_ready_at(kind, times), spin_ready_at(kind, times), against[1] if against else ""
    )


def _events(reading: Reading, container_id: str) -> tuple[Row[Any], ...]:
    j = t.journal
    query = select(j).where(j.c.subject == f"container:{container_id}").order_by(j.c.seq)
    return tuple(reading.connection.execute(query))
