"""Interfaces and their traffic: what is held and why, what waits to be sent, and any message as it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, func, not_, select

from lis.interfaces.profiles import is_ahead, names, profile
from lis.kernel.errors import NotFound
from lis.lab import Reading
from lis.storage import tables as t
from lis.storage.outbox import LABEL, QUEUED

MOST_SHOWN = 100
HELD = "held"
NEEDS_A_PERSON = (HELD, "unprocessed", "dead_letter")
REFUSED_SHOWN = 20
DEAD = "dead"
UNSENT = (QUEUED, "sent", DEAD)
WENT = ("sent", "answered")
_INTERFACES = select(t.interface).order_by(t.interface.c.kind.desc(), t.interface.c.code)


@dataclass(frozen=True, slots=True)
class Link:
    """An interface, what of its traffic waits, and when the last message went each way.

    `held` counts messages that wait as a whole, `values` single values of it. `failure`: why the message that is to go
    next did not go; "" while the line is well. `newest`: when its last message came, and the latest of its values is
    dated.
    """

    row: Row[Any]
    name: str
    held: int
    values: int
    unsent: dict[str, int]
    last_in: datetime | None
    last_out: datetime | None
    failure: str = ""
    newest: tuple[datetime, datetime] | None = None

    @property
    def ahead(self) -> timedelta | None:
        """How far its clock is ahead: its last values are dated so long after they came. None where it is well."""
        if self.newest is None or self.row.profile not in names():
            return None
        came, dated = self.newest
        return dated - came if is_ahead(profile(self.row.profile), came, dated) else None

    @property
    def waiting(self) -> int:
        """What is still to be sent, or answered; a printer answers nothing."""
        unanswered = 0 if self.row.kind == "printer" else self.unsent.get("sent", 0)
        return self.unsent.get(QUEUED, 0) + unanswered

    @property
    def given_up(self) -> int:
        return self.unsent.get(DEAD, 0)

    @property
    def protocol(self) -> str:
        """hl7 or astm: what becomes of messages of a stopped interface depends on it."""
        return profile(self.row.profile).protocol if self.row.profile in names() else "hl7"

    @property
    def address(self) -> str:
        return f"{self.row.host}:{self.row.port}" if self.row.port else self.row.host


def links(reading: Reading) -> list[Link]:
    """Every interface, its state and what waits. Nothing is read here but indices and the rows that are shown."""
    i, o = t.inbound.c, t.outbox.c
    held = _number(reading, t.inbound, NEEDS_A_PERSON)
    values = _number(reading, t.observation, (HELD,))
    unsent = _unsent_of(reading)
    came = select(func.max(i.id)).group_by(i.interface)
    went = select(func.max(o.id)).where(o.state.in_(WENT)).group_by(o.state, o.peer)
    last_in = _last(reading, select(i.interface, i.received_at).where(i.id.in_(came)))
    last_out = _last(reading, select(o.peer, o.sent_at).where(o.id.in_(went)))
    failures, newest = failing(reading), _newest(reading, came)
    return [
        Link(
            row,
            _name(reading, row.code),
            held.get(row.code, 0),
            values.get(row.code, 0),
            unsent.get(row.code, {}),
            last_in.get(row.code),
            last_out.get(row.code),
            failures.get(row.code, ""),
            newest.get(row.code),
        )
        for row in reading.connection.execute(_INTERFACES)
    ]


def lines_down(reading: Reading) -> int:
    """Interfaces that somebody stopped, or to which nothing gets through."""
    stopped = {row.code for row in reading.connection.execute(_INTERFACES) if not row.enabled}
    return len(stopped | {peer for peer, error in failing(reading).items() if error})


def codes(reading: Reading) -> list[str]:
    """The interfaces, to choose one of."""
    return [row.code for row in reading.connection.execute(_INTERFACES)]


def link(reading: Reading, code: str) -> Link:
    """One interface, or NotFound."""
    found = next((one for one in links(reading) if one.row.code == code), None)
    if found is None:
        raise NotFound("interface.unknown", f"This laboratory has no interface {code}.")
    return found


def held_messages(reading: Reading) -> list[Row[Any]]:
    """Messages that wait for a person, the newest first."""
    return _inbound(reading, t.inbound.c.state.in_(NEEDS_A_PERSON), MOST_SHOWN)


def refused_messages(reading: Reading) -> list[Row[Any]]:
    """Messages that were answered with an error, the newest first: their senders know."""
    return _inbound(reading, t.inbound.c.state == "refused", REFUSED_SHOWN)


def held_observations(reading: Reading) -> list[Row[Any]]:
    """Values that matched nothing safely, the newest first, with the case of the container they name, if known."""
    o, i, c, x = t.observation, t.inbound, t.container, t.lab_order
    query = (
        select(o, i.c.received_at, x.c.accession)
        .join(i, i.c.id == o.c.inbound_id)
        .outerjoin(c, c.c.container_id == o.c.container_sent)
        .outerjoin(x, x.c.id == c.c.order_id)
        .where(o.c.state == HELD)
    )
    return list(reading.connection.execute(query.order_by(o.c.id.desc()).limit(MOST_SHOWN)))


def unsent(reading: Reading) -> list[Row[Any]]:
    """What still waits in the outbox, or was given up: given up first."""
    o = t.outbox
    is_done = and_(o.c.state == "sent", o.c.kind == LABEL)
    query = select(o).where(o.c.state.in_(UNSENT), not_(is_done)).order_by(o.c.state != DEAD, o.c.id)
    return list(reading.connection.execute(query.limit(MOST_SHOWN)))


def observations_of(reading: Reading, inbound_id: int) -> list[Row[Any]]:
    """Every value of a message with what became of it."""
    o = t.observation
    return list(reading.connection.execute(select(o).where(o.c.inbound_id == inbound_id).order_by(o.c.seq)))


def _inbound(reading: Reading, condition: Any, most: int) -> list[Row[Any]]:
    i = t.inbound
    query = select(i).where(condition).order_by(i.c.id.desc()).limit(most)
    return list(reading.connection.execute(query))


def _number(reading: Reading, table: Any, states: tuple[str, ...]) -> dict[str, int]:
    """Interface → how many of a table stand in one of some states."""
    query = select(table.c.interface, func.count().label("n")).where(table.c.state.in_(states))
    return {row.interface: row.n for row in reading.connection.execute(query.group_by(table.c.interface))}


def _unsent_of(reading: Reading) -> dict[str, dict[str, int]]:
    """Peer → state → number of what has not arrived."""
    o = t.outbox.c
    query = select(o.peer, o.state, func.count().label("n")).where(o.state.in_(UNSENT))
    found: dict[str, dict[str, int]] = {}
    for row in reading.connection.execute(query.group_by(o.state, o.peer)):
        found.setdefault(row.peer, {})[row.state] = row.n
    return found


def _last(reading: Reading, query: Any) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for code, at in reading.connection.execute(query):
        if at is not None:
            found[code] = max(at, found.get(code, at))
    return found


def _newest(reading: Reading, came: Any) -> dict[str, tuple[datetime, datetime]]:
    """Interface → when its last message came, and the latest of its values is dated, where any is."""
    i, o = t.inbound.c, t.observation.c
    dated = select(i.interface, i.received_at, func.max(o.observed_at).label("dated"))
    of_last = dated.join_from(t.inbound, t.observation, o.inbound_id == i.id).where(i.id.in_(came))
    rows = reading.connection.execute(of_last.group_by(i.interface, i.received_at))
    return {row.interface: (row.received_at, row.dated) for row in rows if row.dated is not None}


def failing(reading: Reading) -> dict[str, str]:
    """Peer → what stood in the way of its oldest message, which all others wait behind."""
    o = t.outbox.c
    oldest = select(func.min(o.id)).where(o.state == QUEUED).group_by(o.peer)
    rows = reading.connection.execute(select(o.peer, o.last_error).where(o.id.in_(oldest)))
    return {row.peer: row.last_error for row in rows}


def _name(reading: Reading, code: str) -> str:
    known = reading.catalog.peers.get(code) or reading.catalog.analyzers.get(code)
    return known.name if known else code
