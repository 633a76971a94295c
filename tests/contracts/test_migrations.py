"""A migrated database has exactly the tables that the code thinks it has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import IntegrityError

from lis.kernel.errors import Conflict
from lis.storage import migrations
from lis.storage.database import LabDatabase
from lis.storage.house import House
from lis.storage.migrations import CONTROL, LAB, Family
from tests.databases import add_event, add_patient, back_to

STEP = "a change of tables needs a step in lis/storage/migrations/versions"


def differences(connection: Connection, family: Family) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, family.metadata))


def test_migrated_tables_are_the_tables(house: House, lab: LabDatabase) -> None:
    with lab.reading() as connection:
        assert differences(connection, LAB) == [], STEP
        assert migrations.revision(connection, LAB) == migrations.head(LAB)
    with house.control.reading() as connection:
        assert differences(connection, CONTROL) == [], STEP


@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
def test_a_lab_of_every_earlier_version_becomes_one_of_this(lab: LabDatabase, revision: str) -> None:
    before = {table.name for table in LAB.metadata.sorted_tables}
    with lab.writing() as connection:
        back_to(connection, revision)
        add_patient(connection)
        add_event(connection)
    with lab.writing() as connection:
        migrations.upgrade(connection, LAB)
    with lab.reading() as connection:
        assert differences(connection, LAB) == []
        assert set(inspect(connection).get_table_names()) == before | {"alembic_version"}
        assert connection.exec_driver_sql("SELECT mrn FROM patient").all() == [("M-1",)]


@pytest.fixture
def next_version(tmp_path: Path) -> Family:
    """The laboratory's revisions and two more: one that adds a column, one that adds another and then fails."""
    versions = tmp_path / "versions"
    shutil.copytree(LAB.versions, versions, ignore=shutil.ignore_patterns("__pycache__"))
    for number, after, then in (("0005", "0004", ""), ("0006", "0005", "\n    raise ZeroDivisionError")):
        (versions / f"rev_{number}.py").write_text(REVISION.format(number=number, after=after, then=then))
    return Family(LAB.metadata, versions)


REVISION = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "{number}", "{after}"

def upgrade():
    with op.batch_alter_table("patient") as patient:
        patient.add_column(sa.Column("more_{number}", sa.Text(), nullable=False, server_default="x")){then}
"""


def test_an_upgrade_keeps_rows_and_triggers(lab: LabDatabase, next_version: Family) -> None:
    with lab.writing() as connection:
        add_patient(connection)
        add_event(connection)
        migrations.upgrade(connection, next_version, "0005")
    with lab.writing() as connection:
        assert connection.exec_driver_sql("SELECT mrn, more_0005 FROM patient").all() == [("M-1", "x")]
        for change in ("UPDATE journal SET subject = 'x'", "DELETE FROM journal"):
            with pytest.raises(IntegrityError, match="append-only"), connection.begin_nested():
                connection.exec_driver_sql(change)


def test_an_upgrade_that_fails_leaves_the_lab_where_it_was(lab: LabDatabase, next_version: Family) -> None:
    with pytest.raises(ZeroDivisionError), lab.writing() as connection:
        migrations.upgrade(connection, next_version)
    with lab.reading() as connection:
        assert migrations.revision(connection, LAB) == migrations.head(LAB)
        assert differences(connection, LAB) == []


def test_a_lab_of_another_version_is_refused_until_it_is_migrated(house: House, lab: LabDatabase) -> None:
    with lab.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    other = House(house._site, house._wall)
    with pytest.raises(Conflict, match=r"tables of another version \(9999\)"):
        other.lab("demo")
    with lab.writing() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{migrations.head(LAB)}'")
    assert other.migrate_all() == 0
    assert other.lab("demo").slug == "demo"
    other.lab("demo").close()
