"""Worlds follow their clocks."""

from __future__ import annotations

from datetime import timedelta

from lis.kernel.clock import ClockState, FixedClock, SimClock
from simulators.timeline import Timeline
from simulators.world import Action
from tests.world.fake_lis import START, new_world

HOUR = timedelta(hours=1)


def test_a_world_follows_a_clock_at_its_pace_and_stands_when_it_is_paused() -> None:
    wall = FixedClock(START)
    clock = SimClock(ClockState(START, START, speed=60.0), wall)
    world, timeline = new_world(), Timeline()
    timeline.add("a", world, clock)
    wall.advance(timedelta(minutes=2))
    assert timeline.catch_up() > 0
    assert world.now == START + 2 * HOUR
    clock.state = clock.state.rebased(wall.now(), paused=True)
    wall.advance(timedelta(minutes=2))
    assert timeline.catch_up() == 0
    assert world.now == START + 2 * HOUR


def test_a_world_that_breaks_leaves_the_others_running() -> None:
    clock, timeline = FixedClock(START), Timeline()
    broken, sound = new_world(), new_world()
    broken.stage.plan(START + HOUR / 2, lambda: [][0])
    timeline.add("broken", broken, clock)
    timeline.add("sound", sound, clock)
    clock.advance(HOUR)
    timeline.catch_up()
    assert sound.now == START + HOUR
    assert list(timeline.failures) == ["broken"]
    timeline.remove("sound")
    clock.advance(HOUR)
    assert timeline.catch_up() == 0


def test_an_action_waits_for_what_was_due_before_it() -> None:
    world, same = new_world(), new_world()
    world.act(Action(START + 3 * HOUR, "run_controls", {"analyzer": "CHEM-1"}))
    same.step(START + 3 * HOUR)
    same.run_controls("CHEM-1")
    for each in (world, same):
        each.step(START + 4 * HOUR)
    assert world.ledger.digest == same.ledger.digest
