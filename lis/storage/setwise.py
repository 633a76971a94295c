"""Many rows in one statement: its text and how cells are stored, made once for a table and a set of columns.

The driver gets text and plain values; on SQLite row by row of one prepared statement, on PostgreSQL as one array per
column, which is one round trip however many rows there are. Arrays travel as bytes (`%b`): as text, every quote and
backslash in them would be looked for and doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Connection, Dialect, Integer, LargeBinary, Table
from sqlalchemy.dialects import postgresql, sqlite

from lis.storage.tables.types import STORED_AS, Day, Exact, Instant, Json, Txt

Cell = Any
RowValues = dict[str, Cell]
Columns = tuple[str, ...]
_DIALECTS: dict[str, Dialect] = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}
# What drivers do not take as it is: SQLite's asks for every truth value anew how to store it; PostgreSQL's arrays hold
# cells of one kind, so an enumerated state among texts is its text.
_STORED: dict[str, dict[type, Callable[[Cell], Cell]]] = {
    "sqlite": {**STORED_AS, Boolean: int},
    "postgresql": {**STORED_AS, type(Txt): str},
}
_ARRAYS = {
    Integer: "integer[]",
    Boolean: "boolean[]",
    LargeBinary: "bytea[]",
    **dict.fromkeys((type(Txt), Instant, Day, Exact, Json), "text[]"),
}


def insert(connection: Connection, table: Table, columns: Columns, rows: Sequence[RowValues]) -> None:
    """Add rows; all name these columns, in this order."""
    _insertion(connection.dialect.name, table, columns).run(connection, rows)


def change(connection: Connection, table: Table, columns: Columns, rows: Sequence[RowValues]) -> None:
    """Set the columns of existing rows, each named by its `id`, which stands first among the columns; no row twice."""
    _change(connection.dialect.name, table, columns).run(connection, rows)


@dataclass(frozen=True, slots=True)
class _Statement:
    """The text, how cells are taken from a row, which of them are stored as something else, and whether as arrays."""

    text: str
    cells: Callable[[RowValues], Iterable[Cell]]
    stored: tuple[tuple[int, Callable[[Cell], Cell]], ...]
    by_column: bool

    def run(self, connection: Connection, rows: Sequence[RowValues]) -> None:
        columns: list[Sequence[Cell]] = [*zip(*map(self.cells, rows), strict=True)]
        for at, store in self.stored:
            columns[at] = _stored(columns[at], store)
        if self.by_column:
            connection.exec_driver_sql(self.text, tuple(map(list, columns)))
        else:
            connection.exec_driver_sql(self.text, [*zip(*columns, strict=True)])


def _stored(cells: Sequence[Cell], store: Callable[[Cell], Cell]) -> list[Cell]:
    """A column as it is stored. Rows that came together share most of their cells: those are converted once."""
    made: list[Cell] = []
    last = text = None
    for cell in cells:
        if cell is not last:
            last, text = cell, None if cell is None else store(cell)
        made.append(text)
    return made


@cache
def _insertion(dialect: str, table: Table, columns: Columns) -> _Statement:
    names = ", ".join(_quoted(dialect, name) for name in columns)
    if dialect == "postgresql":
        source = f"SELECT * FROM unnest({_arrays(table, columns)})"
    else:
        source = f"VALUES ({', '.join('?' * len(columns))})"
    text = f"INSERT INTO {_quoted(dialect, table.name)} ({names}) {source}"
    return _made(dialect, text, table, columns, dict.values)


@cache
def _change(dialect: str, table: Table, columns: Columns) -> _Statement:
    key, *others = columns
    name, names = _quoted(dialect, table.name), [_quoted(dialect, other) for other in others]
    if dialect == "postgresql":
        sets = ", ".join(f"{other} = new_.{other}" for other in names)
        given = f"unnest({_arrays(table, columns)}) AS new_({', '.join([key, *names])})"
        text = f"UPDATE {name} SET {sets} FROM {given} WHERE {name}.{key} = new_.{key}"
        return _made(dialect, text, table, columns, itemgetter(*columns))
    sets = ", ".join(f"{other} = ?" for other in names)
    columns = (*others, key)
    return _made(dialect, f"UPDATE {name} SET {sets} WHERE {key} = ?", table, columns, itemgetter(*columns))


def _made(
    dialect: str, text: str, table: Table, columns: Columns, cells: Callable[[RowValues], Iterable[Cell]]
) -> _Statement:
    stored = ((at, _STORED[dialect].get(type(table.c[name].type))) for at, name in enumerate(columns))
    return _Statement(text, cells, tuple((at, to) for at, to in stored if to), dialect == "postgresql")


def _arrays(table: Table, columns: Columns) -> str:
    return ", ".join(f"%b::{_ARRAYS[type(table.c[name].type)]}" for name in columns)


def _quoted(dialect: str, name: str) -> str:
    return str(_DIALECTS[dialect].identifier_preparer.quote(name))
