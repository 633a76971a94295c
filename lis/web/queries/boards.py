"""Boards: what is pending and how long it still has, and how long what went out has taken.

Turn-around is counted from receipt to release, in lab time, against what the orderable promises for STAT and for the
rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from sqlalchemy import Row, Select, bindparam, case, func, select

from lis.domain.catalog import Catalog
from lis.domain.requests import STAT
from lis.domain.workflow import ResultState, TestState
from lis.lab import Reading
from lis.storage import tables as t
from lis.web.queries import home

OPEN = (TestState.ORDERED, TestState.IN_LAB, TestState.RECOLLECT)
LOOKS_BACK = timedelta(hours=24)
CORRECTED = "C"
PERCENTILE = 0.9
MOST_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Pending:
    """An ordered test that is in the laboratory and not complete. `due_at` None: nothing is promised for it.

    `soon_minutes`: with so many left, or fewer, it is due soon; the pack's share of what is promised.
    """

    row: Row[Any]
    name: str
    stage: str
    due_at: datetime | None
    minutes_left: int | None
    soon_minutes: Decimal

    @property
    def is_stat(self) -> bool:
        return bool(self.row.priority == STAT)

    @property
    def is_overdue(self) -> bool:
        return self.minutes_left is not None and self.minutes_left < 0

    @property
    def is_soon(self) -> bool:
        return self.minutes_left is not None and 0 <= self.minutes_left <= self.soon_minutes


@dataclass(frozen=True, slots=True)
class TurnAround:
    """How long one orderable took at one priority, in whole minutes, and how those stand that are here now.

    `promised` None: nothing is. `close` kept their time, and no more than the pack's share of it was left.
    """

    code: str
    name: str
    is_stat: bool
    promised: int | None
    minutes: tuple[int, ...]
    close: int
    late: int
    here: tuple[Pending, ...]

    @property
    def median(self) -> int:
        return int(median(self.minutes))

    @property
    def p90(self) -> int:
        return self.minutes[math.ceil(PERCENTILE * len(self.minutes)) - 1]

    @property
    def percent_within(self) -> int:
        return 100 * (len(self.minutes) - self.late) // len(self.minutes)

    @property
    def soon(self) -> int:
        return sum(one.is_soon for one in self.here)

    @property
    def overdue(self) -> int:
        return sum(one.is_overdue for one in self.here)


@dataclass(frozen=True, slots=True)
class Summary:
    """The counters of the wall; `soon_percent` of the promised time, or less, is left of what is due soon."""

    stat: int
    other: int
    soon: int
    soon_percent: str
    overdue: int
    counts: home.Counts


def pending(reading: Reading, *, department: str = "") -> list[Pending]:
    """Everything received and not complete: overdue first, then what is due next, what has no promise last."""
    indices = list(reading.catalog.index_tests.values())
    rows = reading.connection.execute(_open_tests(indices)).all()
    listed = [_pending(reading, row) for row in rows if not department or _is_of(reading, row, department)]
    far = timedelta(days=9999)
    return sorted(
        listed, key=lambda one: ((one.due_at or reading.now + far), not one.is_stat, one.row.ordered_test_id)
    )


def summary(reading: Reading, listed: Iterable[Pending]) -> Summary:
    """Counters over a list, and what the home page counts."""
    every = list(listed)
    return Summary(
        stat=sum(one.is_stat for one in every),
        other=sum(not one.is_stat for one in every),
        soon=sum(one.is_soon for one in every),
        soon_percent=soon_percent(reading.catalog),
        overdue=sum(one.is_overdue for one in every),
        counts=home.counts(reading),
    )


def turn_around(reading: Reading) -> list[TurnAround]:
    """What was completed in the last day, and what is pending now, by test and priority.

    Corrected ones are left out: they went out before.
    """
    taken: dict[tuple[str, bool], list[int]] = {}
    for row in reading.connection.execute(_completed(), {"since": reading.now - LOOKS_BACK}):
        key = (row.code, row.priority == STAT)
        taken.setdefault(key, []).append(_minutes(row.released_at - row.received_at))
    here: dict[tuple[str, bool], list[Pending]] = {}
    for one in pending(reading):
        here.setdefault((one.row.code, one.is_stat), []).append(one)
    return [
        _turn_around(reading.catalog, key, taken.get(key, []), here.get(key, []))
        for key in sorted(taken.keys() | here.keys())
    ]


def soon_percent(catalog: Catalog) -> str:
    """The share of the promised time, in per cent, that is left when something is due soon."""
    return f"{float(100 * catalog.due_soon_share):g}"


def promised(catalog: Catalog, code: str, *, is_stat: bool) -> int | None:
    """The minutes from receipt to release that the catalogue promises for an orderable."""
    row = catalog.orderable(code)
    if row is None:
        return None
    return row.tat_stat_min if is_stat else row.tat_routine_min


def _open_tests(indices: list[str]) -> Select[Any]:
    """Open ordered tests of which a tube was received, with how many results stand where; indices do not count."""
    x, o, p, r, c = t.ordered_test, t.lab_order, t.patient, t.result, t.container

    def number(state: str) -> Any:
        return func.sum(case((r.c.state == state, 1), else_=0)).label(state)

    keys = (
        x.c.id,
        x.c.code,
        x.c.state,
        o.c.accession,
        o.c.priority,
        o.c.location,
        p.c.mrn,
        p.c.family,
        p.c.given,
    )
    return (
        select(
            x.c.id.label("ordered_test_id"),
            *keys[1:],
            func.min(c.c.received_at).label("received_at"),
            *(number(state) for state in ("pending", "on_hold", "resulted", "verified", "released")),
        )
        .join(o, o.c.id == x.c.order_id)
        .join(p, p.c.id == o.c.patient_id)
        .join(r, r.c.ordered_test_id == x.c.id)
        .join(c, c.c.id == r.c.container_pk)
        .where(
            x.c.state.in_(OPEN),
            c.c.received_at.is_not(None),
            r.c.state != ResultState.CANCELLED,
            r.c.test.not_in(indices),
        )
        .group_by(*keys)
    )


def _completed() -> Select[Any]:
    x, o, r, v, c = t.ordered_test, t.lab_order, t.result, t.result_version, t.container
    corrected = func.max(case((v.c.status == CORRECTED, 1), else_=0))
    last = func.max(r.c.released_at)
    return (
        select(
            x.c.code,
            o.c.priority,
            func.min(c.c.received_at).label("received_at"),
            last.label("released_at"),
        )
        .join(o, o.c.id == x.c.order_id)
        .join(r, r.c.ordered_test_id == x.c.id)
        .join(c, c.c.id == r.c.container_pk)
        .join(v, (v.c.result_id == r.c.id) & (v.c.n == r.c.released_version))
        .where(x.c.state == TestState.COMPLETE, c.c.received_at.is_not(None))
        .group_by(x.c.id, x.c.code, o.c.priority)
        .having(last >= bindparam("since", type_=r.c.released_at.type), corrected == 0)
    )


def _pending(reading: Reading, row: Row[Any]) -> Pending:
    minutes = promised(reading.catalog, row.code, is_stat=row.priority == STAT)
    due = row.received_at + timedelta(minutes=minutes) if minutes else None
    orderable = reading.catalog.orderable(row.code)
    left = _minutes(due - reading.now) if due else None
    soon = (minutes or 0) * reading.catalog.due_soon_share
    return Pending(row, orderable.name if orderable else row.code, _stage(row), due, left, soon)


def _stage(row: Row[Any]) -> str:
    """Where the test stands: at the step that is furthest behind."""
    if row.on_hold:
        return "on hold"
    if row.pending:
        return "in process"
    return "to verify" if row.resulted else "to release"


def _is_of(reading: Reading, row: Row[Any], department: str) -> bool:
    orderable = reading.catalog.orderable(row.code)
    return orderable is not None and orderable.department == department


def _turn_around(
    catalog: Catalog, key: tuple[str, bool], minutes: list[int], here: list[Pending]
) -> TurnAround:
    code, is_stat = key
    row = catalog.orderable(code)
    limit = promised(catalog, code, is_stat=is_stat)
    soon = (limit or 0) * catalog.due_soon_share
    return TurnAround(
        code=code,
        name=row.name if row else code,
        is_stat=is_stat,
        promised=limit,
        minutes=tuple(sorted(minutes)),
        close=sum(limit - soon <= one <= limit for one in minutes) if limit else 0,
        late=sum(one > limit for one in minutes) if limit else 0,
        here=tuple(here),
    )


def _minutes(span: timedelta) -> int:
    """Whole minutes, downwards: a test half a minute over its time is over it."""
    return math.floor(span.total_seconds() / 60)
