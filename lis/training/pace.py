"""The pace of lab time: paused, or so many lab seconds for each second of the wall. Lab time never jumps by it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from lis.domain.events import Verb
from lis.domain.people import Actor
from lis.kernel.clock import Clock, ClockState
from lis.kernel.errors import Invalid
from lis.lab import Lab, clock_state_of
from lis.storage import tables as t
from lis.storage.work import Work

PACES = (1, 4, 10, 60)


def set_pace(lab: Lab, actor: Actor, *, speed: int | None = None, paused: bool | None = None) -> None:
    """Pause lab time, let it run again, or give it another speed; the journal says who did."""
    if speed is not None and speed not in PACES:
        raise Invalid("clock.pace", f"Lab time runs at {', '.join(f'×{pace}' for pace in PACES)}.")
    with lab.work(actor) as work:
        state = clock_state_of(work.head).rebased(lab.wall.now(), speed=speed, paused=paused)
        store(work, state)
        work.journal.append(Verb.CLOCK_SET, "lab", speed=state.speed, paused=state.paused)


def continue_from(lab: Lab, stood_at: datetime, actor: Actor, wall: Clock) -> None:
    """Let lab time go on from where it stood when nobody served the laboratory, never before its last event."""
    with lab.database.reading() as connection:
        last = connection.execute(select(func.max(t.journal.c.at))).scalar_one_or_none()
    at = max(stood_at, last) if last else stood_at
    with lab.work(actor, at=at) as work:
        state = clock_state_of(work.head).moved_to(at, wall.now())
        store(work, state)
        work.journal.append(Verb.CLOCK_SET, "lab", speed=state.speed, paused=state.paused)


def store(work: Work, state: ClockState) -> None:
    """Write a clock state into the laboratory's head row."""
    work.set_clock(
        lab_anchor=state.lab_anchor,
        wall_anchor=state.wall_anchor,
        speed=state.speed,
        paused=state.paused,
    )
