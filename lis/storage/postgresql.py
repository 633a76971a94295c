"""Laboratories as schemas of one PostgreSQL database: `lis_control` and `lab_<slug>`.

One pool serves every laboratory. Each transaction names its schema once (`SET LOCAL search_path`); a writer first locks
the laboratory's head row, so there is one writer per laboratory over all processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ProgrammingError

from lis.kernel.errors import Conflict, NotFound, Refusal
from lis.storage import copies, database, migrations
from lis.storage.database import WAIT_SECONDS, DatabaseBusy, Dialect, Fill, LabDatabase

CONTROL_SCHEMA = "lis_control"
CONTROL_TURN = f"SELECT pg_advisory_xact_lock({0x6C6973})"  # one writer of the control schema
READ_ONE_STATE = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
DISK_FULL, IO_ERROR = "53100", "58030"
TURN_NEVER_CAME = {"55P03", "40P01"}  # lock not available, deadlock
GONE = {"42P01", "3F000"}  # undefined table, invalid schema
SCHEMA_EXISTS = "42P06"
RAW = {"no_parameters": True}  # lets several statements travel in one round trip

_SESSION = (
    ("lock_timeout", f"{WAIT_SECONDS}s"),
    (
        "random_page_cost",
        "1.1",
    ),  # what is asked again and again lies in memory: an index beats reading a table whole
)


class PostgresqlDatabase(LabDatabase):
    """A laboratory's schema. `turn` is the statement that waits until this transaction is the only writer."""

    dialect: Dialect = "postgresql"

    def __init__(self, slug: str, engine: Engine, schema: str, turn: str | None = None) -> None:
        self.slug, self.place, self._engine = slug, schema, engine
        self._turn = turn or f"SELECT 1 FROM {_quoted(schema)}.lab WHERE id = 1 FOR UPDATE"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            self._take_turn(connection)
            yield connection

    def _take_turn(self, connection: Connection) -> None:
        try:
            head = connection.exec_driver_sql(f"{self._turn}; {_path(self.place)}", execution_options=RAW)
        except ProgrammingError as error:
            if _state(error.orig) not in GONE:
                raise
            raise NotFound("lab.gone", f"Laboratory {self.slug} is no longer there.") from error
        if head.first() is None:
            raise Conflict("lab.replaced", f"Laboratory {self.slug} was reset just now.", "Do it again.")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            connection.exec_driver_sql(f"{READ_ONE_STATE}; {_path(self.place)}", execution_options=RAW)
            yield connection

    def close(self) -> None:
        """Connections belong to the house's pool."""


class PostgresqlSite:
    """The PostgreSQL database. A draft is a schema of another name."""

    dialect: Dialect = "postgresql"

    def __init__(self, url: str) -> None:
        self._engine = _engine(url, kept=8, more=24)
        # A pool of its own: whoever holds a laboratory's connection never waits for one of the same pool.
        self._control_engine = _engine(url, kept=4, more=12)

    def place_of(self, slug: str) -> str:
        return f"lab_{slug}"

    def control(self) -> LabDatabase:
        with self._control_engine.begin() as connection:
            connection.exec_driver_sql(CONTROL_TURN)
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {CONTROL_SCHEMA}")
            connection.exec_driver_sql(_path(CONTROL_SCHEMA))
            migrations.upgrade_if_behind(connection, migrations.CONTROL)
        return PostgresqlDatabase("control", self._control_engine, CONTROL_SCHEMA, CONTROL_TURN)

    def attach(self, slug: str, place: str, *, exclusive: bool) -> LabDatabase:
        return PostgresqlDatabase(slug, self._engine, place)

    def guard(self, slug: str, place: str) -> AbstractContextManager[None]:
        return nullcontext()

    def build(self, place: str, fill: Fill, revision: str = "head") -> str:
        draft = f"{place}.draft"
        self.remove(draft)
        with self._engine.begin() as connection:
            self._create(connection, draft, revision)
            fill(connection)
            _survey(connection)
        return draft

    def copy(self, source: LabDatabase, place: str, settle: Fill) -> str:
        draft = f"{place}.draft"
        self.remove(draft)
        with source.writing() as connection:
            self._create(connection, draft, migrations.revision(connection, migrations.LAB))
            for table in copies.tables_of(connection):
                columns = ", ".join(_quoted(column.name) for column in table.columns)
                name = _quoted(table.name)
                connection.exec_driver_sql(
                    f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {_quoted(source.place)}.{name}"
                )
            settle(connection)
            _survey(connection)
        return draft

    def _create(self, connection: Connection, schema: str, revision: str) -> None:
        connection.exec_driver_sql(f"CREATE SCHEMA {_quoted(schema)}")
        connection.exec_driver_sql(_path(schema))
        migrations.upgrade(connection, migrations.LAB, revision)

    def publish(self, draft: str, place: str) -> None:
        try:
            with self._engine.begin() as connection:
                _rename(connection, draft, place)
        except ProgrammingError as error:
            if _state(error.orig) != SCHEMA_EXISTS:
                raise
            raise Conflict(
                "lab.place_taken",
                f"There is already a schema {place} that the directory does not know.",
                "Rename it, then do it again.",
            ) from error

    def swap(self, draft: str, target: LabDatabase) -> None:
        """Schemas change names. The old head row goes: a writer who waits for it finds nothing and is refused."""
        old = f"{target.place}.old"
        self.remove(old)
        with target.writing() as connection:
            connection.exec_driver_sql("DELETE FROM lab")
            _rename(connection, target.place, old)
            _rename(connection, draft, target.place)
        with suppress(DatabaseBusy):  # somebody still reads it: the next swap removes it
            self.remove(old)

    def remove(self, place: str) -> None:
        with self._engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {_quoted(place)} CASCADE")

    def close(self) -> None:
        self._engine.dispose()
        self._control_engine.dispose()


def _engine(url: str, *, kept: int, more: int) -> Engine:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=kept,
        max_overflow=more,
        pool_timeout=WAIT_SECONDS,
        connect_args={
            "connect_timeout": 10,
            "options": " ".join(f"-c {name}={value}" for name, value in _SESSION),
        },
    )
    event.listen(engine, "handle_error", _refuse)
    return engine


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _path(schema: str) -> str:
    return f"SET LOCAL search_path TO {_quoted(schema)}"


def _survey(connection: Connection) -> None:
    """Count what came at once: the server does so by itself only after a minute, and plans badly until then."""
    names = connection.exec_driver_sql(_TABLES).scalar_one()
    connection.exec_driver_sql(f"ANALYZE {names}")


_TABLES = "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = current_schema()"


def _rename(connection: Connection, schema: str, name: str) -> None:
    connection.exec_driver_sql(f"ALTER SCHEMA {_quoted(schema)} RENAME TO {_quoted(name)}")


def _state(error: BaseException | None) -> str:
    return getattr(error, "sqlstate", None) or ""


def _refuse(context: ExceptionContext) -> None:
    refusal = None if context.is_pre_ping else _refusal_for(context)
    if refusal is not None:
        raise refusal from context.original_exception


def _refusal_for(context: ExceptionContext) -> Refusal | None:
    """What a failure of the server is called; None for every other error, which stays what it is."""
    if context.is_disconnect:
        return database.lost() if context.statement else database.lost_at_commit()
    if context.connection is None:
        return database.unreachable(context.original_exception)
    state = _state(context.original_exception)
    if state == DISK_FULL:
        return database.full()
    if state in TURN_NEVER_CAME:
        return database.busy()
    return database.failed(context.original_exception) if state == IO_ERROR else None
