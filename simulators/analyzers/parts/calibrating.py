"""Calibrations of one device: when they fall due, and how its values move until the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.analyzers.measuring import Meter
from simulators.analyzers.parts.stock import EMPTY, EXPIRED, Supply
from simulators.place_devices import Kit, Upkeep

VALID, DUE, FLAGGED, REFUSED = "valid", "due", "overdue", "expired"
DAY = timedelta(days=1)
WHOLE_DAYS = 24.0


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A kit's calibration in force: the try's number, the reagent's lot, the calibrator's lot and assigned values."""

    number: int
    at: datetime
    due_at: datetime | None
    lot: str
    calibrator_lot: str
    assigned: Mapping[str, str]


class Calibrations:
    """What was calibrated when. A kit that needs no calibration has one without end."""

    def __init__(self, upkeep: Upkeep, supplies: Mapping[str, Supply], meter: Meter, since: datetime) -> None:
        self._upkeep = upkeep
        self._plan = upkeep.calibration
        self._supplies = supplies
        self._meter = meter
        self._dice = meter.dice
        self._kit_of = {test: kit for kit in upkeep.kits for test in kit.tests}
        self._terms: dict[str, tuple[float, float]] = {}
        self._flag_after = timedelta(hours=self._plan.flag_after_hours)
        self._refuse_after = timedelta(hours=self._plan.refuse_after_hours)
        self.tries = dict.fromkeys((kit.code for kit in upkeep.kits), 0)
        self.of = {kit.code: self._first(kit, since) for kit in upkeep.kits}

    def state(self, kit: str, now: datetime) -> str:
        """`valid`, `due`, `overdue` (results are flagged) or `expired` (none are made)."""
        due_at = self.of[kit].due_at
        if due_at is None or now < due_at:
            return VALID
        if now < due_at + self._flag_after:
            return DUE
        return FLAGGED if now < due_at + self._refuse_after else REFUSED

    def changes_at(self, kit: str) -> tuple[datetime, ...]:
        """When it falls due, when results are flagged, when none are made any more; empty when it never does."""
        due_at = self.of[kit].due_at
        return (due_at, due_at + self._flag_after, due_at + self._refuse_after) if due_at else ()

    def wanted(self, until: datetime) -> tuple[str, ...]:
        """Kits whose calibration falls due by then, or was made with another lot than is in use."""
        return tuple(kit for kit, one in self.of.items() if one.due_at and self._is_wanted(kit, one, until))

    def minutes(self, kits: int) -> float:
        """How long it takes to calibrate so many kits together."""
        return self._plan.minutes + self._plan.more_minutes * (kits - 1)

    def lot_changed(self, kit: str) -> None:
        """Another lot is in use."""
        self._forget(kit)

    def shift(self, test: str, at: datetime) -> float:
        """How far a test has moved by its lot, its last calibration and the time since then: a relative bias."""
        kit = self._kit_of.get(test)
        if kit is None:
            return 0.0
        if test not in self._terms:
            self._terms[test] = self._terms_of(kit, test)
        base, slope = self._terms[test]
        return base + slope * ((at - self.of[kit.code].at) / DAY)

    def calibrate(self, code: str, now: datetime) -> str:
        """Measure the calibrator and take its values over; "" or why the earlier calibration stays."""
        kit = next(kit for kit in self._upkeep.kits if kit.code == code)
        reagent, calibrator = self._supplies[code], self._supplies[kit.calibrator]
        problem = self._problem(reagent, now) or self._problem(calibrator, now)
        if problem:
            return problem
        reagent.use(now, kit.calibration_uses)
        calibrator.use(now)
        number = self.tries[code] = self.tries[code] + 1
        if self._dice.unit(f"calibration/{code}/{number}") < self._plan.fail_share:
            return "replicates too far apart"
        self.of[code] = self._made(kit, number, now, self._due_at(kit, now))
        self._forget(code)
        return ""

    def _is_wanted(self, kit: str, one: Calibrated, until: datetime) -> bool:
        return (one.due_at is not None and one.due_at <= until) or one.lot != self._supplies[kit].lot

    def _problem(self, supply: Supply, now: datetime) -> str:
        state = supply.state(now)
        words = {EMPTY: "is used up", EXPIRED: "is past its time"}
        return f"{supply.kit.name} {words[state]}" if state else ""

    def _first(self, kit: Kit, since: datetime) -> Calibrated:
        """Calibrated some days before the device was switched on, so that not all fall due on one morning."""
        if not kit.calibration_hours:
            return Calibrated(0, since, None, self._supplies[kit.code].lot, "", {})
        days = max(int(kit.calibration_hours / WHOLE_DAYS), 1)
        age = int(self._dice.unit(f"calibrated/{kit.code}") * days) * DAY
        return self._made(kit, 0, since - age, self._due_at(kit, since - age))

    def _made(self, kit: Kit, number: int, at: datetime, due_at: datetime) -> Calibrated:
        lot = self._supplies[kit.calibrator].lot
        assigned = {
            test: text
            for test in kit.tests
            if (text := self._meter.assigned(test, f"{kit.calibrator}/{lot}"))
        }
        return Calibrated(number, at, due_at, self._supplies[kit.code].lot, lot, assigned)

    def _due_at(self, kit: Kit, at: datetime) -> datetime:
        """After its hours; calibrations of whole days fall due at the same hour of the morning."""
        if kit.calibration_hours < WHOLE_DAYS:
            return at + timedelta(hours=kit.calibration_hours)
        local = at.astimezone(self._upkeep.zone)
        on = local.date() + timedelta(days=int(kit.calibration_hours / WHOLE_DAYS))
        return datetime.combine(on, self._plan.at, self._upkeep.zone).astimezone(at.tzinfo)

    def _forget(self, code: str) -> None:
        for test, kit in self._kit_of.items():
            if kit.code == code:
                self._terms.pop(test, None)

    def _terms_of(self, kit: Kit, test: str) -> tuple[float, float]:
        """What has moved at once, and what moves per day, since the calibration in force; the first left nothing."""
        one, unit = self.of[kit.code], self._meter.unit_of(test)
        lots = self._by_lot(kit, test, self._supplies[kit.code].lot) - self._by_lot(kit, test, one.lot)
        name = f"{kit.code}/{one.number}/{test}"
        residual = self._plan.residual_sd * self._dice.score(f"residual/{name}") if one.number else 0.0
        drift = self._plan.drift_sd * self._dice.score(f"drift/{name}") if one.due_at else 0.0
        return unit * (lots + residual), unit * drift

    def _by_lot(self, kit: Kit, test: str, lot: str) -> float:
        return kit.lot_sd * self._dice.score(f"lot/{kit.code}/{lot}/{test}") if lot else 0.0
