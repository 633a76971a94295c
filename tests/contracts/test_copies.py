"""A whole laboratory copied, put back, moved to the other database, dropped."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from lis.kernel.clock import FixedClock
from lis.kernel.errors import Conflict, Invalid, NotFound
from lis.storage import control
from lis.storage.database import LabDatabase, StorageFailed
from lis.storage.house import House
from lis.storage.tables import inbound, patient
from lis.storage.tables import lab as head
from tests import databases
from tests.databases import LAB_START, WALL_START, add_event, add_message, add_patient

HOUR = timedelta(hours=1)


def mrns(database: LabDatabase) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(select(patient.c.mrn).order_by(patient.c.id)).scalars())


def register(database: LabDatabase, key: int) -> None:
    with database.writing() as connection:
        add_patient(connection, key, f"M-{key}")


def clock_of(database: LabDatabase) -> tuple[object, ...]:
    columns = head.c.slug, head.c.lab_anchor, head.c.wall_anchor, head.c.speed, head.c.paused
    with database.reading() as connection:
        return tuple(connection.execute(select(*columns)).one())


def test_a_fork_goes_its_own_way(house: House, lab: LabDatabase) -> None:
    register(lab, 1)
    copy = house.fork("demo", "copy", "admin")
    register(lab, 2)
    register(copy, 3)
    assert (mrns(lab), mrns(copy)) == (["M-1", "M-2"], ["M-1", "M-3"])


def test_a_fork_takes_lab_time_along(sqlite_house: House, wall: FixedClock) -> None:
    lab = databases.create(sqlite_house)
    with lab.writing() as connection:
        connection.execute(update(head).values(speed=2.0))
    wall.advance(HOUR)
    copy = sqlite_house.fork("demo", "copy", "admin")
    assert clock_of(copy) == ("copy", LAB_START + 2 * HOUR, WALL_START + HOUR, 2.0, False)


def test_lab_time_stands_still_in_a_snapshot(house: House, lab: LabDatabase, wall: FixedClock) -> None:
    wall.advance(HOUR)
    snapshot = house.snapshot("demo", "noon", "admin")
    wall.advance(timedelta(days=1))
    copy = house.fork(snapshot, "copy", "admin")
    house.reset("demo", snapshot, "admin")
    later = WALL_START + HOUR + timedelta(days=1)
    assert clock_of(copy) == ("copy", LAB_START + HOUR, later, 1.0, False)
    assert clock_of(house.lab("demo")) == ("demo", LAB_START + HOUR, later, 1.0, False)


def test_a_reset_lab_is_the_snapshot_and_the_same_object_goes_on(house: House, lab: LabDatabase) -> None:
    register(lab, 1)
    snapshot = house.snapshot("demo", "noon", "admin")
    register(lab, 2)
    house.reset("demo", snapshot, "admin")
    assert mrns(lab) == ["M-1"]
    register(lab, 3)
    house.reset("demo", snapshot, "admin")
    assert mrns(house.lab("demo")) == ["M-1"]


def test_a_snapshot_is_not_worked_in(sqlite_house: House) -> None:
    databases.create(sqlite_house)
    snapshot = sqlite_house.snapshot("demo", "noon", "admin")
    with pytest.raises(Conflict) as refused:
        sqlite_house.lab(snapshot)
    assert refused.value.code == "lab.is_snapshot"
    assert [entry.slug for entry in sqlite_house.labs()] == ["demo"]
    assert [(entry.slug, entry.name) for entry in sqlite_house.snapshots("demo")] == [("demo-noon", "noon")]


def test_a_lab_moves_to_the_other_database_and_back(
    sqlite_house: House, postgresql_house: House, tmp_path: Path
) -> None:
    lab = databases.create(sqlite_house)
    register(lab, 1)
    with lab.writing() as connection:
        add_event(connection)
        add_message(connection, 1, b"MSH|\xff\x00\r")
    sqlite_house.backup("demo", tmp_path / "1.gz", "admin")
    moved = postgresql_house.restore(tmp_path / "1.gz", "demo", "admin")
    postgresql_house.backup("demo", tmp_path / "2.gz", "admin")
    sqlite_house.restore(tmp_path / "2.gz", "back", "admin")
    with moved.reading() as connection:
        assert connection.execute(select(inbound.c.raw, inbound.c.reply)).one() == (b"MSH|\xff\x00\r", None)
    sqlite_house.backup("back", tmp_path / "3.gz", "admin")
    assert lines_of(tmp_path / "1.gz") == lines_of(tmp_path / "2.gz")
    assert lines_of(tmp_path / "3.gz") == [
        line.replace('"demo"', '"back"') for line in lines_of(tmp_path / "1.gz")
    ]


def lines_of(path: Path) -> list[str]:
    return sorted(gzip.decompress(path.read_bytes()).decode().splitlines())


def test_a_restored_lab_goes_on_from_the_instant_of_its_backup(
    sqlite_house: House, wall: FixedClock, tmp_path: Path
) -> None:
    lab = databases.create(sqlite_house)
    register(lab, 1)
    wall.advance(HOUR)
    sqlite_house.backup("demo", tmp_path / "demo.gz", "admin")
    register(lab, 2)
    wall.advance(HOUR)
    copy = sqlite_house.restore(tmp_path / "demo.gz", "copy", "admin")
    assert mrns(copy) == ["M-1"]
    assert clock_of(copy) == ("copy", LAB_START + HOUR, WALL_START + 2 * HOUR, 1.0, False)


def test_a_backup_of_a_snapshot_stands_at_the_snapshots_instant(
    sqlite_house: House, wall: FixedClock, tmp_path: Path
) -> None:
    databases.create(sqlite_house)
    snapshot = sqlite_house.snapshot("demo", "noon", "admin")
    wall.advance(HOUR)
    sqlite_house.backup(snapshot, tmp_path / "noon.gz", "admin")
    wall.advance(HOUR)
    copy = sqlite_house.restore(tmp_path / "noon.gz", "copy", "admin")
    assert clock_of(copy) == ("copy", LAB_START, WALL_START + 2 * HOUR, 1.0, False)


def test_restore_replaces_a_lab_only_when_told(house: House, lab: LabDatabase, tmp_path: Path) -> None:
    house.backup("demo", tmp_path / "demo.gz", "admin")
    register(lab, 1)
    with pytest.raises(Conflict) as refused:
        house.restore(tmp_path / "demo.gz", "demo", "admin")
    assert (refused.value.code, mrns(lab)) == ("lab.exists", ["M-1"])
    assert mrns(house.restore(tmp_path / "demo.gz", "demo", "admin", replace=True)) == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def shortened(path: Path) -> None:
    path.write_bytes(gzip.compress(b"\n".join(gzip.decompress(path.read_bytes()).splitlines()[:-3])))


def foreign(path: Path) -> None:
    path.write_bytes(gzip.compress(json.dumps({"format": "other"}).encode()))


def no_archive(path: Path) -> None:
    path.write_text("hello")


def missing(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (cut, "backup.damaged"),
        (shortened, "backup.cut"),
        (foreign, "backup.format"),
        (no_archive, "backup.damaged"),
        (missing, "backup.missing"),
    ],
)
def test_a_damaged_backup_is_refused_and_leaves_nothing(
    sqlite_house: House, tmp_path: Path, damage: object, code: str
) -> None:
    register(databases.create(sqlite_house), 1)
    sqlite_house.backup("demo", tmp_path / "demo.gz", "admin")
    damage(tmp_path / "demo.gz")  # type: ignore[operator]
    with pytest.raises(Invalid) as refused:
        sqlite_house.restore(tmp_path / "demo.gz", "copy", "admin")
    assert refused.value.code == code
    assert [entry.slug for entry in sqlite_house.entries()] == ["demo"]
    assert sorted(path.name for path in (tmp_path / "data" / "labs").glob("*.sqlite*draft*")) == []
    assert sorted(path.name for path in (tmp_path / "data" / "labs").glob(".*")) == []


def test_a_backup_to_where_there_is_no_folder_is_refused_in_words(
    sqlite_house: House, tmp_path: Path
) -> None:
    databases.create(sqlite_house)
    with pytest.raises(StorageFailed, match="No such file or directory"):
        sqlite_house.backup("demo", tmp_path / "nowhere" / "demo.gz", "admin")


def test_a_copy_that_fails_leaves_the_lab_as_it_was(sqlite_house: House) -> None:
    lab = databases.create(sqlite_house)
    register(lab, 1)
    with pytest.raises(NotFound):
        sqlite_house.reset("demo", "no-such-snapshot", "admin")
    with pytest.raises(Conflict):
        sqlite_house.fork("demo", "demo", "admin")
    register(lab, 2)
    assert mrns(lab) == ["M-1", "M-2"]


def test_a_dropped_lab_is_gone_and_its_name_is_free(house: House, lab: LabDatabase) -> None:
    register(lab, 1)
    house.drop("demo", "admin")
    with pytest.raises(NotFound):
        house.lab("demo")
    assert mrns(databases.create(house)) == []


def test_what_is_done_to_whole_labs_is_on_record(
    sqlite_house: House, wall: FixedClock, tmp_path: Path
) -> None:
    databases.create(sqlite_house)
    with sqlite_house.control.reading() as connection:
        start = max(event.seq for event in control.events(connection))
    snapshot = sqlite_house.snapshot("demo", "noon", "ada")
    sqlite_house.fork(snapshot, "copy", "ada")
    sqlite_house.reset("copy", snapshot, "ada")
    sqlite_house.backup("demo", tmp_path / "demo.gz", "ada")
    sqlite_house.restore(tmp_path / "demo.gz", "copy", "ada", replace=True)
    sqlite_house.drop("copy", "ada")
    with sqlite_house.control.reading() as connection:
        events = [event for event in control.events(connection) if event.seq > start]
    assert [(event.verb, event.subject, event.data) for event in events] == [
        ("lab.snapshot_taken", "demo-noon", {"parent": "demo"}),
        ("lab.forked", "copy", {"parent": "demo-noon"}),
        ("lab.reset", "copy", {"snapshot": "demo-noon"}),
        ("lab.backed_up", "demo", {"file": "demo.gz", "rows": 1}),
        ("lab.restored", "copy", {"file": "demo.gz"}),
        ("lab.dropped", "copy", {}),
    ]
    assert {(event.actor, event.at) for event in events} == {("ada", wall.now())}


def test_a_copy_on_postgresql_knows_how_much_is_in_it(postgresql_house: House, tmp_path: Path) -> None:
    lab = databases.create(postgresql_house)
    for key in range(1, 41):
        register(lab, key)
    postgresql_house.backup("demo", tmp_path / "1.gz", "admin")
    copies = [postgresql_house.fork("demo", "copy", "admin")]
    copies.append(postgresql_house.restore(tmp_path / "1.gz", "again", "admin"))
    counted = "SELECT reltuples FROM pg_class WHERE oid = 'patient'::regclass"
    for copy in copies:
        with copy.reading() as connection:
            assert connection.exec_driver_sql(counted).scalar_one() == 40
