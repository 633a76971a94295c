"""The home page's counts: what waits for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from lis.domain.workflow import ContainerState, ResultState
from lis.lab import Reading
from lis.storage import tables as t
from lis.web.queries import messages, quality, specimens

IN_LAB = (ContainerState.RECEIVED, ContainerState.LABELLED, ContainerState.STORED)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each kind wait now."""

    to_receive: int
    overdue: int
    set_aside: int
    to_label: int
    pending: int
    on_hold: int
    ready_to_verify: int
    to_release: int
    calls_open: int
    held: int
    given_up: int
    lines_down: int
    qc_due: int


def counts(reading: Reading) -> Counts:
    """Everything the home page counts, at one instant."""
    connection = reading.connection
    expected = specimens.expected(reading)
    containers = _by_state(connection, t.container)
    results = _by_state(connection, t.result)
    held = sum(_count(connection, t.inbound, state) for state in messages.NEEDS_A_PERSON)
    return Counts(
        to_receive=len(expected),
        overdue=sum(one.is_overdue for one in expected),
        set_aside=containers.get(ContainerState.SET_ASIDE, 0),
        to_label=containers.get(ContainerState.RECEIVED, 0),
        pending=pending_in_lab(connection),
        on_hold=results.get(ResultState.ON_HOLD, 0),
        ready_to_verify=results.get(ResultState.RESULTED, 0),
        to_release=results.get(ResultState.VERIFIED, 0),
        calls_open=_count(connection, t.call, "open"),
        held=held + _count(connection, t.observation, messages.HELD),
        given_up=_count(connection, t.outbox, messages.DEAD),
        lines_down=messages.lines_down(reading),
        qc_due=quality.due_count(reading),
    )


def pending_in_lab(connection: Connection) -> int:
    """Results without a value whose tube is in the laboratory."""
    r, c = t.result, t.container
    query = (
        select(func.count())
        .select_from(r.join(c, c.c.id == r.c.container_pk))
        .where(r.c.state == ResultState.PENDING, c.c.state.in_(IN_LAB))
    )
    return int(connection.execute(query).scalar_one())


def _by_state(connection: Connection, table: Any) -> dict[str, int]:
    query = select(table.c.state, func.count().label("n")).group_by(table.c.state)
    return {row.state: row.n for row in connection.execute(query)}


def _count(connection: Connection, table: Any, state: str) -> int:
    query = select(func.count()).select_from(table).where(table.c.state == state)
    return int(connection.execute(query).scalar_one())
