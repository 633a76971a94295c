"""A held value beside what it may belong to: the pending tests of the tube it names, and others of its code's test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from lis.domain.catalog import ControlTarget
from lis.domain.workflow import IN_LAB, ResultState
from lis.interfaces.explaining import Fact
from lis.kernel.errors import NotFound
from lis.lab import Reading
from lis.services.resolving import CONTROL_REASONS
from lis.storage import tables as t
from lis.web.queries.inspecting import came_in

MOST_CANDIDATES = 30


@dataclass(frozen=True, slots=True)
class Held:
    """A held value, its tube if that is known here, results that wait for one, and controls that it may be of.

    `raw` is its message; `said` how the interface reads that one now.
    """

    row: Row[Any]
    container: Row[Any] | None
    meant: str
    candidates: tuple[Row[Any], ...]
    raw: bytes
    said: tuple[Fact, ...]
    targets: tuple[ControlTarget, ...]


def held(reading: Reading, observation_id: int) -> Held:
    """The value of a key with its candidates, or NotFound. `meant` is the test its code stands for, "" if unknown."""
    o, i = t.observation, t.inbound
    query = select(o, i.c.received_at).join(i, i.c.id == o.c.inbound_id).where(o.c.id == observation_id)
    row = reading.connection.execute(query).first()
    if row is None:
        raise NotFound("observation.unknown", f"There is no value {observation_id}.")
    came = came_in(reading, row.inbound_id)
    meant = _meant(reading, row)
    container = reading.connection.execute(
        select(t.container).where(t.container.c.container_id == row.container_sent.strip())
    ).first()
    return Held(
        row,
        container,
        meant,
        _candidates(reading, container, meant),
        bytes(came.row.raw),
        came.explanation.facts if came.explanation else (),
        _targets(reading, row, container, meant),
    )


def _targets(
    reading: Reading, row: Row[Any], container: Row[Any] | None, meant: str
) -> tuple[ControlTarget, ...]:
    """Controls of the analyzer that the value may be of: of the test that was meant, else of any."""
    if row.reason not in CONTROL_REASONS and (container is not None or row.patient_sent):
        return ()
    return tuple(
        target
        for target in reading.catalog.control_targets
        if target.analyzer == row.analyzer and (not meant or target.test == meant)
    )


def _meant(reading: Reading, row: Row[Any]) -> str:
    query = select(t.interface.c.settings).where(t.interface.c.code == row.interface)
    settings = reading.connection.execute(query).scalar_one_or_none() or {}
    device = reading.catalog.analyzers.get(row.analyzer)
    menu = {item.code: item.test for item in device.menu} if device else {}
    return str((menu | settings.get("code_map", {})).get(row.code_sent, ""))


def _candidates(reading: Reading, container: Row[Any] | None, meant: str) -> tuple[Row[Any], ...]:
    """What waits in the tube that was named; no tube known, then what waits anywhere for the test that was meant."""
    r, c, o, p = t.result, t.container, t.lab_order, t.patient
    query = (
        select(
            r.c.test, r.c.state, c.c.container_id, o.c.accession, o.c.priority, p.c.mrn, p.c.family, p.c.given
        )
        .join(c, c.c.id == r.c.container_pk)
        .join(o, o.c.id == r.c.order_id)
        .join(p, p.c.id == r.c.patient_id)
        .where(r.c.state == ResultState.PENDING)
        .order_by(r.c.id.desc())
        .limit(MOST_CANDIDATES)
    )
    if container is not None:
        query = query.where(c.c.specimen_id == container.specimen_id)
    elif meant:
        query = query.where(r.c.test == meant, c.c.state.in_(IN_LAB))
    else:
        return ()
    return tuple(reading.connection.execute(query))
