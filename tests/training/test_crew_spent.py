"""Tubes from which nothing is awaited any more do not lie in the tray for days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lis.kernel.clock import FixedClock
from lis.services import recollecting, rejecting
from lis.storage import tables as t
from lis.storage.house import House
from lis.training import crew, crew_spent, preparing
from tests.labs import START, SmallLab, open_small_lab
from tests.training import pasts

EVENING, MIDNIGHT = datetime(2026, 11, 24, 23, tzinfo=UTC), datetime(2026, 11, 26, 6, tzinfo=UTC)


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


def test_no_tube_of_a_finished_day_is_left_in_the_tray_of_a_prepared_past(tmp_path: Path) -> None:
    """A tube of this day came in place of another and was refused whole, as late as the first: nobody loads it."""
    house = pasts.open_house(tmp_path)
    made = preparing.prepare(
        house,
        "past",
        preparing.Past(pasts.CORE, "1", EVENING, MIDNIGHT),
        hashed=str.upper,
        wall=FixedClock(pasts.WALL),
    )
    longest = crew.LATE + preparing.LAST_DECISION + timedelta(seconds=preparing.ROUND_SECONDS[1])
    tray = [
        tube for tube in made.world.tray() if tube.arrived_at and made.world.now - tube.arrived_at > longest
    ]
    thrown = {
        tube.lab_label.barcode for tube in made.world.tubes() if tube.spot == "discarded" and tube.lab_label
    }
    c = t.container.c
    with made.lab.database.reading() as connection:
        discarded = connection.execute(
            select(c.container_id, c.replaces_id).where(c.state == "discarded")
        ).all()
    assert tray == []
    assert thrown == {row.container_id for row in discarded}
    assert [row.replaces_id is None for row in discarded] == [False]
    house.close()
