"""Statements composed once and kept: composing one costs more than SQLite takes to run it."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Column, Insert, Select, Table, Update, bindparam, func, insert, select, update

KEY = "key_"  # the parameter that names the row to change; no column is called so


@cache
def insertion(table: Table) -> Insert:
    """Rows into a table; the parameters say which columns."""
    return insert(table)


@cache
def change(table: Table) -> Update:
    """The row whose id is the parameter KEY; the other parameters are the columns to set."""
    return update(table).where(table.c.id == bindparam(KEY))


@cache
def by(table: Table, *columns: str, order: str = "") -> Select[Any]:
    """Rows of a table by the equality of columns, in the order of one column; its key unless told otherwise."""
    conditions = [table.c[name] == bindparam(name) for name in columns]
    return select(table).where(*conditions).order_by(table.c[order] if order else _key(table))


@cache
def last_keys(tables: tuple[Table, ...]) -> Select[Any]:
    """The highest key of each table under its name, 0 before the first."""
    return select(
        *(
            func.coalesce(select(func.max(_key(table))).scalar_subquery(), 0).label(table.name)
            for table in tables
        )
    )


def _key(table: Table) -> Column[Any]:
    return next(iter(table.primary_key.columns))
