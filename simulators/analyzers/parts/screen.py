"""What the analyzer's own screen shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from simulators.analyzers.events import Logged
from simulators.analyzers.parts.stock import ShelfLot

OFF, WARMING, READY, BUSY = "off", "warming up", "ready", "running"
MAINTENANCE, CALIBRATING, ERROR = "maintenance", "calibrating", "error"


@dataclass(frozen=True, slots=True)
class Position:
    """One position of a rack: the tube in it, and whether it waits, is asked about or is being measured."""

    position: int
    tube: str
    barcode: str
    state: str


@dataclass(frozen=True, slots=True)
class Rack:
    """A rack on the sampler; its number is "" on a device without racks."""

    number: str
    places: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class OnBoard:
    """A kit or calibrator: the lot in use, what is left of all packs, and what stands on the shelf. `state` says what
    is wrong: empty, expired, low, or "".
    """

    code: str
    name: str
    is_calibrator: bool
    lot: str
    expires_on: date | None
    spoils_at: datetime | None
    left: int
    packs: int
    slots: int
    state: str
    shelf: tuple[ShelfLot, ...]


@dataclass(frozen=True, slots=True)
class CalibrationLine:
    """A kit's calibration: by which calibrator lot with which assigned values, when, until when.

    `state` is valid, due, overdue or expired; `is_other_lot`: the reagent in use is not the one that was calibrated.
    """

    kit: str
    name: str
    calibrator: str
    calibrator_lot: str
    assigned: tuple[tuple[str, str], ...]
    calibrated_at: datetime
    due_at: datetime
    state: str
    is_other_lot: bool


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A maintenance task; `state` is done, due, overdue or doing."""

    code: str
    name: str
    due_at: datetime
    done_at: datetime | None
    minutes: float
    state: str


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """The whole screen. `doing` says what keeps it from sampling, until `doing_until` where that has begun."""

    code: str
    kind: str
    model: str
    state: str
    ready_at: datetime
    waiting: int
    running: int
    open_orders: int
    log: tuple[Logged, ...]
    unread: frozenset[int] = frozenset()
    doing: str = ""
    doing_until: datetime | None = None
    racks: tuple[Rack, ...] = ()
    stock: tuple[OnBoard, ...] = ()
    calibrations: tuple[CalibrationLine, ...] = ()
    tasks: tuple[TaskLine, ...] = ()
    asks_for_work: bool = False

    @property
    def wants(self) -> tuple[str, ...]:
        """What somebody should do, in words."""
        low = [f"{one.code} {one.state}" for one in self.stock if one.state]
        due = [f"{one.kit} calibration {one.state}" for one in self.calibrations if one.state != "valid"]
        tasks = [f"{one.name}: {one.state}" for one in self.tasks if one.state in ("due", "overdue")]
        return (*low, *due, *tasks)
