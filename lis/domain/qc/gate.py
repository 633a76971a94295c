"""The QC gate in its smallest honest form.

Analyzer × test is accepted when its newest control run within the analyzer's hours has every level of the targets in
force within ±3 SD (the limit itself is no violation), a coded one within its expected codes. Anything else is not
accepted: beyond that `failed`, no such run `not_evaluable`. CLIA 42 CFR 493.1256(d)(3)(i): two levels of control
each day of testing; (ii): a negative and a positive one where results are qualitative; 493.1267 and 493.1269: blood
gases and coagulation each eight hours.

A value is asked for as of when it was measured: the run before it speaks for it, unless the next one failed.
493.1282(b)(2): all results since the last acceptable run are evaluated, by a person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from lis.domain.catalog import Analyzer, Catalog, ControlTarget
from lis.domain.checks import Check, failed, not_applicable, not_evaluable, passed
from lis.kernel.clock import local, local_day
from lis.kernel.quantity import Quantity, plain

NAME = "qc"
LIMIT_SD = 3
NONE, INCOMPLETE = "qc.none", "qc.incomplete"
DAY = 24  # hours: a number of these are days of the laboratory, which may have 23 or 25
LONGEST_RUN = timedelta(minutes=30)  # from its first level to its last


@dataclass(frozen=True, slots=True)
class ControlReading:
    """One control value as filed. `run` groups the levels that were measured together."""

    material: str
    lot: str
    level: int
    run: str
    quantity: Quantity | None
    unit: str
    observed_at: datetime
    text: str = ""  # the value as it came: a coded test's code


@dataclass(frozen=True, slots=True)
class QcStatus:
    """Whether results may pass the gate, and why not. `newest_at`: the newest control that was looked at."""

    outcome: Literal["accepted", "failed", "not_evaluable", "not_applicable"]
    reason_code: str = ""
    text: str = ""
    newest_at: datetime | None = field(default=None, compare=False)

    @property
    def accepted(self) -> bool:
        return self.outcome in ("accepted", "not_applicable")


NO_ANALYZER = QcStatus("not_applicable", text="No analyzer measured it.")
UNSAID = QcStatus("not_evaluable", "qc.analyzer_unsaid", "Which analyzer measured it is not said.")


def qc_status(
    analyzer: str, test: str, readings: Sequence[ControlReading], catalog: Catalog, now: datetime
) -> QcStatus:
    """The gate's answer for a test on an analyzer, out of its control readings."""
    device = catalog.analyzers.get(analyzer)
    if device is None:
        return QcStatus("not_evaluable", "qc.analyzer_unknown", f"The analyzer {analyzer} is not known.")
    if not device.requires_qc or test in catalog.index_tests.values():
        return QcStatus("not_applicable", text="No control is run for this.")
    targets = _in_force(catalog.targets_for.get((analyzer, test), ()), catalog, now)
    if not targets:
        return QcStatus(
            "not_evaluable", "qc.no_target", "No control lot in force has a target for this test."
        )
    since = valid_since(device, now, catalog.laboratory.zone)
    run = _newest_run([r for r in readings if r.observed_at >= since], targets)
    if not run:
        return QcStatus("not_evaluable", NONE, f"No control run within {device.qc_hours} hours.")
    newest_at = max(reading.observed_at for reading in run)
    if newest_at > now:
        text = "The newest control run is dated in the future."
        return QcStatus("not_evaluable", "qc.future", text, newest_at)
    return replace(_judge(run, targets), newest_at=newest_at)


def asks_for_its_hour(now: QcStatus, measured_at: datetime) -> bool:
    """Whether the answer of now may be another than that of the hour a value was measured in."""
    if now.reason_code == NONE:
        return True
    return now.outcome == "accepted" and now.newest_at is not None and now.newest_at > measured_at


def qc_status_at(
    analyzer: str, test: str, readings: Sequence[ControlReading], catalog: Catalog, measured_at: datetime
) -> QcStatus:
    """The gate's answer for what was measured at an instant, of readings from before and after it.

    By the run in force then, also one that was just being measured; and by the next one, should that have failed.
    """
    then = _as_of(measured_at, analyzer, test, readings, catalog)
    if then.reason_code == INCOMPLETE and then.newest_at is not None:
        ends = then.newest_at + LONGEST_RUN
        later = [at for at in _instants(readings) if measured_at < at <= ends]
        then = _first_decided(_as_of(at, analyzer, test, readings, catalog) for at in later) or then
    if not then.accepted:
        return replace(then, text=f"When it was measured: {then.text}")
    return failed_next(analyzer, test, readings, catalog, measured_at) or then


def failed_next(
    analyzer: str, test: str, readings: Sequence[ControlReading], catalog: Catalog, since: datetime
) -> QcStatus | None:
    """The answer of the first run after an instant that can be judged, if it failed."""
    later = [reading for reading in readings if reading.observed_at > since]
    answer = _first_decided(_as_of(at, analyzer, test, later, catalog) for at in _instants(later))
    if answer is None or answer.accepted:
        return None
    return replace(answer, text=f"Since then: {answer.text}")


