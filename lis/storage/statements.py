"""Statements composed once and kept: composing one costs more than SQLite takes to run it."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Column, Select, Table, bindparam, func, select
from sqlalchemy.sql.visitors import iterate


@cache
def by(table: Table, *columns: str, order: str = "") -> Select[Any]:
    """Rows of a table by the equality of columns, in the order of one column; its key unless told otherwise."""
    conditions = [table.c[name] == bindparam(name) for name in columns]
    return select(table).where(*conditions).order_by(table.c[order] if order else _key(table))


@cache
def among(table: Table, column: str) -> Select[Any]:
    """Rows by several values of one column, the parameter `keys`, in the order of their key."""
    wanted = table.c[column].in_(bindparam("keys", expanding=True))
    return select(table).where(wanted).order_by(_key(table))


@cache
def last_keys(tables: tuple[Table, ...]) -> Select[Any]:
    """The highest key of each table under its name, 0 before the first."""
    return select(
        *(
            func.coalesce(select(func.max(_key(table))).scalar_subquery(), 0).label(table.name)
            for table in tables
        )
    )


@lru_cache(maxsize=256)  # those that are composed once are asked about for ever
def tables_of(query: Select[Any]) -> frozenset[Table]:
    """Every table that a query reads, those of its sub-queries too."""
    return frozenset(found for found in iterate(query) if isinstance(found, Table))


def _key(table: Table) -> Column[Any]:
    return next(iter(table.primary_key.columns))
