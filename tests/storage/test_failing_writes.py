"""A write that fails, whichever it is, takes everything of its transaction with it."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import suppress

import pytest
from sqlalchemy import func, select

from lis.storage.database import LabDatabase, StorageFailed, StorageFull
from lis.storage.house import House
from lis.storage.tables import patient
from tests.databases import add_event, add_patient
from tests.storage.failing import COMMIT, failing_at, fails_whole, state_of


def save_three(lab: LabDatabase) -> None:
    with lab.writing() as connection:
        add_patient(connection, 1, "M-1")
        with connection.begin_nested():
            add_patient(connection, 2, "M-2")
        add_event(connection)


def test_every_write_failing_in_turn_leaves_nothing(lab_db: LabDatabase) -> None:
    assert fails_whole(lab_db, lambda: save_three(lab_db)) == 4
    with lab_db.reading() as connection:
        assert connection.execute(select(func.count()).select_from(patient)).scalar_one() == 2


@pytest.mark.parametrize(
    ("code", "refusal"),
    [(sqlite3.SQLITE_FULL, StorageFull), (sqlite3.SQLITE_IOERR, StorageFailed)],
)
def test_a_failure_is_told_in_words(lab_db: LabDatabase, code: int, refusal: type[Exception]) -> None:
    with pytest.raises(refusal, match="Nothing of this was saved"), failing_at(2, code):
        save_three(lab_db)


def test_a_failing_commit_is_one_of_the_writes(lab_db: LabDatabase) -> None:
    with pytest.raises(StorageFailed), failing_at(4) as tried:
        save_three(lab_db)
    assert tried[3] == COMMIT
    save_three(lab_db)


def test_the_helper_notices_what_is_swallowed_and_what_stays(lab_db: LabDatabase) -> None:
    def swallows() -> None:
        with lab_db.writing() as connection:
            try:
                add_patient(connection)
            except StorageFailed:
                return

    def saves_twice() -> None:
        for key in (1, 2):
            with lab_db.writing() as connection:
                add_patient(connection, key, f"M-{key}")

    with pytest.raises(AssertionError, match="swallowed"):
        fails_whole(lab_db, swallows)
    with pytest.raises(AssertionError, match="stayed"):
        fails_whole(lab_db, saves_twice)


def test_a_lab_whose_making_fails_is_not_there(sqlite_house: House) -> None:
    before = sqlite_house.entries(), state_of(sqlite_house.lab("demo"))
    for nth in itertools.count(1):
        with failing_at(nth) as tried, suppress(StorageFailed):
            sqlite_house.fork("demo", "copy", "admin")
        if len(tried) < nth:
            break
        assert (sqlite_house.entries(), state_of(sqlite_house.lab("demo"))) == before
    assert ("INSERT INTO control_event" in tried[-2], tried[-1]) == (True, COMMIT)
    assert sqlite_house.lab("copy").slug == "copy"
