"""Control results are stored, and say whether an analyzer's test is in control."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from lis.domain.catalog import ControlTarget
from lis.domain.events import Verb
from lis.domain.observations import ReportedControl, ReportedObservation
from lis.domain.qc.gate import VALID_FOR, ControlReading, QcStatus, qc_status
from lis.kernel.quantity import parse_quantity
from lis.storage import tables as t
from lis.storage.tables.types import Instant
from lis.storage.work import Work


def record_control(
    work: Work,
    *,
    analyzer: str,
    test: str,
    control: ReportedControl,
    observation: ReportedObservation,
    inbound_id: int | None,
) -> int:
    """Store one control observation as it came; whether it is good is judged when it is asked for."""
    quantity = parse_quantity(observation.value)
    number = quantity.value if quantity and quantity.is_exact else None
    row = work.controls.add(
        inbound_id=inbound_id,
        seq=observation.seq,
        analyzer=analyzer,
        test=test,
        material=control.material,
        lot=control.lot,
        level=control.level or 0,
        run=control.run,
        value=observation.value,
        number=number,
        unit=observation.unit,
        reagent_lot=str(observation.extra.get("reagent_lot", "")),
        observed_at=observation.observed_at or work.now,
        created_at=work.now,
    )
    work.qc.pop((analyzer, test), None)
    work.journal.append(
        Verb.CONTROL_FILED,
        f"control:{analyzer}/{test}/{control.lot}",
        level=control.level,
        value=observation.value,
        run=control.run,
    )
    return row


def target_for(work: Work, analyzer: str, test: str, control: ReportedControl) -> ControlTarget | None:
    """The pack's target of the lot and level that was measured, or None: such a control cannot be judged."""
    for target in work.catalog.targets_for.get((analyzer, test), ()):
        if target.lot == control.lot and (control.level is None or target.level == control.level):
            return target
    return None


def qc_of(work: Work, analyzer: str, tests: Collection[str]) -> dict[str, QcStatus]:
    """Whether each test of an analyzer is in control now, from the control results of the last day.

    A control dated ahead of now is handed to the gate too: an older good run must not stand in for it.
    """
    unknown = [test for test in tests if (analyzer, test) not in work.qc]
    if unknown:
        work.qc |= _qc_now(work, analyzer, unknown)
    return {test: work.qc[analyzer, test] for test in tests}


def _qc_now(work: Work, analyzer: str, tests: Collection[str]) -> dict[tuple[str, str], QcStatus]:
    rows = work.controls.all(_RECENT, analyzer=analyzer, tests=list(tests), after=work.now - VALID_FOR)
    readings: dict[str, list[ControlReading]] = {test: [] for test in tests}
    for row in rows:
        readings[row.test].append(_reading(work, row))
    return {
        (analyzer, test): qc_status(analyzer, test, own, work.catalog, work.now)
        for test, own in readings.items()
    }


def _recent() -> Select[Any]:
    c = t.control_observation.c
    read = (c.test, c.material, c.lot, c.level, c.run, c.value, c.unit, c.observed_at)
    return (
        select(*read)
        .where(
            c.analyzer == bindparam("analyzer"),
            c.test.in_(bindparam("tests", expanding=True)),
            c.observed_at >= bindparam("after", type_=Instant),
        )
        .order_by(c.id)
    )


_RECENT = _recent()


def _reading(work: Work, row: Row[Any]) -> ControlReading:
    unit = work.catalog.ucum_of.get(row.unit, row.unit)
    return ControlReading(
        row.material,
        row.lot,
        row.level,
        row.run,
        parse_quantity(row.value),
        unit,
        row.observed_at,
        row.value.strip(),
    )
