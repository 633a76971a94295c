"""Same content, seed and actions: the same laboratory and the same world, whatever carries the bytes or keeps rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from lis.kernel.clock import FixedClock
from lis.storage.export import canonical_lines
from lis.storage.house import House
from lis.training import chronicle
from lis.training.preparing import Prepared
from simulators.ledger import export
from tests.training import pasts
from tests.training.cables import tcp_cables
from tests.training.conftest import Past


def told(made: Prepared, house: House) -> tuple[list[str], str]:
    """What the laboratory recorded and said, and what was true in the world."""
    with made.lab.database.reading() as connection:
        lines = list(canonical_lines(connection))
    with house.control.reading() as connection:
        return lines, export(chronicle.entries_of(connection, "past"))


def test_the_past_is_the_same_over_tcp(past: Past, tmp_path: Path) -> None:
    house = pasts.open_house(tmp_path)
    with tcp_cables() as connect:
        over_tcp = told(pasts.live(house, connect=connect), house)
    house.close()
    assert over_tcp == told(past.made, past.house)
    assert len(over_tcp[0]) > 500


@pytest.mark.postgresql
def test_the_past_is_the_same_on_postgresql(past: Past, postgresql_url: str) -> None:
    house = House.open(data=None, url=postgresql_url, wall=FixedClock(pasts.WALL))
    try:
        assert told(pasts.live(house), house) == told(past.made, past.house)
    finally:
        house.close()


def test_another_seed_is_another_past(past: Past, tmp_path: Path) -> None:
    house = pasts.open_house(tmp_path)
    lines, truths = told(pasts.live(house, hours=0.5, seed="8"), house)
    house.close()
    mine, others = told(past.made, past.house)
    first, second = (
        [line for line in text.splitlines() if "fault.injected" not in line][:8] for text in (truths, others)
    )
    assert first != second
    assert set(lines) & set(mine) != set(lines)
