"""The analyzer's screen, composed from what the device knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from simulators.analyzers.events import Logged, Sip
from simulators.analyzers.parts import screen
from simulators.analyzers.parts.alarms import MAINTENANCE
from simulators.analyzers.parts.calibrating import Calibrated
from simulators.analyzers.parts.racks import Racks
from simulators.analyzers.parts.screen import (
    CalibrationLine,
    DeviceStatus,
    OnBoard,
    Position,
    Rack,
    TaskLine,
)
from simulators.analyzers.parts.stock import Supply
from simulators.analyzers.parts.upkeep import UpkeepOf
from simulators.place import DevicePlan

LINES_SHOWN = 20
LOW = "low"


class Shown(Protocol):
    """A device, as far as its screen shows it."""

    plan: DevicePlan
    upkeep: UpkeepOf
    ready_at: datetime
    log: list[Logged]
    unread: set[int]
    racks: Racks
    is_off: bool

    @property
    def waiting(self) -> Sequence[Sip]:
        """Tubes not yet sampled."""

    @property
    def asked_about(self) -> frozenset[str]:
        """Containers asked about."""

    @property
    def running(self) -> tuple[str, ...]:
        """Tubes being measured."""

    @property
    def open_orders(self) -> int:
        """Tests not begun."""


def status(device: Shown, now: datetime) -> DeviceStatus:
    """Everything on it at this instant."""
    upkeep = device.upkeep
    doing = upkeep.operations[0] if upkeep.operations else None
    return DeviceStatus(
        code=device.plan.code,
        kind=device.plan.kind,
        model=device.plan.model,
        state=_state(device, now),
        ready_at=device.ready_at,
        waiting=len(device.waiting),
        running=len(device.running),
        open_orders=device.open_orders,
        log=tuple(device.log[-LINES_SHOWN:]),
        unread=frozenset(device.unread),
        doing=f"{doing.what}: {', '.join(doing.codes)}" if doing else "",
        doing_until=doing.until if doing else None,
        racks=tuple(_racks(device)),
        stock=tuple(_on_board(upkeep, supply, now) for supply in upkeep.supplies.values()),
        calibrations=tuple(_calibrations(upkeep, now)),
        tasks=tuple(_tasks(upkeep, now)),
        asks_for_work=bool(device.plan.traits.get("host_query")),
    )


def _state(device: Shown, now: datetime) -> str:
    doing = device.upkeep.operations[0] if device.upkeep.operations else None
    if device.is_off:
        return screen.OFF
    if now < device.ready_at:
        return screen.WARMING
    if doing is not None and doing.until is not None:
        return screen.MAINTENANCE if doing.what == MAINTENANCE else screen.CALIBRATING
    if device.running or device.waiting:
        return screen.BUSY
    wrong = any(line.level == "error" and line.number in device.unread for line in device.log)
    return screen.ERROR if wrong else screen.READY


def _racks(device: Shown) -> Iterator[Rack]:
    running = frozenset(device.running)
    for number, sips in device.racks.all():
        yield Rack(
            number,
            tuple(
                Position(
                    sip.position,
                    sip.tube,
                    sip.barcode,
                    "measured"
                    if sip.tube in running
                    else "asked"
                    if sip.barcode in device.asked_about
                    else "waits",
                )
                for sip in sips
            ),
        )


def _on_board(upkeep: UpkeepOf, supply: Supply, now: datetime) -> OnBoard:
    pack = supply.packs[0] if supply.packs else None
    low = LOW if supply.left <= supply.kit.warn_below else ""
    return OnBoard(
        code=supply.kit.code,
        name=supply.kit.name,
        is_calibrator=supply.kit in upkeep.plan.calibrators,
        lot=supply.lot,
        expires_on=pack.expires_on if pack else None,
        spoils_at=supply.spoils_at(pack) if pack else None,
        left=supply.left,
        packs=len(supply.packs),
        slots=supply.kit.slots,
        state=supply.state(now) or low,
        shelf=supply.shelf(),
    )


def _calibrations(upkeep: UpkeepOf, now: datetime) -> Iterator[CalibrationLine]:
    for code, one in upkeep.calibrations.of.items():
        if one.due_at is not None:
            yield _calibration(upkeep, code, one, one.due_at, now)


def _calibration(
    upkeep: UpkeepOf, code: str, one: Calibrated, due_at: datetime, now: datetime
) -> CalibrationLine:
    kit = upkeep.supplies[code].kit
    return CalibrationLine(
        kit=code,
        name=kit.name,
        calibrator=kit.calibrator,
        calibrator_lot=one.calibrator_lot,
        assigned=tuple(one.assigned.items()),
        calibrated_at=one.at,
        due_at=due_at,
        state=upkeep.calibrations.state(code, now),
        is_other_lot=one.lot != upkeep.supplies[code].lot,
    )


def _tasks(upkeep: UpkeepOf, now: datetime) -> Iterator[TaskLine]:
    doing = {code for one in upkeep.operations if one.what == MAINTENANCE for code in one.codes}
    for code, task in upkeep.chores.tasks.items():
        yield TaskLine(
            code=code,
            name=task.name,
            due_at=upkeep.chores.due_at(code),
            done_at=upkeep.chores.done_at.get(code),
            minutes=task.minutes,
            state="doing" if code in doing else upkeep.chores.state(code, now),
        )
