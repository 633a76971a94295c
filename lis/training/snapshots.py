"""Snapshots of a laboratory with its world: the copy of the laboratory, the ledger and inputs up to there, the recipe.

Whoever takes one sees to it that the world stands still and is written down; `rewinding` and `travelling` do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, func, insert, select

from lis.kernel.clock import Clock
from lis.kernel.errors import NotFound
from lis.storage import control, directory
from lis.storage import tables as t
from lis.storage.database import LabDatabase
from lis.storage.house import House
from lis.training import chronicle, following
from lis.training.tables import world_entry, world_input, world_snapshot

KEPT, AUTOMATIC = "kept", "automatic"
AUTOMATIC_ONES_KEPT = 8
LONGEST_NAME = 24
"""Of a laboratory made here: its snapshots carry its name before their own."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot. `lab` is its own slug, `origin` the laboratory; `inputs`, `entries`, `events` are positions."""

    lab: str
    origin: str
    label: str
    kind: str
    at: datetime
    taken_at: datetime
    by: str
    inputs: int
    entries: int
    events: int


def take(house: House, slug: str, label: str, by: str, *, wall: Clock, kind: str = KEPT) -> Snapshot:
    """Keep a laboratory and its world, which stands where its chronicle says."""
    following.open_worlds(house)
    with house.control.reading() as connection:
        chronicle.head_of(connection, slug)
    events = events_of(house.lab(slug))
    taken = house.snapshot(slug, label, by)
    try:
        with house.control.writing() as connection:
            chronicle.carry(connection, slug, taken)
            head = chronicle.head_of(connection, taken)
            inputs, entries = _count(connection, world_input, taken), _count(connection, world_entry, taken)
            made = Snapshot(taken, slug, label, kind, head.stood_at, wall.now(), by, inputs, entries, events)
            _write(connection, made, head.content)
    except BaseException:
        house.drop(taken, by)
        raise
    return made


def _write(connection: Connection, made: Snapshot, content: str) -> None:
    connection.execute(insert(world_snapshot).values({n: getattr(made, n) for n in Snapshot.__slots__}))
    control.record(
        connection,
        made.taken_at,
        made.by,
        "world.snapshot_taken",
        made.lab,
        lab=made.origin,
        stood_at=made.at,
        inputs=made.inputs,
        entries=made.entries,
        events=made.events,
        content=content,
    )


def _count(connection: Connection, table: Table, lab: str) -> int:
    query = select(func.count()).select_from(table).where(table.c.lab == lab)
    return int(connection.execute(query).scalar_one())


def events_of(database: LabDatabase) -> int:
    """How far a laboratory's journal has come."""
    with database.reading() as connection:
        last = select(func.coalesce(func.max(t.journal.c.seq), 0))
        return int(connection.execute(last).scalar_one())


def zone_of(database: LabDatabase) -> str:
    """In which zone a laboratory's days and hours are."""
    with database.reading() as connection:
        return str(connection.execute(select(t.lab.c.zone)).scalar_one())


def of(house: House, slug: str) -> list[Snapshot]:
    """The snapshots of a laboratory that have their world with them, earliest lab time first."""
    following.open_worlds(house)
    s = world_snapshot.c
    query = select(world_snapshot).where(s.origin == slug).order_by(s.at, s.taken_at, s.lab)
    with house.control.reading() as connection:
        return [Snapshot(**row) for row in connection.execute(query).mappings()]


def find(house: House, slug: str, name: str) -> Snapshot:
    """A laboratory's snapshot by its label or its own slug."""
    known = of(house, slug)
    found = next((one for one in known if name in (one.label, one.lab)), None)
    if found is None:
        labels = ", ".join(one.label for one in known)
        raise NotFound(
            "snapshot.unknown",
            f"Laboratory {slug} has no snapshot {name} with its hospital and bench.",
            f"There are: {labels}." if labels else "None has been taken yet.",
        )
    return found


def nearest(house: House, slug: str, at: datetime) -> Snapshot | None:
    """The latest snapshot at or before a lab instant."""
    return next((one for one in reversed(of(house, slug)) if one.at <= at), None)


def free_label(house: House, slug: str, wanted: str) -> str:
    """The label, with a number behind it when it is taken."""
    taken = {entry.slug for entry in house.entries()}
    tries = (wanted if n == 1 else f"{wanted}-{n}" for n in range(1, len(taken) + 2))
    return next(label for label in tries if f"{slug}-{label}" not in taken)


def fork(house: House, snapshot: Snapshot, new: str, by: str) -> None:
    """A laboratory of its own with its world, from a snapshot on; whoever works in the first may enter it too."""
    directory.check_free(new, house.entries())
    house.fork(snapshot.lab, new, by)
    with house.control.writing() as connection:
        chronicle.carry(connection, snapshot.lab, new)
        control.let_in(connection, snapshot.origin, new)


def put_back(house: House, slug: str, source: str, by: str) -> None:
    """A laboratory and its world become what a snapshot, or another laboratory, is."""
    house.reset(slug, source, by)
    following.open_worlds(house)


def drop(house: House, snapshot: Snapshot, by: str) -> None:
    """Remove a snapshot and the world kept with it."""
    house.drop(snapshot.lab, by)
    following.open_worlds(house)


def prune(house: House, slug: str, by: str) -> None:
    """Of the automatic ones the first, where it began, and the latest stay."""
    automatic = [one for one in of(house, slug) if one.kind == AUTOMATIC]
    by_age = sorted(automatic, key=lambda one: one.taken_at)
    for one in by_age[1 : max(1, len(by_age) - AUTOMATIC_ONES_KEPT + 1)]:
        drop(house, one, by)
