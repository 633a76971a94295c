"""What was recorded stays: the database refuses to change it, however the laboratory came to be where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.exc import IntegrityError

from lis.storage import migrations, triggers
from lis.storage.database import LabDatabase
from lis.storage.house import House
from lis.storage.tables import (
    catalog_version,
    journal,
    lab_order,
    ordered_test,
    result,
    result_version,
)
from tests import databases
from tests.databases import LAB_START, add_event, add_patient

CHANGES = {
    "journal": (
        "UPDATE journal SET subject = 'x'",
        "UPDATE journal SET subject = 'x' WHERE seq = 1",
        "DELETE FROM journal",
        "DELETE FROM journal WHERE seq = 1",
    ),
    "result_version": ("UPDATE result_version SET value = '9'", "DELETE FROM result_version"),
}
SQLITE_CHANGES = {
    "journal": (
        "INSERT OR REPLACE INTO journal SELECT seq, at, recorded_at, 'x', role, station, via, verb, subject,"
        " accession, data, reason, cause FROM journal",
        "UPDATE OR REPLACE journal SET seq = 1",
    ),
    "result_version": ("REPLACE INTO result_version SELECT * FROM result_version",),
}
POSTGRESQL_CHANGES = {
    "journal": (
        "TRUNCATE journal",
        "INSERT INTO journal SELECT * FROM journal ON CONFLICT (seq) DO UPDATE SET subject = 'x'",
    ),
    "result_version": ("TRUNCATE result_version CASCADE",),
}


def fill(database: LabDatabase) -> None:
    """One line in the journal and one result with a version."""
    with database.writing() as connection:
        add_event(connection)
        add_patient(connection)
        for table, values in ROWS:
            blanks = {c.name: BLANK[c.type.__class__.__name__] for c in table.columns if not c.nullable}
            connection.execute(insert(table).values({**blanks, "id": 1, **values}))


BLANK = {"Text": "", "Integer": 1, "Boolean": False, "Instant": LAB_START, "Json": []}
ROWS: tuple[tuple[Table, dict[str, Any]], ...] = (
    (lab_order, {"accession": "260610001"}),
    (ordered_test, {}),
    (catalog_version, {}),
    (result, {}),
    (result_version, {"value": "5.0"}),
)


def changes_of(connection: Connection) -> list[str]:
    own = SQLITE_CHANGES if connection.dialect.name == "sqlite" else POSTGRESQL_CHANGES
    return [change for table in CHANGES for change in (*CHANGES[table], *own[table])]


def assert_append_only(database: LabDatabase) -> None:
    """Every change is refused, the rows are as they were, and another line can still be appended."""
    with database.writing() as connection:
        before = kept(connection)
        assert [len(rows) for rows in before] == [1, 1]
        for change in changes_of(connection):
            with pytest.raises(IntegrityError, match="append-only"), connection.begin_nested():
                connection.exec_driver_sql(change)
        assert kept(connection) == before
        with connection.begin_nested() as attempt:
            add_event(connection, seq=2)
            attempt.rollback()


def kept(connection: Connection) -> list[list[tuple[object, ...]]]:
    return [[tuple(row) for row in connection.execute(select(table))] for table in (journal, result_version)]


def test_journal_and_versions_are_append_only_however_the_lab_came_to_be(
    house: House, lab: LabDatabase, tmp_path: Path
) -> None:
    fill(lab)
    assert_append_only(lab)
    with lab.writing() as connection:
        migrations.upgrade(connection, migrations.LAB)
    assert_append_only(lab)
    snapshot = house.snapshot("demo", "noon", "admin")
    assert_append_only(house.fork("demo", "forked", "admin"))
    assert_append_only(house.fork(snapshot, "forked-from-snapshot", "admin"))
    with lab.writing() as connection:
        add_event(connection, seq=2)
    house.reset("demo", snapshot, "admin")
    assert_append_only(lab)
    house.backup("demo", tmp_path / "demo.gz", "admin")
    assert_append_only(house.restore(tmp_path / "demo.gz", "restored", "admin"))
    assert_append_only(house.restore(tmp_path / "demo.gz", "demo", "admin", replace=True))


def test_control_events_are_append_only(house: House) -> None:
    databases.create(house)
    changes = ["UPDATE control_event SET actor = 'x'", "DELETE FROM control_event WHERE seq = 1"]
    if house.dialect == "postgresql":
        changes.append("TRUNCATE control_event")
    with house.control.writing() as connection:
        for change in changes:
            with pytest.raises(IntegrityError, match="append-only"), connection.begin_nested():
                connection.exec_driver_sql(change)


def test_every_append_only_table_exists() -> None:
    known = set(migrations.LAB.metadata.tables) | set(migrations.CONTROL.metadata.tables)
    assert set(triggers.APPEND_ONLY) - known == set()
