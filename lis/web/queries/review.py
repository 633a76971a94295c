"""The review queue: cases whose results wait for a person, with the rules that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from lis.domain.requests import STAT
from lis.domain.workflow import ResultState
from lis.lab import Reading
from lis.storage import tables as t
from lis.web.queries.results import display_of, holds_of, interval_of, result_rows

SHOWN = (ResultState.ON_HOLD, ResultState.RESULTED, ResultState.VERIFIED)
MOST_RESULTS = 1500


@dataclass(frozen=True, slots=True)
class Waiting:
    """One result in the queue."""

    row: Row[Any]
    name: str
    display: str
    unit: str
    interval: str
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A case in the queue: STAT and critical ones first, then the longest waiting."""

    head: Row[Any]
    results: tuple[Waiting, ...]

    @property
    def rank(self) -> tuple[bool, bool, Any]:
        critical = any(one.row.critical for one in self.results)
        return (self.head.priority != STAT, not critical, min(one.row.filed_at for one in self.results))


def queue(reading: Reading, state: str, department: str = "") -> list[WaitingCase]:
    """Cases with results in a state, perhaps of one department only."""
    query = result_rows().where(t.result.c.state == state, t.result.c.version > 0)
    rows = reading.connection.execute(query.order_by(t.lab_order.c.id, t.result.c.id).limit(MOST_RESULTS))
    wanted = [row for row in rows if not department or _department(reading, row) == department]
    cases = [
        WaitingCase(results[0], tuple(_waiting(reading, row) for row in results))
        for _, group in groupby(wanted, key=lambda row: row.accession)
        if (results := list(group))
    ]
    return sorted(cases, key=lambda one: one.rank)


def departments(reading: Reading) -> list[str]:
    """The departments of the catalogue, by name."""
    return sorted({test.department for test in reading.catalog.tests.values()})


def _department(reading: Reading, row: Row[Any]) -> str:
    test = reading.catalog.tests.get(row.test)
    return test.department if test else ""


def _waiting(reading: Reading, row: Row[Any]) -> Waiting:
    test = reading.catalog.tests.get(row.test)
    unit = reading.catalog.unit_text(row.unit or "")
    return Waiting(
        row=row,
        name=test.name if test else row.test,
        display=display_of(reading, row.test, row),
        unit=unit,
        interval=interval_of(row, unit),
        holds=holds_of(row.checks),
    )


def neighbours(reading: Reading, state: str, accession: str) -> tuple[str, str]:
    """The accessions before and after one in the queue; of one that has left it, the first is next."""
    listed = [case.head.accession for case in queue(reading, state)]
    if accession not in listed:
        return "", listed[0] if listed else ""
    at = listed.index(accession)
    return (listed[at - 1] if at else "", listed[at + 1] if at + 1 < len(listed) else "")
