"""Many rows in one statement: its text and how cells are stored, made once for a table and a set of columns.

The driver gets text and plain values; on SQLite row by row of one prepared statement, on PostgreSQL as one array per
column, which is one round trip however many rows and tables there are. Arrays travel as bytes (`%b`): as text, every
quote and backslash in them would be looked for and doubled.
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


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table that all name these columns, in this order: new ones, or changes, each with its `id` first."""

    table: Table
    columns: Columns
    rows: Sequence[RowValues]
    adds: bool


def write(connection: Connection, parts: Sequence[Part]) -> None:
    """Write parts in their order; no row is in two of them. On PostgreSQL they are one statement."""
    dialect = connection.dialect.name
    shapes = tuple([(part.table, part.columns, part.adds) for part in parts])
    cells = [
        _cells(_statement(dialect, *shape), part.rows) for shape, part in zip(shapes, parts, strict=True)
    ]
    if dialect == "postgresql":
        connection.exec_driver_sql(_together(shapes), tuple([[*column] for part in cells for column in part]))
        return
    for shape, columns in zip(shapes, cells, strict=True):
        connection.exec_driver_sql(_statement(dialect, *shape).text, [*zip(*columns, strict=True)])


@dataclass(frozen=True, slots=True)
class _Statement:
    """The text, how cells are taken from a row, and which of them are stored as something else."""

    text: str
    cells: Callable[[RowValues], Iterable[Cell]]
    stored: tuple[tuple[int, Callable[[Cell], Cell]], ...]


def _cells(statement: _Statement, rows: Sequence[RowValues]) -> list[Sequence[Cell]]:
    """The cells of rows by column, as they are stored."""
    columns: list[Sequence[Cell]] = [*zip(*map(statement.cells, rows), strict=True)]
    for at, store in statement.stored:
        columns[at] = _stored(columns[at], store)
    return columns


@cache
def _together(shapes: tuple[tuple[Table, Columns, bool], ...]) -> str:
    """Several statements as one: all see the same rows, and what refers to others is looked up at its end."""
    *others, last = [_statement("postgresql", *shape).text for shape in shapes]
    before = ", ".join(f"part_{number} AS ({text})" for number, text in enumerate(others))
    return f"WITH {before} {last}" if before else last


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
def _statement(dialect: str, table: Table, columns: Columns, adds: bool) -> _Statement:
    name, names = _quoted(dialect, table.name), [_quoted(dialect, column) for column in columns]
    text = (_insertion if adds else _change)(dialect, name, names, table, columns)
    taken = columns if adds or dialect == "postgresql" else (*columns[1:], columns[0])
    stored = ((at, _STORED[dialect].get(type(table.c[name].type))) for at, name in enumerate(taken))
    cells: Callable[[RowValues], Iterable[Cell]] = dict.values if adds else itemgetter(*taken)
    return _Statement(text, cells, tuple((at, to) for at, to in stored if to))


def _insertion(dialect: str, name: str, names: Sequence[str], table: Table, columns: Columns) -> str:
    if dialect == "postgresql":
        source = f"SELECT * FROM unnest({_arrays(table, columns)})"
    else:
        source = f"VALUES ({', '.join('?' * len(columns))})"
    return f"INSERT INTO {name} ({', '.join(names)}) {source}"


def _change(dialect: str, name: str, names: Sequence[str], table: Table, columns: Columns) -> str:
    key, *others = names
    if dialect == "postgresql":
        sets = ", ".join(f"{other} = new_.{other}" for other in others)
        given = f"unnest({_arrays(table, columns)}) AS new_({', '.join(names)})"
        return f"UPDATE {name} SET {sets} FROM {given} WHERE {name}.{key} = new_.{key}"
    return f"UPDATE {name} SET {', '.join(f'{other} = ?' for other in others)} WHERE {key} = ?"


def _arrays(table: Table, columns: Columns) -> str:
    return ", ".join(f"%b::{_ARRAYS[type(table.c[name].type)]}" for name in columns)


def _quoted(dialect: str, name: str) -> str:
    return str(_DIALECTS[dialect].identifier_preparer.quote(name))
