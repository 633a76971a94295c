"""Interfaces and their traffic: what is held and why, what waits to be sent, and any message as it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from lis.kernel.errors import NotFound
from lis.lab import Reading
from lis.storage import tables as t

MOST_SHOWN = 100
NEEDS_A_PERSON = ("held", "unprocessed", "refused", "dead_letter")


@dataclass(frozen=True, slots=True)
class Link:
    """An interface with its counts by state, both ways."""

    row: Row[Any]
    name: str
    came: dict[str, int]
    went: dict[str, int]
    last_at: Any


def links(reading: Reading) -> list[Link]:
    """Every interface, its state and its traffic."""
    i, o = t.inbound, t.outbox
    came = _counts(reading, i.c.interface, i.c.state, i)
    went = _counts(reading, o.c.peer, o.c.state, o)
    newest = select(i.c.interface, func.max(i.c.received_at).label("at")).group_by(i.c.interface)
    last = {row.interface: row.at for row in reading.connection.execute(newest)}
    rows = reading.connection.execute(
        select(t.interface).order_by(t.interface.c.kind.desc(), t.interface.c.code)
    )
    return [
        Link(
            row, _name(reading, row.code), came.get(row.code, {}), went.get(row.code, {}), last.get(row.code)
        )
        for row in rows
    ]


def held_messages(reading: Reading) -> list[Row[Any]]:
    """Messages that were not processed as they came, the newest first."""
    i = t.inbound
    query = select(i).where(i.c.state.in_(NEEDS_A_PERSON)).order_by(i.c.id.desc()).limit(MOST_SHOWN)
    return list(reading.connection.execute(query))


def held_observations(reading: Reading) -> list[Row[Any]]:
    """Values that matched nothing safely, the newest first."""
    o = t.observation
    query = select(o).where(o.c.state == "held").order_by(o.c.id.desc()).limit(MOST_SHOWN)
    return list(reading.connection.execute(query))


def unsent(reading: Reading) -> list[Row[Any]]:
    """What still waits in the outbox, or was given up."""
    o = t.outbox
    query = select(o).where(o.c.state.in_(("queued", "sent", "dead"))).order_by(o.c.id).limit(MOST_SHOWN)
    return list(reading.connection.execute(query))


def message(reading: Reading, way: str, message_id: int) -> Row[Any]:
    """One stored message, or NotFound."""
    table = t.inbound if way == "in" else t.outbox
    row = reading.connection.execute(select(table).where(table.c.id == message_id)).first()
    if row is None:
        raise NotFound("message.unknown", f"There is no message {message_id} of that kind.")
    return row


def _counts(reading: Reading, by: Any, state: Any, table: Any) -> dict[str, dict[str, int]]:
    query = select(by.label("code"), state.label("state"), func.count().label("n")).select_from(table)
    found: dict[str, dict[str, int]] = {}
    for row in reading.connection.execute(query.group_by(by, state)):
        found.setdefault(row.code, {})[row.state] = row.n
    return found


def _name(reading: Reading, code: str) -> str:
    known = reading.catalog.peers.get(code) or reading.catalog.analyzers.get(code)
    return known.name if known else code
