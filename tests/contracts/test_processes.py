"""Two processes over one PostgreSQL: still one writer per laboratory."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

from lis.kernel.clock import FixedClock
from lis.kernel.errors import Conflict, NotFound
from lis.storage.house import House
from tests import databases
from tests.databases import add_patient, count_patients

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def second_house(postgresql_house: House, house_database: URL, wall: FixedClock) -> Iterator[House]:
    """The same laboratories, seen from another process: nothing in memory is shared."""
    house = House.open(data=None, url=house_database.render_as_string(hide_password=False), wall=wall)
    yield house
    house.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as threads:
        yield threads


def until_waiting(url: URL, how_many: int, *begun: Future[Any]) -> None:
    """Returns when so many back-ends wait for a lock; the server is asked again and again, nobody sleeps."""
    with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        while connection.exec_driver_sql(WAITING).scalar_one() < how_many:
            assert not any(future.done() for future in begun), [future.result() for future in begun]


def add_one(house: House) -> int:
    """Add the next patient; how many were there before."""
    with house.lab("demo").writing() as connection:
        there = count_patients(connection)
        add_patient(connection, there + 1, f"M-{there + 1}")
    return there


def test_writers_of_two_processes_take_turns(
    postgresql_house: House, second_house: House, house_database: URL, pool: ThreadPoolExecutor
) -> None:
    lab = databases.create(postgresql_house)
    second_house.lab("demo")
    with lab.writing() as connection:
        other = pool.submit(add_one, second_house)
        until_waiting(house_database, 1, other)
        add_patient(connection)
    assert other.result(10) == 1


def test_a_writer_who_waited_while_the_lab_was_reset_is_refused(
    postgresql_house: House, second_house: House, house_database: URL, pool: ThreadPoolExecutor
) -> None:
    """It would have written into what was just put away."""
    lab = databases.create(postgresql_house)
    snapshot = postgresql_house.snapshot("demo", "noon", "admin")
    second_house.lab("demo")
    with lab.writing() as connection:
        resetting = pool.submit(postgresql_house.reset, "demo", snapshot, "admin")
        until_waiting(house_database, 1, resetting)
        late = pool.submit(add_one, second_house)
        until_waiting(house_database, 2, resetting, late)
        add_patient(connection)
    resetting.result(10)
    with pytest.raises(Conflict, match="was reset just now"):
        late.result(10)
    assert add_one(second_house) == 0


def test_a_lab_dropped_by_another_process_is_gone(postgresql_house: House, second_house: House) -> None:
    databases.create(postgresql_house)
    second_house.lab("demo")
    postgresql_house.drop("demo", "admin")
    with pytest.raises(NotFound, match="no longer there"):
        add_one(second_house)
