"""The unit of work: one actor, one instant, one transaction.

Use cases take a Work, add rows, events and messages to it, and never commit: leaving the `with` of `Lab.work` without
an exception does, all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite

from lis.domain.catalog import Catalog
from lis.domain.people import SYSTEM_ROLE, Act, Actor
from lis.domain.qc.gate import QcStatus
from lis.kernel.errors import NotAllowed
from lis.storage import catalogs, repositories
from lis.storage import tables as t
from lis.storage.journal import Journal
from lis.storage.keys import Keys
from lis.storage.outbox import Outbox
from lis.storage.questions import Given, Question, Rows, ask_all
from lis.storage.resulted import Results
from lis.storage.unwritten import Unwritten


class Work:
    """What a use case works with. `now` is lab time, read once; `catalog` is the one in force."""

    def __init__(
        self,
        connection: Connection,
        *,
        actor: Actor,
        now: datetime,
        recorded_at: datetime,
        head: Row[Any],
        cause: str | None = None,
    ) -> None:
        """`head` is the laboratory's row with last keys (`keys.HOT`), as the database has them now."""
        self._connection = connection
        self._unwritten = Unwritten(connection)
        self.actor = actor
        self.now = now
        self.recorded_at = recorded_at
        self.head = head
        self.zone: str = head.zone
        self.qc: dict[
            tuple[str, str], QcStatus
        ] = {}  # by analyzer and test, as `services.controlling` found it
        self._keys = Keys(connection, head)
        self._catalog_version_id: int | None = head.catalog_version_id
        self._catalog: Catalog | None = None
        self.journal = Journal(
            self._unwritten,
            actor=actor,
            at=now,
            recorded_at=recorded_at,
            next_seq=partial(self._keys.next, t.journal),
            cause=cause,
        )
        self.outbox = Outbox(self._unwritten, at=now, next_id=partial(self._keys.next, t.outbox))
        self._open_repositories(connection)

    def _open_repositories(self, connection: Connection) -> None:
        shared = self._keys.next, self._unwritten

        def repository(table: Table) -> repositories.Repository:
            return repositories.Repository(connection, table, *shared)

        self.patients = repositories.Patients(connection, t.patient, *shared)
        self.visits = repository(t.visit)
        self.orders = repositories.Orders(connection, t.lab_order, *shared)
        self.ordered_tests = repositories.OrderedTests(connection, t.ordered_test, *shared)
        self.specimens = repository(t.specimen)
        self.containers = repositories.Containers(connection, t.container, *shared)
        self.labels = repository(t.label_print)
        self.rejections = repository(t.rejection)
        self.recollections = repository(t.recollection)
        self.analyzer_work = repository(t.analyzer_work)
        self.results = Results(connection, t.result, *shared)
        self.versions = repository(t.result_version)
        self.observations = repository(t.observation)
        self.controls = repository(t.control_observation)
        self.report_notes = repository(t.report_note)
        self.inbound = repository(t.inbound)
        self.outgoing = repository(t.outbox)
        self.interfaces = repositories.Interfaces(connection)
        self.staff = repository(t.staff)
        self.calls = repository(t.call)
        self.call_attempts = repository(t.call_attempt)
        self.occurrences = repository(t.occurrence)
        self.occurrence_notes = repository(t.occurrence_note)
        self.handoffs = repository(t.handoff)
        self.countersignatures = repository(t.countersignature)

    @property
    def connection(self) -> Connection:
        """For statements of one's own: what waits is written first, so that they see it."""
        self._unwritten.write()
        return self._connection

    def ask_as_stored(self, asked: Sequence[tuple[Question, Given]]) -> list[Rows]:
        """Answers to several questions at once, out of what the database has: what waits here is not in them."""
        return ask_all(self._connection, asked)

    @property
    def catalog(self) -> Catalog:
        """The catalogue in force; NotFound while the laboratory has none."""
        if self._catalog is None:
            self._catalog = catalogs.load(self._connection, self.catalog_version_id, self.head.catalog_digest)
        return self._catalog

    @property
    def catalog_version_id(self) -> int | None:
        """The version in force: as this Work found it, or as it put it in force itself."""
        return self._catalog_version_id

    def put_in_force(self, version_id: int, catalog: Catalog) -> None:
        """From here on this Work uses a catalogue that it has stored."""
        self._catalog_version_id, self._catalog = version_id, catalog
        self.qc.clear()

    def require(self, act: Act) -> None:
        """Refuse unless the actor's role carries the act. The system acts where a message or a rule made it."""
        if not self.may(act):
            raise NotAllowed(
                "act.not_allowed",
                f"The role {self.actor.role.replace('_', ' ')} may not do this ({act}).",
                "Ask a colleague whose role may.",
                act=str(act),
            )

    def may(self, act: Act) -> bool:
        """Whether `require` would let it pass."""
        return self.actor.role == SYSTEM_ROLE or self.carries(self.actor.role, act)

    def carries(self, role: str, act: Act) -> bool:
        """Whether a role of the catalogue in force carries an act."""
        row = self.catalog.roles.get(role)
        return row is not None and act in row.acts

    def next_id(self, table: Table) -> int:
        """The next key of a table."""
        return self._keys.next(table)

    def flush(self) -> None:
        """Write what waits in memory; `Lab.work` does it before the commit."""
        self._unwritten.write()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that fails alone: on any exception it leaves nothing behind, and the rest goes on."""
        self.flush()
        self._connection.exec_driver_sql("SAVEPOINT part")  # one inside another may have the same name
        try:
            yield
            self.flush()
        except BaseException:
            self._forget()
            if not self._connection.invalidated:
                self._connection.exec_driver_sql("ROLLBACK TO SAVEPOINT part")
                self._connection.exec_driver_sql("RELEASE SAVEPOINT part")
            raise
        self._connection.exec_driver_sql("RELEASE SAVEPOINT part")

    def _forget(self) -> None:
        """Drop what is remembered of the database: the savepoint took back part of it."""
        self._unwritten.forget()
        for held in vars(self).values():
            if isinstance(held, (repositories.Repository, repositories.Interfaces)):
                held.forget()
        self._keys.forget()
        self.qc.clear()

    def count(self, name: str) -> int:
        """The next number of a counter that people see; never given twice."""
        raised = _raised(self._connection.dialect.name)
        return int(self._connection.execute(raised, {"counter": name}).scalar_one())

    def set_clock(self, **state: Any) -> None:
        """Store the lab clock's state."""
        self._connection.execute(update(t.lab).values(**state))


@cache
def _raised(dialect: str) -> Any:
    """A counter raised by one, or begun; gives its number."""
    made: Any = postgresql if dialect == "postgresql" else sqlite
    begun = made.insert(t.counter).values(name=bindparam("counter"), value=1)
    raised = begun.on_conflict_do_update(
        index_elements=[t.counter.c.name], set_={"value": t.counter.c.value + 1}
    )
    return raised.returning(t.counter.c.value)
