"""The result grid of a case: each test with its value in force, the one before, and every reason that holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, and_, select

from lis.domain.catalog import CODED, Test
from lis.domain.checks import Outcome
from lis.domain.workflow import ContainerState, ResultState
from lis.lab import Reading
from lis.storage import tables as t
from lis.web.words import NO_VALUE

HOLDING = (Outcome.FAILED, Outcome.WAIT, Outcome.NOT_EVALUABLE)
IN_LAB = (ContainerState.RECEIVED, ContainerState.LABELLED, ContainerState.STORED)
DELTA = "delta"


@dataclass(frozen=True, slots=True)
class Before:
    """The patient's value before this one: released, of an earlier collection."""

    value: str
    number: Decimal | None
    row: Row[Any]


@dataclass(frozen=True, slots=True)
class GridRow:
    """One result of a case as the grid shows it. `choices` are the codes of a coded test."""

    row: Row[Any]
    test: Test | None
    unit: str
    interval: str
    value: str
    display: str
    before: Before | None
    change: str
    holds: tuple[str, ...]
    choices: tuple[tuple[str, str], ...]
    is_calculated: bool

    @property
    def may_be_entered(self) -> bool:
        """Whether a person may type a value now; a calculated one is never typed."""
        open_states = (ResultState.PENDING, ResultState.ON_HOLD, ResultState.RESULTED)
        return not self.is_calculated and self.row.state in open_states and self.row.container_state in IN_LAB

    @property
    def delta_failed(self) -> bool:
        return any(check["name"] == DELTA and check["outcome"] == "failed" for check in self.row.checks)


def grid(reading: Reading, order: Row[Any]) -> list[GridRow]:
    """Every result of a case in the order of its panels, cancelled ones last."""
    rows = reading.connection.execute(result_rows().where(t.result.c.order_id == order.id)).all()
    before = _before(reading, order, rows)
    made = [_grid_row(reading, row, before.get(row.test)) for row in rows]
    return sorted(made, key=lambda one: (one.row.state == ResultState.CANCELLED, one.row.id))


def result_rows() -> Any:
    """Results with their version in force, case, patient and tube."""
    r, v, c, o, p = t.result, t.result_version, t.container, t.lab_order, t.patient
    current = and_(v.c.result_id == r.c.id, v.c.n == r.c.version)
    return (
        select(
            r,
            v.c.value,
            v.c.comparator,
            v.c.number,
            v.c.unit,
            v.c.flags,
            v.c.critical,
            v.c.interval_text,
            v.c.source,
            v.c.analyzer,
            v.c.status.label("version_status"),
            v.c.created_at.label("filed_at"),
            c.c.container_id,
            c.c.state.label("container_state"),
            o.c.accession,
            o.c.priority,
            o.c.location,
            p.c.mrn,
            p.c.family,
            p.c.given,
        )
        .select_from(r)
        .join(o, o.c.id == r.c.order_id)
        .join(p, p.c.id == r.c.patient_id)
        .outerjoin(v, current)
        .outerjoin(c, c.c.id == r.c.container_pk)
    )


def holds_of(checks: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """The reasons in words why a value waits for a person, or for an input."""
    return tuple(
        _words_of(check) for check in checks if check["outcome"] in HOLDING and not check.get("advisory")
    )


def interval_of(row: Row[Any], unit: str) -> str:
    """The reference interval without the unit, which has a column of its own."""
    return (row.interval_text or "").removesuffix(unit).strip()


def display_of(reading: Reading, test: str, row: Row[Any]) -> str:
    """A value as people read it: coded ones in their words, numbers with their comparator, none as none."""
    if not row.value:
        return "" if row.value is None else NO_VALUE
    words = next(
        (one.display for one in reading.catalog.value_set_of(test) if one.code == row.value), row.value
    )
    return f"{row.comparator}{words}"


def _words_of(check: Mapping[str, Any]) -> str:
    name = str(check["name"]).replace("_", " ")
    text = str(check.get("text", ""))
    said = "QC" if name == "qc" else name.capitalize()
    return text if text.lower().startswith(name) else f"{said}: {text}"


def _grid_row(reading: Reading, row: Row[Any], before: Before | None) -> GridRow:
    catalog = reading.catalog
    test = catalog.tests.get(row.test)
    unit = catalog.unit_text(row.unit or (test.unit if test else ""))
    choices = catalog.value_set_of(row.test) if test and test.result_type == CODED else ()
    return GridRow(
        row=row,
        test=test,
        unit=unit,
        interval=interval_of(row, unit),
        value=f"{row.comparator}{row.value}" if row.value is not None else "",
        display=display_of(reading, row.test, row),
        before=before,
        change=_change(row.number, before),
        holds=holds_of(row.checks),
        choices=tuple((one.code, one.display) for one in choices),
        is_calculated=row.test in catalog.calculated,
    )


def _before(reading: Reading, order: Row[Any], rows: Any) -> dict[str, Before]:
    """Per test the newest released value of another case collected earlier."""
    r, v = t.result, t.result_version
    query = (
        select(v, r.c.test, r.c.collected_at)
        .join(r, and_(r.c.id == v.c.result_id, v.c.n == r.c.released_version))
        .where(
            r.c.patient_id == order.patient_id,
            r.c.order_id != order.id,
            r.c.test.in_([row.test for row in rows]),
            r.c.collected_at.is_not(None),
            v.c.value != "",
        )
        .order_by(r.c.collected_at)
    )
    collected = {row.test: row.collected_at for row in rows}
    found: dict[str, Before] = {}
    for row in reading.connection.execute(query):
        own = collected.get(row.test)
        if own is None or row.collected_at < own:
            found[row.test] = Before(display_of(reading, row.test, row), row.number, row)
    return found


def _change(number: Decimal | None, before: Before | None) -> str:
    if number is None or before is None or before.number is None:
        return ""
    moved = number - before.number
    return f"{moved:+f}".replace("-", "−") if moved else "0"
