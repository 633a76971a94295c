"""What a crew writes down of tubes that nobody can receive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lis.kernel.clock import FixedClock
from lis.storage import tables as t
from lis.storage.house import House
from lis.training import crew_unknown
from simulators.tubes import CollectionLabel, TubeView
from tests.labs import START, SmallLab, actor, open_small_lab
from tests.world import fake_lis

LABEL = CollectionLabel("Archer, Ann", "M1001", date(1980, 5, 17), "F", "RN7", START, "C77")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallLab]:
    house = House.open(data=tmp_path, url=None, wall=FixedClock(START))
    yield open_small_lab(house)
    house.close()


def tube(label: CollectionLabel | None) -> TubeView:
    return TubeView("T1", "SST", "gold", 0.9, "R", "ICU", label, None, False, "", False, "tray", "", START)


@pytest.mark.parametrize(
    ("label", "subject", "what"),
    [
        (None, "location:ICU", "A tube with a gold cap from ICU came without a label."),
        (
            LABEL,
            "collection:C77",
            "A tube with a gold cap from ICU came with the number C77, by which nothing can be received.",
        ),
    ],
)
def test_tube_that_nobody_can_receive_is_an_occurrence_and_its_unit_is_called(
    small: SmallLab, label: CollectionLabel | None, subject: str, what: str
) -> None:
    with small.work("processor") as work:
        crew_unknown.report(work, tube(label))
    with small.lab.reading() as reading:
        [row] = reading.connection.execute(select(t.occurrence)).all()
    assert (row.subject, row.category, row.state, row.what) == (subject, "identification", "open", what)
    assert row.action == "Called ICU: draw again, with label and order, if it is still wanted. Thrown away."


def test_what_nobody_can_receive_is_put_away_once_it_has_lain_for_so_long(small: SmallLab) -> None:
    world = fake_lis.new_world(fake_lis.FakeLis())
    world.step(fake_lis.START + timedelta(hours=2))
    first, second, *_ = sorted(world.tray(), key=lambda tube: str(tube.arrived_at))
    assert first.arrived_at
    late = world.now - first.arrived_at

    def left() -> set[str]:
        crew_unknown.put_away(small.lab, world, actor("processor"), {first.id}, late)
        return {tube.id for tube in world.tray()} & {first.id, second.id}

    late += timedelta(seconds=1)
    assert left() == {first.id, second.id}
    late -= timedelta(seconds=1)
    assert left() == {second.id}
    assert left() == {second.id}
    with small.lab.reading() as reading:
        [row] = reading.connection.execute(select(t.occurrence)).all()
    assert row.opened_by == "processor"
