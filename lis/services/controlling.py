"""Control results are stored, and say whether an analyzer's test is in control."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select

from lis.domain.catalog import ControlTarget
from lis.domain.events import Verb
from lis.domain.observations import ReportedControl, ReportedObservation
from lis.domain.qc.gate import (
    ControlReading,
    QcStatus,
    asks_for_its_hour,
    failed_next,
    qc_status,
    qc_status_at,
    valid_since,
)
from lis.kernel.clock import local_day
from lis.kernel.quantity import parse_quantity
from lis.storage import tables as t
from lis.storage.questions import Question
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
    """Whether each test of an analyzer is in control now, from the control results that still count.

    A control dated ahead of now is handed to the gate too: an older good run must not stand in for it.
    """
    unknown = [test for test in tests if (analyzer, test) not in work.qc]
    if unknown:
        work.qc |= _qc_now(work, analyzer, unknown)
    return {test: work.qc[analyzer, test] for test in tests}


def qc_at(work: Work, analyzer: str, measured: Mapping[str, datetime]) -> dict[str, QcStatus]:
    """Whether each test of an analyzer was in control when it was measured, and no control failed next.

    What speaks against it now holds it in any case. The past is asked for only where it can give another answer: of
    values that came late, or are judged again after other controls.
    """
    statuses = qc_of(work, analyzer, measured)
    late = {
        test: at for test, at in measured.items() if at < work.now and asks_for_its_hour(statuses[test], at)
    }
    if late:
        for test, readings in _readings(work, analyzer, late).items():
            statuses[test] = qc_status_at(analyzer, test, readings, work.catalog, late[test])
    return statuses


def failed_since(work: Work, analyzer: str, measured: Mapping[str, datetime]) -> dict[str, QcStatus]:
    """Those tests whose controls fail now, or failed next after a value of theirs was measured.

    A control that says nothing now, as of a run that is not whole yet, takes nothing back of what failed before it.
    """
    statuses = qc_of(work, analyzer, measured)
    failed = {test: status for test, status in statuses.items() if status.outcome == "failed"}
    late = {
        test: at
        for test, at in measured.items()
        if statuses[test].outcome == "not_evaluable" or asks_for_its_hour(statuses[test], at)
    }
    if late:
        for test, readings in _readings(work, analyzer, late).items():
            status = failed_next(analyzer, test, readings, work.catalog, late[test])
            failed |= {test: status} if status else {}
    return failed


def _readings(work: Work, analyzer: str, at: Mapping[str, datetime]) -> dict[str, list[ControlReading]]:
    """All that the gate may want to know of tests at an instant each."""
    found = _rows(work, analyzer, at, min(at.values()))
    return {test: [_reading(work, row) for row in rows] for test, rows in found.items()}


def _qc_now(work: Work, analyzer: str, tests: Collection[str]) -> dict[tuple[str, str], QcStatus]:
    found = _rows(work, analyzer, tests, work.now)
    today = local_day(work.now, work.catalog.laboratory.zone)
    return {(analyzer, test): _status(work, analyzer, test, own, today) for test, own in found.items()}


def _rows(work: Work, analyzer: str, tests: Collection[str], at: datetime) -> dict[str, list[Row[Any]]]:
    """By test, the control results that counted at an instant, and all since."""
    rows: dict[str, list[Row[Any]]] = {test: [] for test in tests}
    after = valid_since(work.catalog.analyzers.get(analyzer), at, work.catalog.laboratory.zone)
    for row in work.controls.all(_RECENT, analyzer=analyzer, tests=list(tests), after=after):
        rows[row.test].append(row)
    return rows


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the gate said to some control results, none dated ahead; it says so of them from then to the day's end."""

    rows: list[Row[Any]]
    status: QcStatus
    day: date
    since: datetime


_answers: dict[tuple[str, str, str], _Answer] = {}  # the last one by catalogue, analyzer and test


def _status(work: Work, analyzer: str, test: str, rows: list[Row[Any]], today: date) -> QcStatus:
    """The gate's answer; the last one again while nothing it depends on has changed. What aged is not in `rows`."""
    key, now = (work.catalog.digest, analyzer, test), work.now
    known = _answers.get(key)
    if known and known.day == today and known.since <= now and known.rows == rows:
        return known.status
    readings = [_reading(work, row) for row in rows]
    status = qc_status(analyzer, test, readings, work.catalog, now)
    if all(reading.observed_at <= now for reading in readings):
        _answers[key] = _Answer(rows, status, today, now)
    return status


def _recent() -> Question:
    c = t.control_observation.c
    read = (c.test, c.material, c.lot, c.level, c.run, c.value, c.unit, c.observed_at)
    return Question(
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
