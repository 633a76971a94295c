"""Occurrence reports with what was added to them, and the hand-offs of shifts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from lis.kernel.errors import NotFound
from lis.lab import Reading
from lis.storage import tables as t

MOST_SHOWN = 30
HANDOFFS_SHOWN = 20

# Kind of a subject, as the journal names it → where it is shown, below the laboratory.
_SHOWN_AT = {
    "order": "/accessions/{}",
    "result": "/accessions/{}",
    "container": "/labels/{}",
    "patient": "/patients/{}",
    "interface": "/interfaces/{}",
    "message": "/messages/in/{}",
    "outbox": "/messages/out/{}",
    "control": "/qc/{}",
}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A report and the notes added to it, oldest first."""

    row: Row[Any]
    notes: tuple[Row[Any], ...]

    @property
    def path(self) -> str:
        """Where its subject is shown; "" where nothing shows it."""
        kind, _, name = self.row.subject.partition(":")
        first = name.split("/")[0] if kind == "result" else name
        return _SHOWN_AT[kind].format(first) if kind in _SHOWN_AT and name else ""


def open_ones(reading: Reading) -> list[tuple[Row[Any], int]]:
    """Open reports with the number of their notes, the oldest first."""
    o = t.occurrence
    return _counted(reading, select(o).where(o.c.state == "open").order_by(o.c.opened_at, o.c.id))


def closed_ones(reading: Reading) -> list[tuple[Row[Any], int]]:
    """The reports closed last."""
    o = t.occurrence
    query = select(o).where(o.c.state == "closed").order_by(o.c.closed_at.desc(), o.c.id.desc())
    return _counted(reading, query.limit(MOST_SHOWN))


def about(reading: Reading, subjects: str) -> list[Row[Any]]:
    """The newest reports about things whose names begin so, oldest first."""
    o = t.occurrence
    query = select(o).where(o.c.subject.startswith(subjects, autoescape=True)).order_by(o.c.id.desc())
    return list(reading.connection.execute(query.limit(MOST_SHOWN)))[::-1]


def one(reading: Reading, occurrence_id: int) -> Occurrence:
    """A report with its notes, or NotFound."""
    o, n = t.occurrence, t.occurrence_note
    row = reading.connection.execute(select(o).where(o.c.id == occurrence_id)).first()
    if row is None:
        raise NotFound("occurrence.unknown", f"There is no occurrence report {occurrence_id}.")
    notes = reading.connection.execute(select(n).where(n.c.occurrence_id == occurrence_id).order_by(n.c.id))
    return Occurrence(row, tuple(notes))


def handoffs(reading: Reading) -> list[Row[Any]]:
    """The newest hand-offs first."""
    h = t.handoff
    return list(reading.connection.execute(select(h).order_by(h.c.id.desc()).limit(HANDOFFS_SHOWN)))


def _counted(reading: Reading, query: Any) -> list[tuple[Row[Any], int]]:
    rows = reading.connection.execute(query).all()
    n = t.occurrence_note.c
    numbers = (
        select(n.occurrence_id, func.count().label("n"))
        .where(n.occurrence_id.in_([row.id for row in rows]))
        .group_by(n.occurrence_id)
    )
    notes = {row.occurrence_id: row.n for row in reading.connection.execute(numbers)}
    return [(row, notes.get(row.id, 0)) for row in rows]
