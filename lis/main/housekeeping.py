"""Opening the house for a command: control database and laboratories brought to this program's tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lis.kernel.clock import WallClock
from lis.main.settings import Settings
from lis.storage.house import House


@contextmanager
def open_house(settings: Settings, *, exclusive: bool = False) -> Iterator[House]:
    """The house for the length of a command; `exclusive` when this process serves the laboratories."""
    house = House.open(data=settings.data, url=settings.database_url, wall=WallClock(), exclusive=exclusive)
    try:
        yield house
    finally:
        house.close()
