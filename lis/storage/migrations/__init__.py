"""Alembic without an ini file: each family of tables has its own chain of revisions and is upgraded by code.

`upgrade` works inside the caller's transaction, so a migration that fails leaves nothing behind.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from lis.storage import triggers
from lis.storage.tables import control as _control_tables  # noqa: F401 (fills control_metadata)
from lis.storage.tables import control_metadata, lab_metadata

HERE = Path(__file__).parent
_one_at_a_time = threading.Lock()  # Alembic's `op` and `context` are one per process


@dataclass(frozen=True)
class Family:
    """Tables that are migrated together: their definition, their revisions, and where the version is noted."""

    metadata: MetaData
    versions: Path
    version_table: str = "alembic_version"

    def config(self) -> Config:
        config = Config()
        config.set_main_option("path_separator", "newline")
        config.set_main_option("script_location", str(HERE).replace("%", "%%"))
        config.set_main_option("version_locations", str(self.versions).replace("%", "%%"))
        config.attributes["family"] = self
        return config


LAB = Family(lab_metadata, HERE / "versions" / "lab")
CONTROL = Family(control_metadata, HERE / "versions" / "control")


def first_script(family: Family, dialect: str) -> Path:
    """Where the SQL of a family's first revision is."""
    return family.versions / f"rev_0001_{dialect}.sql"


def run_first_script(connection: Connection, family: Family) -> None:
    """Make the first tables: on PostgreSQL in one round trip, on SQLite one statement after the other."""
    script = first_script(family, connection.dialect.name).read_text(encoding="utf-8")
    parts = [script] if connection.dialect.name == "postgresql" else script.split(";\n\n")
    for part in filter(str.strip, parts):
        connection.exec_driver_sql(part, execution_options={"no_parameters": True})


@cache
def head(family: Family) -> str:
    """The newest revision this code knows."""
    revision = ScriptDirectory.from_config(family.config()).get_current_head()
    if revision is None:
        raise LookupError(f"no revision in {family.versions}")
    return revision


def revision(connection: Connection, family: Family) -> str:
    """The revision a database stands at; "" when it was never migrated."""
    options = {"version_table": family.version_table}
    return MigrationContext.configure(connection, opts=options).get_current_revision() or ""


def upgrade(connection: Connection, family: Family, to: str = "head") -> None:
    """Bring the tables to a revision and set the append-only triggers, which a rebuilt table would have lost."""
    with _one_at_a_time:
        config = family.config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)
    triggers.install(connection, family.metadata)


def upgrade_if_behind(connection: Connection, family: Family) -> bool:
    """Upgrade a database that is not at the head; whether anything was to do."""
    if revision(connection, family) == head(family):
        return False
    upgrade(connection, family)
    return True
