"""Lab time and wall time; days and ages by the laboratory's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from lis.kernel.clock import ClockState, FixedClock, SimClock, age_in_days, age_in_years, local, local_day

CHICAGO = "America/Chicago"
WALL = datetime(2026, 5, 4, 12, tzinfo=UTC)
LAB = datetime(2026, 3, 2, 13, tzinfo=UTC)


def test_lab_time_runs_at_its_speed() -> None:
    state = ClockState(LAB, WALL, speed=60)
    assert state.lab_time(WALL + timedelta(seconds=30)) == LAB + timedelta(minutes=30)


def test_lab_time_stands_still_when_paused_and_when_the_wall_goes_back() -> None:
    assert ClockState(LAB, WALL, paused=True).lab_time(WALL + timedelta(hours=1)) == LAB
    assert ClockState(LAB, WALL).lab_time(WALL - timedelta(hours=1)) == LAB


def test_lab_time_does_not_jump_when_pace_or_pause_change() -> None:
    later = WALL + timedelta(minutes=10)
    state = ClockState(LAB, WALL, speed=2)
    paused = state.rebased(later, paused=True)
    resumed = paused.rebased(later + timedelta(hours=5), paused=False, speed=10)
    at = LAB + timedelta(minutes=20)
    assert (paused.lab_time(later + timedelta(hours=5)), resumed.lab_time(later + timedelta(hours=5))) == (
        at,
        at,
    )
    assert resumed.lab_time(later + timedelta(hours=5, minutes=1)) == at + timedelta(minutes=10)


def test_lab_time_moved_keeps_its_pace() -> None:
    state = ClockState(LAB, WALL, speed=3).moved_to(LAB + timedelta(days=1), WALL)
    assert state.lab_time(WALL + timedelta(minutes=1)) == LAB + timedelta(days=1, minutes=3)


def test_sim_clock_reads_the_wall_it_is_given() -> None:
    wall = FixedClock(WALL)
    clock = SimClock(ClockState(LAB, WALL, speed=60), wall)
    wall.advance(timedelta(minutes=1))
    assert clock.now() == LAB + timedelta(hours=1)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 1, 2, 5, 59, 59, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 1, 2, 6, 0, tzinfo=UTC), date(2026, 1, 2)),
        (datetime(2026, 7, 2, 4, 59, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 2, 5, 0, tzinfo=UTC), date(2026, 7, 2)),
    ],
)
def test_day_changes_at_the_laboratory_s_midnight(at: datetime, day: date) -> None:
    assert local_day(at, CHICAGO) == day


def test_the_hour_that_is_skipped_and_the_hour_that_comes_twice() -> None:
    before_spring = datetime(2026, 3, 8, 7, 59, tzinfo=UTC)
    first_autumn = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    shown = [
        local(at, CHICAGO).strftime("%H:%M %z")
        for at in (before_spring, before_spring + timedelta(minutes=1))
    ]
    assert shown == ["01:59 -0600", "03:00 -0500"]
    twice = [
        local(at, CHICAGO).strftime("%H:%M %z") for at in (first_autumn, first_autumn + timedelta(hours=1))
    ]
    assert twice == ["01:30 -0500", "01:30 -0600"]


@pytest.mark.parametrize(
    ("at", "days"),
    [
        (datetime(2026, 3, 9, 4, 59, tzinfo=UTC), 1),  # 23:59 of the 23-hour day
        (datetime(2026, 3, 9, 5, 0, tzinfo=UTC), 2),
        (datetime(2026, 4, 7, 5, 0, tzinfo=UTC), 31),
        (datetime(2026, 3, 6, 12, 0, tzinfo=UTC), -1),
    ],
)
def test_age_in_days_counts_calendar_days_across_the_change_of_time(at: datetime, days: int) -> None:
    assert age_in_days(date(2026, 3, 7), at, CHICAGO) == days


def test_age_in_years_and_days_since_the_birthday() -> None:
    leapling, noon = date(2008, 2, 29), datetime(2026, 2, 28, 18, tzinfo=UTC)
    days = [age_in_years(leapling, noon + timedelta(days=n), CHICAGO) for n in (0, 1, 2)]
    assert days == [(17, 364), (18, 0), (18, 1)]
    in_leap_year = [
        age_in_years(leapling, datetime(2028, 2, day, 18, tzinfo=UTC), CHICAGO) for day in (28, 29)
    ]
    assert in_leap_year == [(19, 364), (20, 0)]
    assert age_in_years(date(2026, 3, 1), noon, CHICAGO)[0] == -1
