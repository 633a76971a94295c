"""What is finished goes into the store, and out of it when it was kept for as long as the bench says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lis.kernel.clock import FixedClock
from lis.services import adding, storing, verifying
from lis.storage import tables as t
from lis.storage.house import House
from lis.training.crew_storing import BETWEEN, NOT_KEPT, STANDS, Storing, next_position
from lis.training.people import actor as actor_of
from lis.training.preparing import loopback
from simulators.world import Action, World
from tests.labs import START, actor, open_small_lab
from tests.services.bench import Bench, bench
from tests.training import pasts
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
    assert row.volume_ml is not None
    assert tube.free_ml - 0.2 < row.volume_ml <= tube.free_ml

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


def test_the_place_behind_the_thousandth_is_found_too(small: Bench) -> None:
    for container, place in ((finished(small, "H1"), "999"), (finished(small, "H2"), "1000")):
        with small.work("processor") as work:
            storing.store(work, container, f"FRIDGE 01-01/{place}")
    with small.lab.reading() as reading:
        assert next_position(reading.connection, "FRIDGE 01-01") == "FRIDGE 01-01/1001"


def test_where_a_bench_does_not_say_how_tubes_are_kept_they_stay_in_their_racks(small: Bench) -> None:
    world, tubes = at_the_bench()
    world.content = replace(world.content, bench=replace(world.content.bench, keeping={}))
    container = finished(small)
    pass_time(small, world, STANDS)
    Storing(small.lab, world, actor("processor"), {container: tubes[0]}).work()
    assert (small.container(container).state, world.bench.tubes[tubes[0]].spot) == ("labelled", "tray")


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


def test_the_tube_of_an_added_test_is_found_where_the_laboratory_says_and_measured(tmp_path: Path) -> None:
    house = pasts.open_house(tmp_path)
    made = pasts.live(house, hours=6)
    lab, world = made.lab, made.world
    say = loopback(lab, world)
    with lab.database.reading() as connection:
        stored = select(t.container, t.lab_order.c.accession).join(t.lab_order)
        row = connection.execute(
            stored.where(t.container.c.state == "stored", t.container.c.type == "SST")
        ).first()
    assert row is not None
    tube = next(one for one in world.bench.tubes.values() if one.barcode == row.container_id)
    assert (tube.spot, tube.station) == ("stored", row.position)

    with lab.work(actor_of("technologist1", "CORE-2"), at=world.now) as work:
        adding.add_test(work, row.accession, "MGO", reason="Dr. asks", container_id=row.container_id)
        storing.retrieve(work, row.container_id, purpose="add-on")
    world.act(Action(world.now, "retrieve", {"tube_id": tube.id}, "technologist1"))
    world.load("CHEM-1", [tube.id])
    say()
    world.after_turn = say
    world.step(world.now + HOUR)
    with lab.database.reading() as connection:
        magnesium = select(t.result.c.state).where(t.result.c.container_pk == row.id, t.result.c.test == "MG")
        assert connection.execute(magnesium).scalar() in ("resulted", "on_hold")
    house.close()
