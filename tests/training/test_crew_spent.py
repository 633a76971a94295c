"""Tubes from which nothing is awaited any more do not lie in the tray for days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lis.kernel.clock import FixedClock
from lis.services import recollecting, rejecting
from lis.storage import tables as t
from lis.storage.house import House
from lis.training import crew_spent
from tests.labs import START, SmallLab, actor, open_small_lab
from tests.world import fake_lis


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallLab]:
    house = House.open(data=tmp_path, url=None, wall=FixedClock(START))
    yield open_small_lab(house)
    house.close()


def spent(small: SmallLab, *container_ids: str) -> list[str]:
    with small.lab.reading() as reading:
        return crew_spent.spent(reading.connection, container_ids)


def refuse(small: SmallLab, container: str, *tests: str) -> str:
    """They are refused; the container in place of it, when another is asked for."""
    with small.work("technologist") as work:
        return rejecting.reject_tests(work, container, list(tests), "RJ08", recollect=True).replacement


def test_a_tube_of_which_every_test_was_refused_is_spent(small: SmallLab) -> None:
    (tube,) = small.order("LYTES", peer="HIS").container_ids
    small.receive(tube)
    with small.lab.reading() as reading:
        tests = [row.test for row in reading.connection.execute(select(t.result))]
    refuse(small, tube, tests[0])
    assert spent(small, tube) == []
    second = refuse(small, tube, *tests[1:])
    assert spent(small, tube, second) == [tube]
    with small.work("processor") as work:
        recollecting.record_collected(work, second, collected_at=work.now, collected_by="RN7")
    small.receive(second)
    assert spent(small, tube, second) == [tube]


def test_a_tube_is_not_spent_before_its_last_value_has_gone_out(small: SmallLab) -> None:
    placed = small.order("HCGS")
    (tube,) = placed.container_ids
    small.receive(tube)
    assert spent(small, tube) == []
    small.enter(placed.accession, HCGS="NEG")
    assert spent(small, tube) == []
    small.verify(placed.accession, "HCGS")
    assert spent(small, tube) == []
    small.release(placed.accession, "HCGS")
    assert spent(small, tube) == [tube]


def test_a_spent_tube_is_thrown_away_once_it_has_lain_in_the_tray_for_so_long(small: SmallLab) -> None:
    [container] = small.order("HCGS", peer="HIS").container_ids
    small.receive(container)
    refuse(small, container, "HCGS")
    world = fake_lis.new_world(fake_lis.FakeLis())
    world.step(fake_lis.START + timedelta(hours=2))
    tube, other, *_ = sorted(world.tray(), key=lambda one: str(one.arrived_at))
    assert tube.arrived_at
    world.receive("PRINTER-1", fake_lis.label(container))
    world.affix(world.printed_labels()[0].id, tube.id)
    lies_for = world.now - tube.arrived_at

    def lying(late: timedelta) -> set[str]:
        crew_spent.put_away(small.lab, world, actor("processor"), late)
        return {one.id for one in world.tray()} & {tube.id, other.id}

    assert lying(lies_for + timedelta(seconds=1)) == {tube.id, other.id}
    assert lying(lies_for) == {other.id}
    with small.lab.reading() as reading:
        states = {row.container_id: row.state for row in reading.connection.execute(select(t.container))}
    assert states[container] == "discarded"
