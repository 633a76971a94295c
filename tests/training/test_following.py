"""What the laboratory's own commands do to a laboratory is done to its world, though they know nothing of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lis.kernel.clock import FixedClock
from lis.kernel.errors import NotFound
from lis.storage import control
from lis.storage.house import House
from lis.training import chronicle, following, preparing, rewinding, snapshots
from lis.training.tables import world_entry, world_input, world_snapshot
from tests import databases
from tests.training import pasts
from tests.training.conftest import Past, copied

WALL = FixedClock(pasts.WALL)


@pytest.fixture
def house(past: Past, tmp_path: Path) -> House:
    """A house of its own with the prepared laboratory."""
    return pasts.open_house(copied(past, tmp_path), WALL)


def rows(house: House, lab: str) -> list[int]:
    """How many rows there are of a laboratory's or snapshot's world."""
    with house.control.reading() as connection:
        return [
            connection.execute(select(func.count()).select_from(table).where(table.c.lab == lab)).scalar_one()
            for table in (*chronicle.LIVED, world_snapshot)
        ]


def worlds(house: House) -> list[str]:
    return [head.lab for head in following.open_worlds(house)]


def test_a_laboratory_that_is_dropped_takes_its_world_along(house: House) -> None:
    kept = snapshots.take(house, "past", "kept", "tests", wall=WALL)
    house.drop("past", "command line")
    assert worlds(house) == [kept.lab]
    assert rows(house, "past") == [0, 0, 0, 0]
    house.drop(kept.lab, "command line")
    assert worlds(house) == []
    assert rows(house, kept.lab) == [0, 0, 0, 0]


def test_a_laboratory_made_anew_under_the_name_has_no_world(house: House) -> None:
    house.drop("past", "command line")
    databases.create(house, "past")
    assert worlds(house) == []


def test_a_laboratory_prepared_anew_keeps_its_own_world(house: House) -> None:
    house.drop("past", "command line")
    pasts.live(house, hours=0.02)
    assert worlds(house) == ["past"]


def test_a_laboratory_taken_away_leaves_the_snapshots_that_somebody_asked_for(house: House) -> None:
    mine = snapshots.take(house, "past", "mine", "tests", wall=WALL)
    snapshots.take(house, "past", "own", "tests", wall=WALL, kind=snapshots.AUTOMATIC)
    preparing.remove(house, "past")
    assert [entry.slug for entry in house.entries()] == [mine.lab]
    snapshots.fork(house, mine, "past", "tests")
    assert worlds(house) == ["past", mine.lab]


def test_a_laboratory_put_back_has_the_world_of_the_snapshot(house: House) -> None:
    kept = snapshots.take(house, "past", "kept", "tests", wall=WALL)
    before = rows(house, "past")[:3]
    standing = rewinding.stand(house, "past", WALL)
    standing.live([], standing.world.now + timedelta(minutes=20))
    assert rows(house, "past")[:3] != before
    house.reset("past", kept.lab, "command line")
    assert worlds(house) == ["past", kept.lab]
    assert rows(house, "past")[:3] == before
    with house.control.reading() as connection:
        assert chronicle.head_of(connection, "past").stood_at == kept.at


def test_a_laboratory_put_back_to_a_snapshot_without_a_world_has_none(house: House) -> None:
    plain = house.snapshot("past", "plain", "command line")
    house.reset("past", plain, "command line")
    assert worlds(house) == []
    with pytest.raises(NotFound) as refused:
        snapshots.take(house, "past", "kept", "tests", wall=WALL)
    assert refused.value.code == "world.unknown"


def test_automatic_snapshots_are_pruned_to_the_first_and_the_latest(house: House) -> None:
    wall = FixedClock(pasts.WALL)
    snapshots.take(house, "past", "mine", "tests", wall=wall)
    for number in range(snapshots.AUTOMATIC_ONES_KEPT + 3):
        wall.advance(timedelta(minutes=1))
        snapshots.take(house, "past", f"a-{number}", "tests", wall=wall, kind=snapshots.AUTOMATIC)
        snapshots.prune(house, "past", "tests")
    left = [one.label for one in snapshots.of(house, "past")]
    assert left == ["mine", "a-0", *(f"a-{number}" for number in range(4, 11))]
    assert sorted(entry.name for entry in house.snapshots("past")) == sorted(left)


def test_a_snapshot_says_where_it_stands_and_the_control_journal_that_it_was_taken(house: House) -> None:
    kept = snapshots.take(house, "past", "kept", "tests", wall=WALL)
    with house.control.reading() as connection:
        head = chronicle.head_of(connection, kept.lab)
        counted = [
            connection.execute(select(func.count()).select_from(t).where(t.c.lab == "past")).scalar_one()
            for t in (world_input, world_entry)
        ]
    assert [kept.inputs, kept.entries, kept.events] == [*counted, snapshots.events_of(house.lab("past"))]
    assert (kept.at, len(head.content)) == (head.stood_at, 64)
    with house.control.reading() as connection:
        verbs = [event.verb for event in control.events(connection)]
    assert verbs[-2:] == ["lab.snapshot_taken", "world.snapshot_taken"]
