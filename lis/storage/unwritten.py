"""What one transaction has decided and not yet written: new rows and changes, kept until somebody may look.

They are written table by table and set by set, parents before what refers to them: before anything is read that could
show them, at a savepoint, and before the commit. So a use case writes as it thinks, one row after another, and the
database still gets a few statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, zip_longest
from typing import Any

from sqlalchemy import Connection, Select, Table

from lis.storage import setwise, statements
from lis.storage.setwise import Part
from lis.storage.tables import lab_metadata

_PLACE = {table.name: place for place, table in enumerate(lab_metadata.sorted_tables)}
Values = dict[str, Any]


class Unwritten:
    """Rows and changes of one connection that wait."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: dict[Table, dict[int, Values]] = {}
        self._changes: dict[Table, list[_Changes]] = {}

    def add(self, table: Table, key: int, values: Values) -> None:
        """A new row, its key among the values."""
        self._rows.setdefault(table, {})[key] = values

    def add_all(self, table: Table, rows: Sequence[Values]) -> None:
        """Many new rows, each with its `id`."""
        self._rows.setdefault(table, {}).update({row["id"]: row for row in rows})

    def change(self, table: Table, key: int, values: Values) -> None:
        """Other values for some columns of a row; of one that waits itself, it just becomes another."""
        self.change_all(table, [{"id": key, **values}])

    def change_all(self, table: Table, rows: Sequence[Values]) -> None:
        """The same for many rows, each named by its `id`; all name the same columns, `id` first."""
        waiting = self._rows.get(table)
        sets = self._changes.get(table) or self._changes.setdefault(table, [])
        columns = tuple(rows[0])
        if not sets or sets[-1].columns != columns:
            sets.append(_Changes(columns))
        if not waiting:
            sets[-1].rows.update({row["id"]: row for row in rows})
            return
        for row in rows:
            if row["id"] in waiting:
                waiting[row["id"]].update(row)
            else:
                sets[-1].rows[row["id"]] = row

    def write_before(self, query: Select[Any]) -> None:
        """Write everything if something waits that the query could show."""
        waiting = self._rows.keys() | self._changes.keys()
        if waiting and not waiting.isdisjoint(statements.tables_of(query)):
            self.write()

    def write(self) -> None:
        """Write everything. Whatever fails, the transaction is to be given up, or its savepoint."""
        turns = [self._new(), *self._changed()]
        self.forget()
        if len(turns) > 1:  # no row is in both: a change of one that waited is in the row
            turns[:2] = [turns[0] + turns[1]]
        for parts in turns:
            if parts:
                setwise.write(self._connection, parts)

    def _new(self) -> list[Part]:
        return [
            Part(table, columns, rows, adds=True)
            for table in _in_order(self._rows)
            for columns, rows in _alike(self._rows[table]).items()
        ]

    def _changed(self) -> list[list[Part]]:
        """The first change of each table, then the second …: no row is in two parts of one turn."""
        sets = [
            [
                Part(table, one.columns, [*one.rows.values()], adds=False)
                for one in self._changes[table]
                if one.rows
            ]
            for table in _in_order(self._changes)
        ]
        return [[part for part in turn if part] for turn in zip_longest(*sets)]

    def forget(self) -> None:
        """Drop what waits: the savepoint it belonged to was rolled back."""
        self._rows, self._changes = {}, {}


class _Changes:
    """Changes of the same columns, one for each row: what comes later of a row stands in place of the earlier."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.rows: dict[int, Values] = {}


def _in_order(tables: dict[Table, Any]) -> list[Table]:
    return sorted(tables, key=lambda table: _PLACE[table.name])


def _alike(rows: dict[int, Values]) -> dict[tuple[str, ...], list[Values]]:
    """Rows by the columns they name."""
    groups: dict[tuple[str, ...], list[Values]] = {}
    for columns, run in groupby(rows.values(), key=tuple):
        groups.setdefault(columns, []).extend(run)
    return groups
