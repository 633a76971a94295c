"""QC as the benches ask for it: may this analyzer's test go out, and what do its newest controls say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Row, func, select

from lis.documents.charts import QcChart, QcPoint, QcViolation
from lis.domain.catalog import ControlTarget
from lis.domain.qc.gate import LIMIT_SD, ControlReading, QcStatus, qc_status, valid_since
from lis.kernel.clock import local
from lis.kernel.quantity import parse_quantity, plain
from lis.lab import Reading
from lis.storage import tables as t

CHART_RUNS = 30
NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest control value of a level: how many SD it lies from its target, or which codes were expected."""

    level: int
    lot: str
    value: str
    z: Decimal | None
    expected: tuple[str, ...]
    row: Row[Any]


@dataclass(frozen=True, slots=True)
class GateRow:
    """A test on an analyzer: the gate's answer and the newest control of each level."""

    analyzer: str
    test: str
    status: QcStatus
    newest: tuple[Newest, ...]

    def at(self, level: int) -> Newest | None:
        """The newest control of a level."""
        return next((one for one in self.newest if one.level == level), None)


@dataclass(frozen=True, slots=True)
class GateBlock:
    """An analyzer's tests at the gate, first what is not in control; `levels` are those of its targets.

    `hours`: so long a good run speaks for what is measured.
    """

    analyzer: str
    name: str
    hours: int
    levels: tuple[int, ...]
    rows: tuple[GateRow, ...]

    @property
    def open(self) -> int:
        """How many of its tests may not go out."""
        return sum(not row.status.accepted for row in self.rows)


def gate(reading: Reading) -> list[GateRow]:
    """Every analyzer × test that needs controls, by analyzer and menu."""
    rows = _recent(reading)
    return [
        _gate_row(reading, analyzer.code, item.test, rows.get((analyzer.code, item.test), []))
        for analyzer in reading.catalog.analyzers.values()
        if analyzer.requires_qc
        for item in analyzer.menu
        if item.test in reading.catalog.tests
    ]


def blocks(reading: Reading) -> list[GateBlock]:
    """The gate by analyzer; what needs no control is left out."""
    rows = [row for row in gate(reading) if row.status.outcome != NOT_APPLICABLE]
    targets = reading.catalog.targets_for
    return [
        GateBlock(
            analyzer.code,
            analyzer.name,
            analyzer.qc_hours,
            tuple(sorted({one.level for row in own for one in targets.get((row.analyzer, row.test), ())})),
            tuple(sorted(own, key=lambda row: row.status.accepted)),
        )
        for analyzer in reading.catalog.analyzers.values()
        if (own := tuple(row for row in rows if row.analyzer == analyzer.code))
    ]


def gate_due(reading: Reading) -> list[GateRow]:
    """What has targets and may not go out now: controls are to be run, or looked at."""
    targets = reading.catalog.targets_for
    return [row for row in gate(reading) if not row.status.accepted and (row.analyzer, row.test) in targets]


def due_count(reading: Reading) -> int:
    """How many are due, for pages that only count them: judged anew when a control comes, and every minute."""
    by = judged_by(reading)
    known = _DUE.setdefault(reading.connection.engine, {})
    if known.get(reading.head.slug, ((), 0))[0] != by:
        known[reading.head.slug] = (by, len(gate_due(reading)))
    return known[reading.head.slug][1]


def judged_by(reading: Reading) -> tuple[Any, ...]:
    """What the gate's answers follow from: the catalogue, the newest control, the minute of lab time."""
    head = reading.head
    newest = reading.connection.execute(_LAST_CONTROL).scalar_one()
    minute = reading.now.replace(second=0, microsecond=0)
    return (head.catalog_digest, newest, minute, head.lab_anchor, head.wall_anchor)


# Per database and laboratory: what it was judged by, and the count.
_DUE: WeakKeyDictionary[Engine, dict[str, tuple[tuple[Any, ...], int]]] = WeakKeyDictionary()
_LAST_CONTROL = select(func.max(t.control_observation.c.id))


