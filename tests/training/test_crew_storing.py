"""What is finished goes into the store, and out of it when it was kept for as long as the bench says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lis.kernel.clock import FixedClock
from lis.services import verifying
from lis.storage import tables as t
from lis.storage.house import House
from lis.training.crew_storing import BETWEEN, NOT_KEPT, STANDS, Storing, next_position
from simulators.world import World
from tests.labs import START, actor, open_small_lab
from tests.services.bench import Bench, bench
from tests.world import fake_lis

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Bench]:
    house = House.open(data=tmp_path, url=None, wall=FixedClock(START))
    open_small_lab(house)
    yield bench(house)
    house.close()


def finished(small: Bench, number: str = "H1") -> str:
    """A container whose only value goes out now."""
    placed = small.order("HCGS", numbers=[number])
    (container,) = placed.container_ids
    small.receive(container)
    small.enter(placed.accession, HCGS="NEG")
    small.verify(placed.accession, "HCGS")
    with small.work("technologist") as work:
        verifying.release_results(work, placed.accession, small.seen(placed.accession, "HCGS"))
    return container


def at_the_bench() -> tuple[World, list[str]]:
    """A world at the laboratory's instant, and the tubes in its tray."""
    world = World(fake_lis.core(), 7, START - 6 * HOUR, fake_lis.FakeLis().links())
    world.step(START)
    return world, [tube.id for tube in world.tray()]


def pass_time(small: Bench, world: World, time: timedelta) -> None:
    world.step(world.now + time)
    small.clock.advance(world.now - small.clock.now())


def test_a_finished_tube_is_stored_where_the_bench_has_it_and_thrown_away_after_its_days(
    small: Bench,
) -> None:
    world, tubes = at_the_bench()
    container = finished(small)
    crew = Storing(small.lab, world, actor("processor"), {container: tubes[0]})
    pass_time(small, world, STANDS - BETWEEN)
    crew.work()
    assert small.container(container).state == "labelled"
    pass_time(small, world, BETWEEN)
    crew.work()
    row, tube = small.container(container), world.bench.tubes[tubes[0]]
    assert (row.state, tube.spot) == ("stored", "stored")
    assert row.position == tube.station == next_position_before(row.position)
    assert tube.stays[-1].celsius == 4

    days = world.content.bench.keeping_of("SER").days
    pass_time(small, world, days * DAY - STANDS - HOUR)
    crew.work()
    assert small.container(container).state == "stored"
    pass_time(small, world, HOUR)
    crew.work()
    assert (small.container(container).state, tube.spot) == ("discarded", "discarded")
    (told,) = [row for row in small.events() if row.verb == "container.discarded"]
    assert told.reason == f"Its time in the store is over: {days} d."


def next_position_before(position: str) -> str:
    """The first place of the same rack."""
    return f"{position.partition('/')[0]}/001"


def test_each_place_in_a_rack_is_given_once(small: Bench) -> None:
    world, tubes = at_the_bench()
    containers = [finished(small, f"H{n}") for n in range(3)]
    crew = Storing(small.lab, world, actor("processor"), dict(zip(containers, tubes, strict=False)))
    pass_time(small, world, STANDS)
    crew.work()
    positions = [small.container(container).position for container in containers]
    rack = positions[0].partition("/")[0]
    assert positions == [f"{rack}/001", f"{rack}/002", f"{rack}/003"]
    with small.lab.reading() as reading:
        assert next_position(reading.connection, rack) == f"{rack}/004"
        assert next_position(reading.connection, "FRIDGE 01-01") == "FRIDGE 01-01/001"


def test_what_does_not_keep_is_thrown_away_when_its_work_is_done(small: Bench) -> None:
    world, tubes = at_the_bench()
    container = finished(small)
    specimen = small.row(t.specimen)
    with small.work("processor") as work:
        work.specimens.change(specimen.id, type="BLDA")
    crew = Storing(small.lab, world, actor("processor"), {container: tubes[0]})
    pass_time(small, world, STANDS)
    crew.work()
    assert (small.container(container).state, world.bench.tubes[tubes[0]].spot) == ("discarded", "discarded")
    (told,) = [row for row in small.events() if row.verb == "container.discarded"]
    assert told.reason == NOT_KEPT


def test_what_something_is_awaited_from_or_lies_in_nobodys_reach_stays(small: Bench) -> None:
    world, tubes = at_the_bench()
    container = finished(small)
    small.receive(*(other := small.order("LYTES").container_ids))
    crew = Storing(small.lab, world, actor("processor"), {other[0]: tubes[0]})
    pass_time(small, world, STANDS)
    crew.work()
    assert [small.container(one).state for one in (container, other[0])] == ["labelled", "labelled"]
