"""What is particular to SQLite files: one process serves a file, and what is committed is on the disk."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from lis.kernel.clock import FixedClock
from lis.kernel.errors import Conflict, Invalid
from lis.storage import database
from lis.storage.database import DatabaseBusy, LabDatabase, StorageFailed
from lis.storage.house import House
from lis.storage.sqlite import SqliteDatabase
from tests.databases import WALL_START, add_patient, count_patients

SERVE = """
import sys
from pathlib import Path
from lis.kernel.clock import WallClock
from lis.storage.house import House
house = House.open(data=Path(sys.argv[1]), url=None, wall=WallClock(), exclusive=True)
house.lab("demo")
print("serving", flush=True)
sys.stdin.read()
"""


def served(folder: Path) -> House:
    return House.open(data=folder, url=None, wall=FixedClock(WALL_START), exclusive=True)


def test_connections_are_durable_and_strict(lab_db: LabDatabase) -> None:
    pragmas = "journal_mode", "synchronous", "foreign_keys", "recursive_triggers"
    for transaction in (lab_db.writing, lab_db.reading):
        with transaction() as connection:
            found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in pragmas]
        assert found == ["wal", 2, 1, 1]


def test_a_lab_in_the_making_is_safe_on_the_disk_at_its_end(sqlite_house: House) -> None:
    lab_db = sqlite_house.lab("demo")

    def synchronous() -> int:
        with lab_db.writing() as connection:
            return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    with pytest.raises(ZeroDivisionError), lab_db.relaxed():
        within = synchronous()
        with lab_db.writing() as connection:
            add_patient(connection)
        raise ZeroDivisionError
    wal = Path(f"{lab_db.path}-wal")  # type: ignore[attr-defined]

    assert wal.stat().st_size == 0
    assert (within, synchronous()) == (0, 2)
    with lab_db.reading() as connection:
        assert count_patients(connection) == 1


def test_a_lab_that_another_process_serves_is_refused(house_template: Path, sqlite_house: House) -> None:
    folder = Path(sqlite_house.lab("demo").path).parents[1]  # type: ignore[attr-defined]
    sqlite_house.snapshot("demo", "noon", "admin")
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "serving\n"
        second = served(folder)
        with pytest.raises(Conflict, match="Laboratory demo is already being served by another process"):
            second.lab("demo")
        with pytest.raises(Conflict):
            sqlite_house.reset("demo", "demo-noon", "admin")
        with pytest.raises(Conflict):
            sqlite_house.drop("demo", "admin")
        with sqlite_house.lab("demo").reading() as connection:
            assert count_patients(connection) == 0
        server.kill()
    second.lab("demo")
    second.reset("demo", "demo-noon", "admin")
    second.close()
    served(folder).close()


def test_a_writer_elsewhere_is_waited_for_and_then_named(
    lab_db: LabDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(lab_db, SqliteDatabase)
    with lab_db.writing() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(lab_db.path, isolation_level=None)) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy), lab_db.writing() as connection:
            add_patient(connection)
        elsewhere.execute("ROLLBACK")
    with lab_db.writing() as connection:
        assert count_patients(connection) == 0


def test_a_transaction_inside_another_is_a_mistake(lab_db: LabDatabase) -> None:
    with lab_db.writing():
        with pytest.raises(RuntimeError, match="inside another one"), lab_db.writing():
            pass
        with lab_db.reading() as connection:
            assert count_patients(connection) == 0


def test_a_missing_file_is_said_in_words(sqlite_house: House) -> None:
    path = sqlite_house.lab("demo").path  # type: ignore[attr-defined]
    sqlite_house.close()
    path.unlink()
    house = House.open(data=path.parents[1], url=None, wall=FixedClock(WALL_START))
    with pytest.raises(StorageFailed, match=r"the file .*demo\.sqlite is missing"):
        house.lab("demo")
    house.close()


def test_a_file_that_is_no_database_is_said_in_words(sqlite_house: House) -> None:
    path = sqlite_house.lab("demo").path  # type: ignore[attr-defined]
    sqlite_house.close()
    path.write_bytes(b"hello" * 1000)
    house = House.open(data=path.parents[1], url=None, wall=FixedClock(WALL_START))
    with pytest.raises(StorageFailed, match="file is not a database"):
        house.lab("demo")
    house.close()


def test_a_file_the_directory_does_not_know_is_not_overwritten(sqlite_house: House) -> None:
    stray = sqlite_house.lab("demo").path.with_name("copy.sqlite")  # type: ignore[attr-defined]
    stray.write_bytes(b"somebody's")
    with pytest.raises(Conflict) as refused:
        sqlite_house.fork("demo", "copy", "admin")
    assert refused.value.code == "lab.file_exists"
    assert stray.read_bytes() == b"somebody's"
    assert [entry.slug for entry in sqlite_house.entries()] == ["demo"]


def test_a_house_needs_a_place() -> None:
    with pytest.raises(Invalid):
        House.open(data=None, url=None, wall=FixedClock(WALL_START))


def test_the_wait_is_said_in_the_refusal() -> None:
    assert f"{database.WAIT_SECONDS} seconds" in database.busy().message
