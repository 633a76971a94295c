"""Same content, seed and actions: the same laboratory and the same world, whatever carries the bytes or keeps the rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from lis.kernel.clock import FixedClock
from lis.storage.export import canonical_lines
from lis.storage.house import House
from lis.training import chronicle
from lis.training.preparing import Connect, loopback
from simulators.ledger import export
from tests.training import pasts
from tests.training.cables import tcp_cables

HOURS = 2.5


def lived(house: House, connect: Connect = loopback, seed: str = "7") -> tuple[list[str], str]:
    """What the laboratory recorded and said, and what was true in the world."""
    made = pasts.live(house, hours=HOURS, connect=connect, seed=seed)
    with made.lab.database.reading() as connection:
        lines = list(canonical_lines(connection))
    with house.control.reading() as connection:
        return lines, export(chronicle.entries_of(connection, "past"))


@pytest.fixture(scope="module")
def over_loopback(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], str]:
    house = pasts.open_house(tmp_path_factory.mktemp("loopback"))
    yield lived(house)
    house.close()


def test_the_past_is_the_same_over_tcp(over_loopback: tuple[list[str], str], tmp_path: Path) -> None:
    house = pasts.open_house(tmp_path)
    with tcp_cables() as connect:
        assert lived(house, connect) == over_loopback
    house.close()
    assert len(over_loopback[0]) > 200


@pytest.mark.postgresql
def test_the_past_is_the_same_on_postgresql(
    over_loopback: tuple[list[str], str], postgresql_url: str
) -> None:
    house = House.open(data=None, url=postgresql_url, wall=FixedClock(pasts.WALL))
    try:
        assert lived(house) == over_loopback
    finally:
        house.close()


def test_another_seed_is_another_past(over_loopback: tuple[list[str], str], tmp_path: Path) -> None:
    house = pasts.open_house(tmp_path)
    lines, truths = lived(house, seed="8")
    house.close()
    assert lines != over_loopback[0]
    assert truths != over_loopback[1]
