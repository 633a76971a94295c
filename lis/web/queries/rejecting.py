"""What a container can be refused for, what its refusal led to, and the new specimens that are awaited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, func, select

from lis.domain.catalog import Catalog, RejectionReason
from lis.domain.findings import applies
from lis.domain.workflow import ResultState
from lis.lab import Reading
from lis.storage import tables as t
from lis.web.queries.specimens import codes_of

CLOSED_SHOWN = timedelta(hours=24)
LOOPS_SHOWN = 200
AWAITED = ("requested", "collected")


@dataclass(frozen=True, slots=True)
class Loop:
    """A recollection: the refused container, the one awaited, and whose it is."""

    row: Row[Any]
    codes: tuple[str, ...]


def reasons(catalog: Catalog, departments: Iterable[str]) -> list[RejectionReason]:
    """The coded reasons that the departments know; without a department, every one."""
    wanted = set(departments)
    return [one for one in catalog.rejection_reasons.values() if not wanted or applies(one, wanted)]


def tests_of(reading: Reading, container_pk: int) -> list[Row[Any]]:
    """The tests still measured from a container, each once."""
    r = t.result.c
    query = (
        select(r.test, r.state)
        .where(r.container_pk == container_pk, r.state != ResultState.CANCELLED)
        .order_by(r.id)
    )
    return list(reading.connection.execute(query))


def departments_of(catalog: Catalog, tests: Iterable[Row[Any]]) -> set[str]:
    return {catalog.tests[row.test].department for row in tests if row.test in catalog.tests}


def rejections(reading: Reading, container_pk: int) -> list[Row[Any]]:
    """Every refusal of a container, in part or whole; `code` None: the whole container."""
    r, x = t.rejection, t.ordered_test
    query = (
        select(r, x.c.code)
        .outerjoin(x, x.c.id == r.c.ordered_test_id)
        .where(r.c.container_pk == container_pk)
        .order_by(r.c.id)
    )
    return list(reading.connection.execute(query))


def calls(reading: Reading, container_pk: int) -> list[Row[Any]]:
    """The calls that concern a container."""
    c = t.call
    query = select(c).where(c.c.container_pk == container_pk).order_by(c.c.id)
    return list(reading.connection.execute(query))


def awaited(reading: Reading) -> int:
    """How many new specimens were asked for and are not here."""
    query = select(func.count()).where(t.recollection.c.state.in_(AWAITED))
    return int(reading.connection.execute(query).scalar_one())


def recollections(reading: Reading, *, of_container: int | None = None) -> list[Loop]:
    """New specimens awaited, the longest first, then those that came or fell away within a day.

    With `of_container`, the loops in which that container is the refused one or the new one.
    """
    loop = t.recollection.c
    query = _loops()
    if of_container is None:
        query = query.where(loop.state.in_(AWAITED) | (loop.requested_at >= reading.now - CLOSED_SHOWN))
    else:
        query = query.where((loop.rejected_pk == of_container) | (loop.replacement_pk == of_container))
    rows = reading.connection.execute(query.limit(LOOPS_SHOWN)).all()
    codes = codes_of(reading.connection, [row.replacement_pk for row in rows])
    in_order = sorted(rows, key=lambda row: row.state not in AWAITED)
    return [Loop(row, codes.get(row.replacement_pk, ())) for row in in_order]


def _loops() -> Any:
    loop, o, p = t.recollection, t.lab_order, t.patient
    old, new = t.container.alias("old"), t.container.alias("new")
    return (
        select(
            loop,
            old.c.container_id.label("rejected_id"),
            _reason_of(loop).label("reason_code"),
            new.c.container_id.label("replacement_id"),
            new.c.collection_number,
            o.c.accession,
            o.c.priority,
            o.c.location,
            p.c.mrn,
            p.c.family,
            p.c.given,
        )
        .join(old, old.c.id == loop.c.rejected_pk)
        .outerjoin(new, new.c.id == loop.c.replacement_pk)
        .join(o, o.c.id == loop.c.order_id)
        .join(p, p.c.id == o.c.patient_id)
        .order_by(loop.c.requested_at, loop.c.id)
    )


def _reason_of(loop: Any) -> Any:
    """The refusal that led to a loop was written in the same Work, at the same instant."""
    r = t.rejection.c
    same = (r.container_pk == loop.c.rejected_pk) & (r.rejected_at == loop.c.requested_at)
    return select(r.reason_code).where(same).order_by(r.id.desc()).limit(1).scalar_subquery()
