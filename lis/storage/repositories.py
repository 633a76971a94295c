"""Reading and writing rows by the questions that use cases ask. Rows are named tuples of the table's columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, bindparam, func, insert, select, update
from sqlalchemy.sql import Select

from lis.kernel.errors import NotFound
from lis.storage import statements
from lis.storage import tables as t
from lis.storage.ahead import Ahead
from lis.storage.questions import Question
from lis.storage.unwritten import Unwritten

Rows = Sequence[Row[Any]]


class Repository:
    """One table: add a row, fetch it, change it. Keys are given by the writer.

    What is added and changed is written before the table is read again, with whatever else waits by then. A row fetched
    by its key is kept until it is changed here: use cases ask for one order and tube again and again.
    """

    def __init__(
        self, connection: Connection, table: Table, next_id: Callable[[Table], int], unwritten: Unwritten
    ) -> None:
        self.table = table
        self._connection = connection
        self._next_id = next_id
        self._unwritten = unwritten
        self._kept: dict[int, Row[Any]] = {}
        self._ahead: dict[str, Ahead] = {}

    def add(self, **values: Any) -> int:
        """A new row; its key."""
        return self.add_all([values])[0]

    def add_all(self, rows: Iterable[dict[str, Any]]) -> list[int]:
        """Many new rows; their keys."""
        added = [{"id": self._next_id(self.table), **row} for row in rows]
        self._unwritten.add_all(self.table, added)
        for ahead in self._ahead.values():
            ahead.added(added)
        return [row["id"] for row in added]

    def forget(self) -> None:
        """Drop the rows that were kept: their savepoint was rolled back."""
        self._kept = {}
        self._ahead = {}

    def change(self, row_id: int, **values: Any) -> None:
        """Other values for some columns of one row."""
        self.change_all([{"id": row_id, **values}])

    def change_all(self, rows: Iterable[dict[str, Any]]) -> None:
        """The same for many rows, each named by its `id`, which stands first; all name the same columns."""
        changed = list(rows)
        if not changed:
            return
        self._unwritten.change_all(self.table, changed)
        for row in changed:
            self._kept.pop(row["id"], None)
        for ahead in self._ahead.values():
            ahead.changed(changed)

    def get(self, row_id: int) -> Row[Any]:
        """The row of a key, or NotFound."""
        row = self.find(row_id)
        if row is None:
            raise NotFound(
                f"{self.table.name}.unknown", f"There is no {self.table.name.replace('_', ' ')} {row_id}."
            )
        return row

    def find(self, row_id: int | None) -> Row[Any] | None:
        if row_id is None:
            return None
        kept = self._kept.get(row_id)
        return kept if kept is not None else self._keep(self.first(id=row_id))

    def keep(self, rows: Iterable[Row[Any]]) -> None:
        """Rows that were fetched elsewhere in this transaction: whoever asks for one by its key has it."""
        self._kept |= {row.id: row for row in rows}

    def keep_by(self, column: str, keys: Iterable[Any], rows: Rows) -> None:
        """All rows of these values of a column: whoever asks for those of one value has them."""
        self._ahead.setdefault(column, Ahead(column)).put(keys, rows)

    def _fetched(self, equal: dict[str, Any]) -> list[Row[Any]] | None:
        """The rows of one column's value, if they were read ahead."""
        if not self._ahead or len(equal) != 1:
            return None
        [(column, key)] = equal.items()
        return self._ahead[column].get(key) if column in self._ahead else None

    def first(self, **equal: Any) -> Row[Any] | None:
        """The first row, by key, whose columns equal what is given."""
        if (fetched := self._fetched(equal)) is not None:
            return fetched[0] if fetched else None
        rows = self.all(statements.first_by(self.table, *equal), **equal)
        return rows[0] if rows else None

    def having(self, *, order: str = "", **equal: Any) -> Rows:
        """Every row whose columns equal what is given, by key unless told otherwise."""
        if (fetched := self._fetched(equal)) is not None:
            return sorted(fetched, key=attrgetter(order)) if order else fetched[:]
        return self.all(statements.by(self.table, *equal, order=order), **equal)

    def where(self, *conditions: Any, order_by: Any = None) -> Rows:
        """Rows that meet every condition, by key unless told otherwise."""
        query = select(self.table).where(and_(*conditions)) if conditions else select(self.table)
        return self.all(query.order_by(self.table.c.id if order_by is None else order_by))

    def one(self, query: Question | Select[Any], **given: Any) -> Row[Any] | None:
        """The first row of an answer."""
        rows = self.all(query, **given)
        return rows[0] if rows else None

    def all(self, query: Question | Select[Any], **given: Any) -> Rows:
        """Every row of an answer; a query composed for this one time may be one too."""
        if isinstance(query, Question):
            self._unwritten.write_before(query.query)
            return query.ask(self._connection, **given)
        self._unwritten.write_before(query)
        return self._connection.execute(query, given).all()

    def _keep(self, row: Row[Any] | None) -> Row[Any] | None:
        if row is not None:
            self._kept[row.id] = row
        return row


