"""When somebody is drawn: in a bed once a collector comes, in a clinic while it is open and a courier still goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from simulators.collecting import Asked
from simulators.couriers import READY, next_run
from simulators.hospital_plan import Collector, Ward

HOUR = timedelta(hours=1)


def drawn_at(asked: Asked, collector: Collector, now: datetime, zone: ZoneInfo) -> datetime:
    """As soon as somebody comes; what is timed at its hour, as punctually as this collector is."""
    minutes = asked.dice.uniform(2, 8) if asked.priority == "S" else asked.dice.uniform(5, 40)
    if asked.due_at is not None:
        late = asked.dice.fork("late").uniform(*collector.late_minutes)
        return max(now, asked.due_at + timedelta(minutes=int(late)))
    wait = timedelta(minutes=minutes)
    is_there = asked.ward.is_open(now.astimezone(zone))
    at = now + wait if is_there else back_at(asked.ward, now, wait, zone)
    return at.replace(microsecond=0)


def back_at(ward: Ward, now: datetime, wait: timedelta, zone: ZoneInfo) -> datetime:
    """When a patient who is wanted once more is drawn: after this while, as a rule.

    To a clinic they are called back for an hour at which it is open; to a site outside for so long before a courier
    leaves, and not for a run that is closer than that.
    """
    if ward.couriers:
        run = next_run((now + READY + 2 * wait).astimezone(zone), ward)
        return run.astimezone(UTC) - READY - wait
    local = (now + wait).astimezone(zone)
    return now + wait if ward.is_open(local) else _next_opening(local, ward).astimezone(UTC) + wait


def _next_opening(local: datetime, ward: Ward) -> datetime:
    """The next full hour by the wall clock at which somebody is there."""
    hour = local.replace(minute=0, second=0, microsecond=0)
    hours = (hour + n * HOUR for n in range(1, 25))
    return next((at for at in hours if ward.is_open(at)), local)
