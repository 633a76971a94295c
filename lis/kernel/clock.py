"""The one door by which time enters.

Lab time dates everything a laboratory would date; it may be paused or sped up. Wall time serves sessions, throttles,
sockets and back-off. Both are aware UTC datetimes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Says what time it is, as an aware UTC datetime."""

    def now(self) -> datetime: ...


class WallClock:
    """The computer's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def monotonic() -> float:
    """Seconds from an arbitrary start that never go backwards; for time-outs only."""
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class ClockState:
    """Where lab time stands: at wall instant `wall_anchor` it was `lab_anchor`; it runs at `speed` unless paused."""

    lab_anchor: datetime
    wall_anchor: datetime
    speed: float = 1.0
    paused: bool = False

    def lab_time(self, wall: datetime) -> datetime:
        """Lab time at a wall instant. Before the anchor (a wall clock set back) lab time stands still."""
        if self.paused:
            return self.lab_anchor
        elapsed = max(wall - self.wall_anchor, timedelta(0))
        return self.lab_anchor + elapsed * self.speed

    def rebased(
        self, wall: datetime, *, speed: float | None = None, paused: bool | None = None
    ) -> ClockState:
        """The same instant with another speed or pause: lab time never jumps when the pace changes."""
        return replace(
            self,
            lab_anchor=self.lab_time(wall),
            wall_anchor=wall,
            speed=self.speed if speed is None else speed,
            paused=self.paused if paused is None else paused,
        )

    def moved_to(self, lab_time: datetime, wall: datetime) -> ClockState:
        """The same pace from another lab instant."""
        return replace(self, lab_anchor=lab_time, wall_anchor=wall)


class SimClock:
    """Lab time computed from a wall clock and a ClockState that can be replaced while it runs."""

    def __init__(self, state: ClockState, wall: Clock | None = None) -> None:
        self.state = state
        self._wall = wall or WallClock()

    def now(self) -> datetime:
        return self.state.lab_time(self._wall.now())


class FixedClock:
    """A clock that stands where it was set; for headless runs and tests."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


def local(at: datetime, zone: str) -> datetime:
    """An instant as the laboratory's wall shows it."""
    return at.astimezone(ZoneInfo(zone))


def local_day(at: datetime, zone: str) -> date:
    """The laboratory's calendar day of an instant: accession day, QC day."""
    return _day_of(at, zone) if at.tzinfo is UTC else local(at, zone).date()


@lru_cache(maxsize=1024)  # UTC only: elsewhere two instants may be equal by the clock on the wall
def _day_of(at: datetime, zone: str) -> date:
    return local(at, zone).date()


def age_in_days(birth_on: date, at: datetime, zone: str) -> int:
    """Completed days of life at an instant, by the laboratory's calendar. Negative when born later."""
    return (local_day(at, zone) - birth_on).days


def age_in_years(birth_on: date, at: datetime, zone: str) -> tuple[int, int]:
    """Completed years of life at an instant, and the days since the last birthday. Negative when born later.

    Who is born on 29 February has a birthday on 1 March in common years.
    """
    day = local_day(at, zone)
    years = day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))
    return years, (day - _birthday(birth_on, birth_on.year + years)).days


def _birthday(birth_on: date, year: int) -> date:
    try:
        return birth_on.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
