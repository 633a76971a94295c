"""When something about a device changes by itself: packs grow too old, calibrations and maintenance fall due."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from datetime import datetime

from simulators.analyzers.parts import calibrating, chores
from simulators.analyzers.parts.calibrating import Calibrations
from simulators.analyzers.parts.chores import Chores
from simulators.analyzers.parts.stock import EXPIRED, Supply

CALIBRATION, MAINTENANCE = "calibration", "maintenance"
_OF_CALIBRATION = tuple(
    f"{CALIBRATION} {state}" for state in (calibrating.DUE, calibrating.FLAGGED, calibrating.REFUSED)
)
_OF_TASK = tuple(f"{MAINTENANCE} {state}" for state in (chores.DUE, chores.OVERDUE))


class Alarms:
    """Instants to come. What was done about one in the meantime makes it void: that is seen when its time comes."""

    def __init__(self, supplies: Mapping[str, Supply], calibrations: Calibrations, tasks: Chores) -> None:
        self._supplies, self._calibrations, self._chores = supplies, calibrations, tasks
        self._to_come: list[tuple[datetime, str, str]] = []
        for supply in supplies.values():
            self.of_pack(supply)
        for kit in calibrations.of:
            self.of_calibration(kit)
        for task in tasks.tasks:
            self.of_task(task)

    @property
    def next_at(self) -> datetime | None:
        """The next of them."""
        return self._to_come[0][0] if self._to_come else None

    def until(self, now: datetime) -> Iterator[tuple[datetime, str, str]]:
        """What has come to pass: when, what, and of which kit or task."""
        while self._to_come and self._to_come[0][0] <= now:
            at, what, code = heapq.heappop(self._to_come)
            if self._holds(at, what, code):
                yield at, what, code

    def of_pack(self, supply: Supply) -> None:
        """The pack in use grows too old."""
        spoils_at = supply.spoils_at(supply.packs[0]) if supply.packs else None
        if spoils_at:
            heapq.heappush(self._to_come, (spoils_at, EXPIRED, supply.kit.code))

    def of_calibration(self, kit: str) -> None:
        """The kit's calibration falls due, overdue, expires."""
        for at, what in zip(self._calibrations.changes_at(kit), _OF_CALIBRATION, strict=False):
            heapq.heappush(self._to_come, (at, what, kit))

    def of_task(self, task: str) -> None:
        """The task falls due, overdue."""
        for at, what in zip(self._chores.changes_at(task), _OF_TASK, strict=True):
            heapq.heappush(self._to_come, (at, what, task))

    def _holds(self, at: datetime, what: str, code: str) -> bool:
        if what == EXPIRED:
            supply = self._supplies[code]
            return bool(supply.packs) and supply.spoils_at(supply.packs[0]) == at
        if what in _OF_CALIBRATION:
            return at in self._calibrations.changes_at(code)
        return at in self._chores.changes_at(code)
