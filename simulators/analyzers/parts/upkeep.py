"""What keeps a device going: reagents on board, calibrations, maintenance; what it says of them, and what they take.

A device without a plan for it (`DevicePlan.upkeep`) needs nothing: every test can be run, for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulators.analyzers.events import DeviceRefusal, Happened, Level, Logged
from simulators.analyzers.measuring import Meter
from simulators.analyzers.parts import calibrating, chores
from simulators.analyzers.parts.alarms import CALIBRATION, MAINTENANCE, Alarms
from simulators.analyzers.parts.calibrating import Calibrations
from simulators.analyzers.parts.chores import Chores
from simulators.analyzers.parts.stock import EMPTY, EXPIRED, Pack, Supply
from simulators.place import DevicePlan

DAY = timedelta(days=1)
NAMED = 6
_SAID: Mapping[str, tuple[Level, str]] = {
    f"{CALIBRATION} {calibrating.DUE}": ("warning", "Calibration due"),
    f"{CALIBRATION} {calibrating.FLAGGED}": ("warning", "Calibration overdue, results are flagged"),
    f"{CALIBRATION} {calibrating.REFUSED}": ("error", "Calibration expired, not run any more"),
    f"{MAINTENANCE} {chores.DUE}": ("info", "Maintenance due"),
    f"{MAINTENANCE} {chores.OVERDUE}": ("warning", "Maintenance overdue"),
}
_OF_STOCK: Mapping[str, str] = {EMPTY: "empty", EXPIRED: "expired"}
_OF_CALIBRATION = {calibrating.FLAGGED: "overdue", calibrating.REFUSED: "refused"}


@dataclass(frozen=True, slots=True)
class Taken:
    """What using up the reagents of some tests came to: flags by test, and which tests cannot be run at all."""

    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    blocked: frozenset[str] = frozenset()
    lots: Mapping[str, str] = field(default_factory=dict)


NOTHING_TAKEN = Taken()


@dataclass(slots=True)
class Operation:
    """Something that keeps the device from sampling: it begins when nothing runs any more."""

    what: str
    codes: tuple[str, ...]
    minutes: float
    until: datetime | None = None


class UpkeepOf:
    """The upkeep of one device; `told` collects what it has to say until the device takes it.

    While it `is_attended`, somebody brings a pack as soon as little is left.
    """

    def __init__(self, plan: DevicePlan, meter: Meter, since: datetime) -> None:
        self.plan = plan.upkeep
        self._words = plan.upkeep.flags
        self.supplies = {
            kit.code: Supply(kit, meter.dice, since) for kit in (*self.plan.calibrators, *self.plan.kits)
        }
        self._kit_of = {test: kit.code for kit in self.plan.kits for test in kit.tests}
        self.calibrations = Calibrations(self.plan, self.supplies, meter, since)
        self.chores = Chores(self.plan, since)
        self.operations: deque[Operation] = deque()
        self.is_attended = False
        self.told: list[Logged | Happened] = []
        self._alarms = Alarms(self.supplies, self.calibrations, self.chores)

    # time

    @property
    def next_at(self) -> datetime | None:
        """When something of it changes by itself."""
        times = (self._alarms.next_at, self.busy_until)
        return min((at for at in times if at is not None), default=None)

    @property
    def busy_until(self) -> datetime | None:
        """Until when somebody is at it; None while nobody is."""
        return self.operations[0].until if self.operations else None

    def pass_time(self, now: datetime) -> None:
        """Everything that changed by itself until now, and the end of what was being done."""
        while self.operations and self.operations[0].until and self.operations[0].until <= now:
            done = self.operations.popleft()
            self._done(done, done.until or now)
        changed: dict[str, list[str]] = {}
        for at, what, code in self._alarms.until(now):
            if not self._does_itself(what, code, at):
                changed.setdefault(what, []).append(code)
        for what, codes in changed.items():
            self._say_changed(now, what, codes)

    def begin(self, now: datetime) -> None:
        """Nothing runs: what was asked for can begin."""
        if self.operations and self.operations[0].until is None:
            one = self.operations[0]
            one.until = now + timedelta(minutes=one.minutes)
            self._log(now, one.what, f"{one.what.capitalize()} begun: {_named(one.codes)}", "info")

    def lacks(self, test: str, now: datetime) -> bool:
        """Whether nothing is on board for this test."""
        kit = self._kit_of.get(test)
        return kit is not None and self.supplies[kit].state(now) == EMPTY

    # using up

    def take(self, tests: Iterable[str], now: datetime) -> Taken:
        """Use up what these tests need once, kit by kit."""
        by_kit: dict[str, list[str]] = {}
        for test in tests:
            if test in self._kit_of:
                by_kit.setdefault(self._kit_of[test], []).append(test)
        if not by_kit:
            return NOTHING_TAKEN
        flags: dict[str, tuple[str, ...]] = {}
        blocked: set[str] = set()
        lots: dict[str, str] = {}
        for kit, those in by_kit.items():
            state, age = self.supplies[kit].state(now), self.calibrations.state(kit, now)
            if said := self._flags_for(state, age):
                flags |= dict.fromkeys(those, said)
            if state == EMPTY or age == calibrating.REFUSED:
                blocked.update(those)
            else:
                lots |= dict.fromkeys(those, self.supplies[kit].lot)
                self._use(kit, now)
        return Taken(flags, frozenset(blocked), lots)

    def shift(self, test: str, at: datetime) -> float:
        """How far the test has moved: a relative bias."""
        return self.calibrations.shift(test, at)

    def _flags_for(self, state: str, age: str) -> tuple[str, ...]:
        said = (_OF_STOCK.get(state, ""), _OF_CALIBRATION.get(age, ""))
        return tuple(self._words[one] for one in said if one in self._words)

    def _use(self, code: str, now: datetime) -> None:
        supply = self.supplies[code]
        was, left, limit = supply.lot, supply.left, supply.kit.warn_below
        if supply.use(now):
            self._opened(supply, was, now)
        self._say_low(supply, left, limit, now)

    def _opened(self, supply: Supply, was: str, now: datetime) -> None:
        self._alarms.of_pack(supply)
        if supply.lot != was:
            self.calibrations.lot_changed(supply.kit.code)
            text = f"{supply.kit.code}: lot {supply.lot} in use after lot {was}"
            self._log(now, "lot_changed", text, "warning")

    def _say_low(self, supply: Supply, left: int, limit: int, now: datetime) -> None:
        code, rest = supply.kit.code, supply.left
        if self.is_attended and rest <= limit and supply.has_room:
            self.load(code, "", now)
        elif not rest and left:
            self._log(now, "reagent_empty", f"{code} is used up, its tests are not run", "error")
        elif rest <= limit < left:
            self._log(now, "reagent_low", f"{code}: {rest} left", "warning")

    # what a person does

    def load(self, code: str, lot: str, now: datetime) -> None:
        """Put a pack of a kit or calibrator on board."""
        supply = self._supply(code)
        was = supply.lot
        pack = supply.load(now, lot)
        self._loaded(supply, pack, was, now)

    def calibrate(self, kits: tuple[str, ...]) -> None:
        """Calibrate these kits together, as soon as nothing runs."""
        wanted = tuple(dict.fromkeys(kits))
        for kit in wanted:
            if kit not in self.calibrations.of or not self.calibrations.of[kit].due_at:
                raise DeviceRefusal("calibration.unknown", f"{kit} is not calibrated here.")
        if not wanted:
            raise DeviceRefusal("calibration.empty", "Pick what is to be calibrated.")
        busy = {kit for one in self.operations if one.what == CALIBRATION for kit in one.codes}
        if busy & set(wanted):
            raise DeviceRefusal("calibration.running", "That is being calibrated already.")
        self.operations.append(Operation(CALIBRATION, wanted, self.calibrations.minutes(len(wanted))))

    def maintain(self, task: str) -> None:
        """Do a maintenance task, as soon as nothing runs."""
        if task not in self.chores.tasks:
            raise DeviceRefusal("maintenance.unknown", f"There is no maintenance {task} here.")
        if any(one.what == MAINTENANCE and task in one.codes for one in self.operations):
            raise DeviceRefusal("maintenance.running", "That is being done already.")
        self.operations.append(Operation(MAINTENANCE, (task,), self.chores.tasks[task].minutes))

    def attend(self, now: datetime) -> None:
        """What whoever knows the device does each morning: maintenance, fresh reagents, calibration."""
        busy = {code for one in self.operations for code in one.codes}
        for task in self.chores.wanted(now + DAY):
            if task not in busy:
                self.maintain(task)
        for supply in self.supplies.values():
            was = supply.lot
            if supply.renew(now):
                self._loaded(supply, supply.packs[-1], was, now)
        if not self.plan.calibration.is_automatic:
            kits = [kit for kit in self.calibrations.wanted(now + DAY) if kit not in busy]
            if kits:
                self.calibrate(tuple(kits))

    def _supply(self, code: str) -> Supply:
        if code not in self.supplies:
            raise DeviceRefusal("reagent.unknown", f"There is no reagent {code} on this device.")
        return self.supplies[code]

    def _loaded(self, supply: Supply, pack: Pack, was: str, now: datetime) -> None:
        self._alarms.of_pack(supply)
        code = supply.kit.code
        if supply.lot != was:
            self.calibrations.lot_changed(code)
        data = {"kit": code, "lot": pack.lot, "expires_on": pack.expires_on, "left": supply.left}
        self.told.append(Happened("reagent_loaded", data))
        self._log(now, "reagent_loaded", f"{code}: a pack of lot {pack.lot} is on board", "info")

    def _done(self, done: Operation, at: datetime) -> None:
        if done.what == MAINTENANCE:
            self.chores.done(done.codes[0], at)
            self._alarms.of_task(done.codes[0])
            self.told.append(Happened("maintained", {"task": done.codes[0]}))
            self._log(at, MAINTENANCE, f"Done: {self.chores.tasks[done.codes[0]].name}", "info")
            return
        for kit in done.codes:
            self._calibrate(kit, at)

    def _calibrate(self, kit: str, at: datetime, *, quietly: bool = False) -> bool:
        supply = self.supplies[kit]
        was, left = supply.lot, supply.left
        problem = self.calibrations.calibrate(kit, at)
        if supply.lot != was:
            self._opened(supply, was, at)
        self._say_low(supply, left, supply.kit.warn_below, at)
        one = self.calibrations.of[kit]
        data = {"kit": kit, "lot": supply.lot, "calibrator_lot": one.calibrator_lot, "problem": problem}
        self.told.append(Happened("calibrated", data if problem else data | {"assigned": one.assigned}))
        if problem:
            self._log(at, "calibration_failed", f"Calibration of {kit} failed: {problem}", "error")
        else:
            self._alarms.of_calibration(kit)
            if not quietly:
                self._log(at, CALIBRATION, f"{kit} is calibrated", "info")
        return not problem

    def _does_itself(self, what: str, code: str, at: datetime) -> bool:
        """A device that calibrates itself does so when it is due."""
        is_due = what == f"{CALIBRATION} {calibrating.DUE}"
        return is_due and self.plan.calibration.is_automatic and self._calibrate(code, at, quietly=True)

    def _say_changed(self, now: datetime, what: str, codes: list[str]) -> None:
        if what == EXPIRED:
            self._log(now, "reagent_expired", f"Open too long: {_named(codes)}", "warning")
            return
        kind, _, state = what.partition(" ")
        level, words = _SAID[what]
        names = codes if kind == CALIBRATION else [self.chores.tasks[code].name for code in codes]
        self._log(now, f"{kind}_{state}", f"{words}: {_named(names)}", level)

    def _log(self, at: datetime, code: str, text: str, level: Level) -> None:
        self.told.append(Logged(at, code, text, level=level))


def _named(codes: Iterable[str]) -> str:
    names = list(codes)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
