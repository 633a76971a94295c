"""The end of a shift: what is left, counted by the system, and what must be known, written by a person."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Table, func, select

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.domain.workflow import IN_LAB, ContainerState, ResultState
from lis.kernel.errors import Invalid
from lis.services.observing import HELD
from lis.storage import tables as t
from lis.storage.work import Work


def write_handoff(work: Work, *, to: str, text: str) -> int:
    """Hand over in writing; the counts stand as they are now, whatever the text says."""
    work.require(Act.HANDOFF_WRITE)
    if not to.strip():
        raise Invalid("handoff.to", "Say to whom the shift is handed over.")
    if not text.strip():
        raise Invalid("handoff.text", "Say what the next shift must know, or that there is nothing.")
    counted = counts(work.connection)
    row_id = work.handoffs.add(at=work.now, by=work.actor.code, to=to, counts=counted, text=text)
    work.journal.append(Verb.HANDOFF_WRITTEN, f"handoff:{row_id}", to=to, counts=counted, text=text)
    return row_id


def counts(connection: Connection) -> dict[str, int]:
    """What is unfinished in the laboratory."""
    r, c = t.result.c, t.container.c
    in_lab = select(c.id).where(c.state.in_(IN_LAB))
    asked = {
        "expected": (t.container, c.state == ContainerState.EXPECTED),
        "set_aside": (t.container, c.state == ContainerState.SET_ASIDE),
        "pending": (t.result, (r.state == ResultState.PENDING) & r.container_pk.in_(in_lab)),
        "on_hold": (t.result, r.state == ResultState.ON_HOLD),
        "to_verify": (t.result, r.state == ResultState.RESULTED),
        "to_release": (t.result, r.state == ResultState.VERIFIED),
        "held_observations": (t.observation, t.observation.c.state == HELD),
        "held_messages": (t.inbound, t.inbound.c.state.in_(("held", "unprocessed"))),
        "calls_open": (t.call, t.call.c.state == "open"),
        "occurrences_open": (t.occurrence, t.occurrence.c.state == "open"),
        "recollections_open": (t.recollection, t.recollection.c.state.in_(("requested", "collected"))),
        "interfaces_stopped": (t.interface, t.interface.c.enabled.is_(False)),
    }
    return {name: _count(connection, table, condition) for name, (table, condition) in asked.items()}


def _count(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(table).where(condition)
    return int(connection.execute(query).scalar_one())
