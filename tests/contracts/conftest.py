"""The same cases on both databases: `house` is given twice, once of SQLite files and once of PostgreSQL schemas."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, delete, text
from sqlalchemy.pool import NullPool

from lis.kernel.clock import FixedClock
from lis.storage.database import LabDatabase
from lis.storage.house import House
from lis.storage.tables.control import account, membership, session, throttle
from tests import databases


@pytest.fixture
def wall() -> FixedClock:
    return FixedClock(databases.WALL_START)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def house(request: pytest.FixtureRequest) -> House:
    """A house without databases."""
    found: House = request.getfixturevalue(f"{request.param}_house")
    return found


@pytest.fixture
def lab(house: House) -> LabDatabase:
    """The laboratory `demo`, empty."""
    return databases.create(house)


@pytest.fixture
def sqlite_house(tmp_path: Path, wall: FixedClock) -> Iterator[House]:
    house = House.open(data=tmp_path / "data", url=None, wall=wall)
    yield house
    house.close()


@pytest.fixture(scope="session")
def house_database(postgresql_server: URL) -> Iterator[URL]:
    """A PostgreSQL database of this process, in which the control schema is made once."""
    name = f"lis_house_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    server = create_engine(postgresql_server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield postgresql_server.set(database=name)
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def postgresql_house(house_database: URL, wall: FixedClock) -> Iterator[House]:
    url = house_database.render_as_string(hide_password=False)
    house = House.open(data=None, url=url, wall=wall)
    yield house
    _empty(house)
    house.close()


def _empty(house: House) -> None:
    for entry in house.entries():
        house.drop(entry.slug, "test")
    with house.control.writing() as connection:
        for table in (session, membership, throttle, account):
            connection.execute(delete(table))