def chart(reading: Reading, analyzer: str, test: str) -> QcChart | None:
    """The last runs of a test's controls as a Levey-Jennings chart; None when there is nothing to draw."""
    c = t.control_observation.c
    query = select(t.control_observation).where(c.analyzer == analyzer, c.test == test)
    newest = reading.connection.execute(query.order_by(c.observed_at.desc(), c.id.desc()).limit(120)).all()
    runs = list(dict.fromkeys(_run_of(row) for row in reversed(newest)))[-CHART_RUNS:]
    points = [
        point for row in reversed(newest) if _run_of(row) in runs and (point := _point(reading, row, runs))
    ]
    if not points:
        return None
    name = reading.catalog.tests[test].name if test in reading.catalog.tests else test
    levels = tuple(sorted({point.level for point in points}))
    return QcChart(
        title=f"{name} — {analyzer}",
        columns=tuple(f"{local(_first(newest, run), reading.zone):%m-%d %H:%M}" for run in runs),
        levels=levels,
        points=tuple(points),
        violations=_beyond(points),
    )


def _recent(reading: Reading) -> Mapping[tuple[str, str], list[Row[Any]]]:
    """What still counts on any analyzer, what is dated ahead with it: no older good run stands in for that."""
    c = t.control_observation.c
    analyzers, now = reading.catalog.analyzers.values(), reading.now
    since = min((valid_since(one, now, reading.catalog.laboratory.zone) for one in analyzers), default=now)
    query = select(t.control_observation).where(c.observed_at >= since)
    found: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in reading.connection.execute(query.order_by(c.observed_at, c.id)):
        found.setdefault((row.analyzer, row.test), []).append(row)
    return found


def _gate_row(reading: Reading, analyzer: str, test: str, rows: list[Row[Any]]) -> GateRow:
    status = qc_status(analyzer, test, [_read(reading, row) for row in rows], reading.catalog, reading.now)
    newest = {row.level: row for row in rows}
    levels = tuple(_newest(reading, newest[level]) for level in sorted(newest))
    return GateRow(analyzer, test, status, levels)


def _read(reading: Reading, row: Row[Any]) -> ControlReading:
    unit = reading.catalog.ucum_of.get(row.unit, row.unit)
    quantity = parse_quantity(row.value)
    return ControlReading(
        row.material, row.lot, row.level, row.run, quantity, unit, row.observed_at, row.value.strip()
    )


def _newest(reading: Reading, row: Row[Any]) -> Newest:
    target = _target(reading, row)
    return Newest(row.level, row.lot, row.value, _z(row, target), target.expected if target else (), row)


def _target(reading: Reading, row: Row[Any]) -> ControlTarget | None:
    targets = reading.catalog.targets_for.get((row.analyzer, row.test), ())
    return next((one for one in targets if (one.lot, one.level) == (row.lot, row.level)), None)


def _z(row: Row[Any], target: ControlTarget | None) -> Decimal | None:
    if target is None or row.number is None or target.mean is None or not target.sd:
        return None
    return (Decimal(row.number) - target.mean) / target.sd


def _run_of(row: Row[Any]) -> str:
    return row.run or row.observed_at.isoformat()


def _first(rows: Any, run: str) -> Any:
    return min(row.observed_at for row in rows if _run_of(row) == run)


def _point(reading: Reading, row: Row[Any], runs: list[str]) -> QcPoint | None:
    z = _z(row, _target(reading, row))
    if z is None:
        return None
    return QcPoint(runs.index(_run_of(row)), f"Level {row.level}", plain(row.number), z)


def _beyond(points: list[QcPoint]) -> tuple[QcViolation, ...]:
    """The gate's own limit, as a violation on the chart."""
    return tuple(
        QcViolation(f"1-{LIMIT_SD}s", "rejection", point.column, (point.level,))
        for point in points
        if abs(point.z) > LIMIT_SD
    )
