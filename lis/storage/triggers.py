"""Append-only tables: the database itself refuses to change or remove what was once recorded."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, MetaData, Table, UniqueConstraint

APPEND_ONLY = ("journal", "result_version", "control_event")

REFUSING_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $refuse$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation';
END
$refuse$
"""


def install(connection: Connection, metadata: MetaData) -> None:
    """Put the triggers on every append-only table of the metadata; running it again changes nothing."""
    tables = [table for table in metadata.sorted_tables if table.name in APPEND_ONLY]
    statements = sqlite_triggers if connection.dialect.name == "sqlite" else postgresql_triggers
    for statement in statements(tables):
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def postgresql_triggers(tables: list[Table]) -> Iterator[str]:
    """Statement triggers: even a change that meets no row is refused. ALWAYS: no session role skips them."""
    yield REFUSING_FUNCTION
    for table in tables:
        yield (
            f"CREATE OR REPLACE TRIGGER {table.name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
            f" ON {table.name} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        yield f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER {table.name}_append_only"


def sqlite_triggers(tables: list[Table]) -> Iterator[str]:
    """Row triggers; INSERT OR REPLACE removes rows without firing DELETE triggers, so it has one of its own."""
    for table in tables:
        for change in ("UPDATE", "DELETE"):
            yield _sqlite_trigger(table, change, "")
        yield _sqlite_trigger(table, "INSERT", f"WHEN {_already_there(table)} ")


def _sqlite_trigger(table: Table, change: str, when: str) -> str:
    return (
        f"CREATE TRIGGER IF NOT EXISTS {table.name}_refuses_{change.lower()} BEFORE {change} ON {table.name}"
        f" {when}BEGIN SELECT RAISE(ABORT, '{table.name} is append-only: {change} refused'); END"
    )


def _already_there(table: Table) -> str:
    keys = [list(table.primary_key.columns)]
    keys += [list(c.columns) for c in table.constraints if isinstance(c, UniqueConstraint)]
    matches = (" AND ".join(f'"{c.name}" = NEW."{c.name}"' for c in key) for key in keys)
    return " OR ".join(f"EXISTS (SELECT 1 FROM {table.name} WHERE {match})" for match in matches)
