"""What holds for a laboratory's database, whichever it is."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from lis.kernel.errors import Conflict, Invalid, NotFound
from lis.storage.database import LabDatabase
from lis.storage.house import House
from lis.storage.tables import lab as head
from lis.storage.tables import patient
from tests import databases
from tests.databases import LAB_START, WALL_START, add_patient
from tests.databases import count_patients as count


def test_create_lab_writes_the_head_row_and_lists_it(house: House) -> None:
    database = databases.create(house)

    with database.reading() as connection:
        row = connection.execute(select(head)).one()
    assert row._asdict() == {
        "id": 1,
        "slug": "demo",
        "name": "Demo laboratory",
        "zone": databases.ZONE,
        "environment": "T",
        "catalog_version_id": None,
        "lab_anchor": LAB_START,
        "wall_anchor": WALL_START,
        "speed": 1.0,
        "paused": False,
    }
    assert [(entry.slug, entry.name, entry.kind) for entry in house.labs()] == [
        ("demo", "Demo laboratory", "lab")
    ]


@pytest.mark.parametrize("slug", ["", "Demo", "a_b", "1a", "a--b", "a-", "../a", "a" * 49, "control"])
def test_create_lab_refuses_what_is_no_slug(sqlite_house: House, slug: str) -> None:
    with pytest.raises(Invalid) as refused:
        databases.create(sqlite_house, slug)
    assert refused.value.code == "lab.slug"


def test_create_lab_refuses_a_slug_that_is_taken(house: House, lab: LabDatabase) -> None:
    with pytest.raises(Conflict) as refused:
        databases.create(house)
    assert refused.value.code == "lab.exists"
    assert house.lab("demo") is lab


def test_an_unknown_lab_is_refused_with_the_ones_there_are(house: House, lab: LabDatabase) -> None:
    with pytest.raises(NotFound) as refused:
        house.lab("other")
    assert str(refused.value) == "There is no laboratory other. There are: demo."


def test_labs_do_not_see_each_other(house: House, lab: LabDatabase) -> None:
    other = databases.create(house, "other")
    with lab.writing() as connection:
        add_patient(connection)
    with other.writing() as connection:
        assert count(connection) == 0
    with other.reading() as connection:
        assert count(connection) == 0


def test_an_exception_rolls_back_everything_and_the_next_writer_works(lab: LabDatabase) -> None:
    with pytest.raises(ZeroDivisionError), lab.writing() as connection:
        add_patient(connection)
        raise ZeroDivisionError
    with lab.writing() as connection:
        assert count(connection) == 0
        add_patient(connection)
    with lab.reading() as connection:
        assert count(connection) == 1


def test_a_savepoint_goes_back_alone(lab: LabDatabase) -> None:
    with lab.writing() as connection:
        add_patient(connection, 1, "M-1")
        with pytest.raises(DBAPIError), connection.begin_nested():
            add_patient(connection, 2, "M-2")
            add_patient(connection, 3, "M-1")
        add_patient(connection, 4, "M-4")
    with lab.reading() as connection:
        assert connection.execute(select(patient.c.mrn).order_by("id")).scalars().all() == ["M-1", "M-4"]


def test_foreign_keys_hold(lab: LabDatabase) -> None:
    with pytest.raises(DBAPIError), lab.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO visit (id, patient_id, number, patient_class, location, attending)"
            " VALUES (1, 99, 'V', 'I', '', '')"
        )


def test_a_reader_cannot_write(lab: LabDatabase) -> None:
    with pytest.raises(DBAPIError), lab.reading() as connection:
        add_patient(connection)
    with lab.reading() as connection:
        assert count(connection) == 0


def test_a_reader_sees_one_state_and_waits_for_nobody(lab: LabDatabase) -> None:
    with lab.reading() as reader:
        assert count(reader) == 0
        with lab.writing() as writer:
            add_patient(writer)
            with lab.reading() as meanwhile:
                assert count(meanwhile) == 0
        assert count(reader) == 0
    with lab.reading() as afterwards:
        assert count(afterwards) == 1


def test_writers_take_turns(lab: LabDatabase) -> None:
    started, order = threading.Event(), []

    def second() -> None:
        started.set()
        with lab.writing() as connection:
            order.append(f"second finds {count(connection)}")

    thread = threading.Thread(target=second)
    with lab.writing() as connection:
        thread.start()
        assert started.wait(10)
        add_patient(connection)
        order.append("first adds one")
    thread.join(10)
    assert order == ["first adds one", "second finds 1"]


def test_text_sorts_binary(lab: LabDatabase) -> None:
    with lab.writing() as connection:
        for key, mrn in enumerate(["b", "a", "B", "é", "_"], start=1):
            add_patient(connection, key, mrn)
        found = connection.execute(select(patient.c.mrn).order_by(patient.c.mrn)).scalars().all()
    assert found == ["B", "_", "a", "b", "é"]
