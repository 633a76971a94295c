"""Maintenance of one device: tasks of each day or of one weekday, due at a local time."""

from __future__ import annotations

from datetime import datetime, timedelta

from simulators.place_devices import MaintenanceTask, Upkeep

DONE, DUE, OVERDUE = "done", "due", "overdue"
EARLY = timedelta(hours=4)
"""Done so long before it is due, it counts for that time."""


class Chores:
    """What was done when, and when it is due again."""

    def __init__(self, upkeep: Upkeep, since: datetime) -> None:
        self._zone = upkeep.zone
        self.tasks = {task.code: task for task in upkeep.maintenance}
        self.done_at: dict[str, datetime] = {}
        self._due = {task.code: self._next(task, since) for task in upkeep.maintenance}

    def due_at(self, code: str) -> datetime:
        """When the task is to be done next."""
        return self._due[code]

    def state(self, code: str, now: datetime) -> str:
        """`done` for this time, `due`, or `overdue`."""
        due_at, overdue_at = self.changes_at(code)
        return DONE if now < due_at else DUE if now < overdue_at else OVERDUE

    def changes_at(self, code: str) -> tuple[datetime, datetime]:
        """When it falls due, and when the device begins to complain."""
        due_at = self._due[code]
        return due_at, due_at + timedelta(hours=self.tasks[code].grace_hours)

    def wanted(self, until: datetime) -> tuple[str, ...]:
        """What falls due by then."""
        return tuple(code for code, due_at in self._due.items() if due_at <= until)

    def done(self, code: str, at: datetime) -> None:
        """Somebody has done it."""
        self.done_at[code] = at
        self._due[code] = self._next(self.tasks[code], at + EARLY)

    def _next(self, task: MaintenanceTask, after: datetime) -> datetime:
        """The first of its times after this instant."""
        on = after.astimezone(self._zone).date()
        while True:
            due_at = datetime.combine(on, task.at, self._zone).astimezone(after.tzinfo)
            if due_at > after and task.weekday in (None, on.weekday()):
                return due_at
            on += timedelta(days=1)
