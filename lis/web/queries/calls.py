"""The call list: what must be said to somebody, and every attempt to say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select

from lis.lab import Reading
from lis.storage import tables as t

CLOSED_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Call:
    """A call with its case, its patient and its attempts."""

    row: Row[Any]
    attempts: tuple[Row[Any], ...]

    @property
    def minutes(self) -> int:
        """How long it stayed open; 0 while it is open."""
        spent = self.row.closed_at - self.row.opened_at if self.row.closed_at else timedelta(0)
        return int(spent.total_seconds() // 60)


def open_calls(reading: Reading) -> list[Call]:
    """Calls that are due: the longest waiting first."""
    return _calls(reading, _rows().where(t.call.c.state == "open").order_by(t.call.c.opened_at, t.call.c.id))


def closed_calls(reading: Reading) -> list[Call]:
    """The calls closed last."""
    query = _rows().where(t.call.c.state == "closed").order_by(t.call.c.closed_at.desc(), t.call.c.id.desc())
    return _calls(reading, query.limit(CLOSED_SHOWN))


def _rows() -> Any:
    c, o, p, v = t.call, t.lab_order, t.patient, t.visit
    return (
        select(
            c,
            o.c.accession,
            o.c.priority,
            o.c.provider,
            o.c.provider_phone,
            o.c.location,
            v.c.location.label("moved_to"),
            p.c.mrn,
            p.c.family,
            p.c.given,
            p.c.birth_on,
        )
        .select_from(c)
        .outerjoin(o, o.c.id == c.c.order_id)
        .outerjoin(p, p.c.id == o.c.patient_id)
        .outerjoin(v, v.c.id == o.c.visit_id)
    )


def _calls(reading: Reading, query: Any) -> list[Call]:
    rows = reading.connection.execute(query).all()
    a = t.call_attempt
    tried: dict[int, list[Row[Any]]] = {}
    attempts = select(a).where(a.c.call_id.in_([row.id for row in rows])).order_by(a.c.id)
    for attempt in reading.connection.execute(attempts):
        tried.setdefault(attempt.call_id, []).append(attempt)
    return [Call(row, tuple(tried.get(row.id, ()))) for row in rows]