def _as_of(
    at: datetime, analyzer: str, test: str, readings: Sequence[ControlReading], catalog: Catalog
) -> QcStatus:
    return qc_status(analyzer, test, [one for one in readings if one.observed_at <= at], catalog, at)


def _instants(readings: Iterable[ControlReading]) -> list[datetime]:
    return sorted({reading.observed_at for reading in readings})


def _first_decided(answers: Iterable[QcStatus]) -> QcStatus | None:
    return next((answer for answer in answers if answer.outcome in ("accepted", "failed")), None)


def valid_since(analyzer: Analyzer | None, at: datetime, zone: str) -> datetime:
    """The earliest control run that speaks for what is measured then; days are counted by the clock on the wall."""
    hours = analyzer.qc_hours if analyzer else 0
    if not hours or hours % DAY:
        return at - timedelta(hours=hours)
    return (local(at, zone) - timedelta(days=hours // DAY)).astimezone(UTC)


def qc_check(status: QcStatus) -> Check:
    """The gate as one of a result's checks."""
    match status.outcome:
        case "accepted":
            return passed(NAME, status.text)
        case "not_applicable":
            return not_applicable(NAME, status.text)
        case "failed":
            return failed(NAME, status.reason_code, status.text)
        case _:
            return not_evaluable(NAME, status.reason_code or "qc.unknown", status.text or "QC is not known.")


def _in_force(
    targets: Iterable[ControlTarget], catalog: Catalog, now: datetime
) -> dict[tuple[str, int], list[ControlTarget]]:
    """Targets of lots not expired, by material and level."""
    today = local_day(now, catalog.laboratory.zone).isoformat()
    found: dict[tuple[str, int], list[ControlTarget]] = {}
    for target in targets:
        if not target.expires_on or target.expires_on >= today:
            found.setdefault((target.material, target.level), []).append(target)
    return found


def _newest_run(
    readings: Sequence[ControlReading], levels: Collection[tuple[str, int]]
) -> list[ControlReading]:
    """The readings measured together with the newest one: of its run, or of the same instant.

    Runs that share the newest instant are judged as one: a good run must not hide a bad one. A run id that a device
    uses again and again tells nothing beyond the time a run takes. Where no run is told and the instant has not all
    levels, they came one after the other: all that was read within that time.
    """
    if not readings:
        return []
    newest = max(reading.observed_at for reading in readings)
    lately = [reading for reading in readings if newest - reading.observed_at <= LONGEST_RUN]
    runs = {reading.run for reading in lately if reading.observed_at == newest} - {""}
    run = [reading for reading in lately if reading.run in runs or reading.observed_at == newest]
    if runs or {(reading.material, reading.level) for reading in run} >= {*levels}:
        return run
    return [reading for reading in lately if not reading.run]


def _judge(run: list[ControlReading], targets: dict[tuple[str, int], list[ControlTarget]]) -> QcStatus:
    is_coded = any(lot.expected for lots in targets.values() for lot in lots)
    within = "Controls within expected codes." if is_coded else "Controls within ±3 SD."
    missing = QcStatus("accepted", text=within)
    for (material, level), lots in targets.items():
        read = [r for r in run if (r.material, r.level) == (material, level)]
        if not read:
            missing = QcStatus(
                "not_evaluable", INCOMPLETE, f"The newest run has no level {level} of {material}."
            )
        for reading in read:
            answer = _judge_reading(reading, lots)
            if answer.outcome == "failed":
                return answer
            missing = missing if answer.accepted else answer
    return missing


def _judge_reading(reading: ControlReading, lots: list[ControlTarget]) -> QcStatus:
    where = f"level {reading.level} of {reading.material}"
    target = next((lot for lot in lots if lot.lot == reading.lot), None)
    if target is None:
        return QcStatus("not_evaluable", "qc.lot", f"Lot {reading.lot} of {where} has no target in force.")
    if target.expected:
        return _judge_code(reading, target, where)
    if target.mean is None or target.sd is None:
        return QcStatus("not_evaluable", "qc.no_target", f"The target of {where} has no mean and SD.")
    if reading.unit != target.unit:
        return QcStatus(
            "not_evaluable", "qc.unit", f"Control unit {reading.unit or '(none)'}, target in {target.unit}."
        )
    quantity = reading.quantity
    if quantity is None or not quantity.is_exact:
        return QcStatus("not_evaluable", "qc.value", f"The value of {where} is no plain number.")
    if abs(quantity.value - target.mean) > LIMIT_SD * target.sd:
        return QcStatus(
            "failed",
            "qc.beyond_3sd",
            f"Control {plain(quantity.value)} at {where}: beyond {plain(target.mean)} ± 3 × {plain(target.sd)}.",
        )
    return QcStatus("accepted")


def _judge_code(reading: ControlReading, target: ControlTarget, where: str) -> QcStatus:
    """A coded control: its code is one that the lot's maker expects; no code is no answer."""
    if not reading.text:
        return QcStatus("not_evaluable", "qc.value", f"The control of {where} has no code.")
    if reading.text not in target.expected:
        expected = ", ".join(target.expected)
        return QcStatus(
            "failed", "qc.unexpected_code", f"Control {reading.text} at {where}: expected {expected}."
        )
    return QcStatus("accepted")
