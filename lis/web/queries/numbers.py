"""The numbers of a day: every accession that was given, what became of it, and why a number has no case.

People count a day's work by its numbers: a number is never used twice, and one without a case is explained.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select

from lis.kernel.ids import accession_number
from lis.lab import Reading
from lis.storage import tables as t

UNUSED = "given and not used: the order was refused before it was written"


@dataclass(frozen=True, slots=True)
class Tube:
    """A container number of a case. `why`: what it is besides a tube of the plan, and that it ended."""

    container_id: str
    why: str
    labels: int
    void: int


@dataclass(frozen=True, slots=True)
class Number:
    """An accession number; `row` None: there is no case under it, as `why` says."""

    accession: str
    row: Row[Any] | None
    why: str
    tubes: tuple[Tube, ...] = ()


def of_day(reading: Reading, day: date) -> list[Number]:
    """Every number of a day from its first, in order; those that came from elsewhere are not of the day's series."""
    given = reading.connection.execute(_LAST, {"name": f"accession/{day.isoformat()}"}).scalar_one_or_none()
    numbers = [accession_number(day, n) for n in range(1, int(given or 0) + 1)]
    if not numbers:
        return []
    within = {"first": numbers[0], "last": numbers[-1]}
    cases = {row.accession: row for row in reading.connection.execute(_CASES, within)}
    tubes = _tubes(reading, within)
    return [_number(number, cases.get(number), tubes.get(number, ())) for number in numbers]


def _number(accession: str, row: Row[Any] | None, tubes: tuple[Tube, ...]) -> Number:
    if row is None:
        return Number(accession, None, UNUSED)
    return Number(accession, row, row.reason if row.state == "cancelled" else "", tubes)


def _tubes(reading: Reading, within: dict[str, str]) -> dict[str, tuple[Tube, ...]]:
    rows = reading.connection.execute(_TUBES, within).all()
    ids = {row.id: row.container_id for row in rows}
    found: dict[str, list[Tube]] = {}
    for row in rows:
        tube = Tube(row.container_id, _why(row, ids), row.labels, row.void)
        found.setdefault(row.accession, []).append(tube)
    return {accession: tuple(tubes) for accession, tubes in found.items()}


def _why(row: Row[Any], ids: dict[int, str]) -> str:
    said = [
        f"aliquot of {ids[row.parent_id]}" if row.parent_id else "",
        f"in place of {ids[row.replaces_id]}" if row.replaces_id else "",
        row.state if row.state in ("rejected", "cancelled", "discarded") else "",
    ]
    return ", ".join(word for word in said if word)


def _cases() -> Select[Any]:
    o, p, x = t.lab_order, t.patient, t.ordered_test
    reason = (
        select(func.max(x.c.reason))
        .where(x.c.order_id == o.c.id, x.c.state == "cancelled")
        .scalar_subquery()
        .label("reason")
    )
    return (
        select(o.c.accession, o.c.state, o.c.priority, o.c.placed_at, p.c.mrn, p.c.family, p.c.given, reason)
        .join(p, p.c.id == o.c.patient_id)
        .where(o.c.accession.between(bindparam("first"), bindparam("last")))
    )


def _tubes_of() -> Select[Any]:
    o, c, label = t.lab_order, t.container, t.label_print
    printed = select(func.count()).where(label.c.container_pk == c.c.id)
    return (
        select(
            c.c.id,
            c.c.container_id,
            c.c.state,
            c.c.parent_id,
            c.c.replaces_id,
            o.c.accession,
            printed.scalar_subquery().label("labels"),
            printed.where(label.c.voided_at.is_not(None)).scalar_subquery().label("void"),
        )
        .join(o, o.c.id == c.c.order_id)
        .where(o.c.accession.between(bindparam("first"), bindparam("last")))
        .order_by(c.c.id)
    )


_LAST = select(t.counter.c.value).where(t.counter.c.name == bindparam("name"))
_CASES, _TUBES = _cases(), _tubes_of()
