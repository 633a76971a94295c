"""Opening the house for a command: control database and laboratories brought to this program's tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError

from lis.kernel.clock import Clock, WallClock
from lis.kernel.errors import Invalid
from lis.main.settings import Settings
from lis.storage.house import House


def house_of(settings: Settings, wall: Clock, *, exclusive: bool = False) -> House:
    """The house that the settings name; refused in words when its folder or address cannot be used."""
    try:
        return House.open(data=settings.data, url=settings.database_url, wall=wall, exclusive=exclusive)
    except OSError as error:
        raise Invalid(
            "house.folder",
            f"The data folder {settings.data} cannot be used: {error.strerror or error}.",
            "Name another with LIS_DATA or --data, or put its permissions right.",
        ) from error
    except ArgumentError as error:
        raise Invalid(
            "house.url",
            "DATABASE_URL is no address of a database.",
            "Write it as postgresql://user@host:5432/database.",
        ) from error


@contextmanager
def open_house(settings: Settings, *, exclusive: bool = False) -> Iterator[House]:
    """The house for the length of a command; `exclusive` when this process serves the laboratories."""
    house = house_of(settings, WallClock(), exclusive=exclusive)
    try:
        yield house
    finally:
        house.close()
