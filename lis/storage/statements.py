"""Questions by the equality of columns, and the last keys: composed once for each table and its columns."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, bindparam, func, select
from sqlalchemy.sql.visitors import iterate

from lis.storage.questions import Question


@cache
def by(table: Table, *columns: str, order: str = "") -> Question:
    """Rows of a table by the equality of columns, in the order of one column; its key unless told otherwise."""
    return Question(_by(table, columns, order))


@cache
def first_by(table: Table, *columns: str) -> Question:
    """The first of them."""
    return Question(_by(table, columns).limit(1))


def _by(table: Table, columns: tuple[str, ...], order: str = "") -> Select[Any]:
    conditions = [table.c[name] == bindparam(name) for name in columns]
    return select(table).where(*conditions).order_by(table.c[order] if order else _key(table))


def last_key(table: Table) -> ColumnElement[int]:
    """The highest key of a table, 0 before the first."""
    return func.coalesce(select(func.max(_key(table))).scalar_subquery(), 0)


@cache
def last_keys(tables: tuple[Table, ...]) -> Question:
    """Those of several, each under the name of its table."""
    columns: list[ColumnElement[Any]] = [last_key(table).label(table.name) for table in tables]
    return Question(select(*columns))


@lru_cache(maxsize=256)  # those that are composed once are asked about for ever
def tables_of(query: Select[Any]) -> frozenset[Table]:
    """Every table that a query reads, those of its sub-queries too."""
    return frozenset(found for found in iterate(query) if isinstance(found, Table))


def _key(table: Table) -> Column[Any]:
    return next(iter(table.primary_key.columns))
