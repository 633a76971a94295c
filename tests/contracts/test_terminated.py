"""PostgreSQL ends the connection in the middle: nothing is half done, and the next one works."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.pool import NullPool

from lis.kernel.clock import FixedClock
from lis.storage.database import DatabaseLost, LabDatabase
from lis.storage.house import House
from tests import databases
from tests.databases import WALL_START, add_event, add_patient, count_patients

Killer = Callable[[Connection], None]


@pytest.fixture
def terminate(house_database: URL) -> Iterator[Killer]:
    """Ends the back-end of a connection, seen from another one, and waits until it is gone."""
    engine = create_engine(house_database, poolclass=NullPool)
    with engine.connect() as other:

        def killer(connection: Connection) -> None:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            assert other.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid}).scalar_one()

        yield killer


@pytest.fixture
def lab(postgresql_house: House) -> LabDatabase:
    return databases.create(postgresql_house)


def assert_untouched_and_working(lab: LabDatabase) -> None:
    with lab.writing() as connection:
        assert count_patients(connection) == 0
        add_patient(connection)
    with lab.reading() as connection:
        assert count_patients(connection) == 1


def test_a_save_cut_in_the_middle_leaves_nothing(lab: LabDatabase, terminate: Killer) -> None:
    with pytest.raises(DatabaseLost) as refused, lab.writing() as connection:
        add_patient(connection)
        terminate(connection)
        add_event(connection)
    assert refused.value.code == "database.lost"
    assert refused.value.message == ("The connection to the database was lost. Nothing of this was saved.")
    assert_untouched_and_working(lab)


def test_a_save_cut_before_its_commit_says_that_it_is_not_known(lab: LabDatabase, terminate: Killer) -> None:
    with pytest.raises(DatabaseLost) as refused, lab.writing() as connection:
        add_patient(connection)
        terminate(connection)
    assert refused.value.code == "database.lost_at_commit"
    assert_untouched_and_working(lab)


def test_a_save_cut_inside_a_savepoint_leaves_nothing(lab: LabDatabase, terminate: Killer) -> None:
    with pytest.raises(DatabaseLost), lab.writing() as connection:
        add_patient(connection, 1, "M-1")
        with connection.begin_nested():
            terminate(connection)
            add_patient(connection, 2, "M-2")
    assert_untouched_and_working(lab)


def test_a_page_cut_in_the_middle_is_refused_and_the_next_is_read(
    lab: LabDatabase, terminate: Killer
) -> None:
    with pytest.raises(DatabaseLost), lab.reading() as connection:
        terminate(connection)
        count_patients(connection)
    assert_untouched_and_working(lab)


def test_idle_connections_that_were_cut_are_replaced(lab: LabDatabase, house_database: URL) -> None:
    engine = create_engine(house_database, poolclass=NullPool)
    with engine.connect() as other:
        ended = other.exec_driver_sql(
            "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        ).scalar_one()
    assert ended > 0
    assert_untouched_and_working(lab)


def test_a_server_that_is_not_there_is_said_in_words(postgresql_server: URL) -> None:
    nowhere = postgresql_server.set(host="127.0.0.1", port=1).render_as_string(hide_password=False)
    with pytest.raises(DatabaseLost) as refused:
        House.open(data=None, url=nowhere, wall=FixedClock(WALL_START))
    assert refused.value.code == "database.unreachable"