class Patients(Repository):
    """Patients by the hospital's number."""

    def by_mrn(self, mrn: str) -> Row[Any] | None:
        return self.first(mrn=mrn)

    def named_alike(self, family: str, given_initial: str, other_than: int) -> Rows:
        """Patients with the same family name and initial: what a similar-name warning shows."""
        same = and_(
            func.lower(t.patient.c.family) == family.lower(),
            func.lower(func.substr(t.patient.c.given, 1, 1)) == given_initial.lower(),
            t.patient.c.id != other_than,
        )
        return self.all(select(t.patient).where(same).order_by(t.patient.c.id))


class Orders(Repository):
    """Orders by accession and by what the placer called them."""

    def by_accession(self, accession: str) -> Row[Any]:
        row = self._keep(self.first(accession=accession))
        if row is None:
            raise NotFound("accession.unknown", f"There is no accession {accession} in this laboratory.")
        return row

    def by_placer_number(self, peer: str, placer_number: str) -> Row[Any] | None:
        """The order that holds a test the placer numbered so."""
        return self.one(_BY_PLACER, peer=peer, placer_number=placer_number)


_BY_PLACER = Question(
    select(t.lab_order)
    .join(t.ordered_test, t.ordered_test.c.order_id == t.lab_order.c.id)
    .where(
        t.lab_order.c.peer == bindparam("peer"),
        t.ordered_test.c.placer_number == bindparam("placer_number"),
    )
    .order_by(t.lab_order.c.id.desc())
    .limit(1)
)


class OrderedTests(Repository):
    """The tests of orders."""

    def of_order(self, order_id: int) -> Rows:
        return self.having(order_id=order_id, order="seq")


class Containers(Repository):
    """Containers by each number a label can carry."""

    def by_container_id(self, container_id: str) -> Row[Any] | None:
        return self._keep(self.first(container_id=container_id))

    def by_collection_number(self, number: str) -> Rows:
        """Containers the hospital numbered so, the newest first."""
        return self.having(collection_number=number)[::-1]

    def of_order(self, order_id: int) -> Rows:
        return self.having(order_id=order_id, order="number")

    def last_number(self, order_id: int) -> int:
        """The highest container number the accession has used; 0 before the first."""
        return int(self.all(_LAST_NUMBER, order_id=order_id)[0].number)


_LAST_NUMBER = Question(
    select(func.coalesce(func.max(t.container.c.number), 0).label("number")).where(
        t.container.c.order_id == bindparam("order_id")
    )
)


class Interfaces:
    """Interfaces by their code; the one table keyed by name."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._all: Rows | None = None

    def forget(self) -> None:
        """Drop what is remembered: it changed, or its savepoint was rolled back."""
        self._all = None

    def find(self, code: str) -> Row[Any] | None:
        return self.connection.execute(select(t.interface).where(t.interface.c.code == code)).first()

    def all(self) -> Rows:
        if self._all is None:
            self._all = statements.by(t.interface).ask(self.connection)
        return self._all

    def add(self, **values: Any) -> None:
        self.forget()
        self.connection.execute(insert(t.interface), values)

    def change(self, code: str, **values: Any) -> None:
        self.forget()
        self.connection.execute(update(t.interface).where(t.interface.c.code == code).values(**values))
