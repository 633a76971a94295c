"""Column types that mean the same on SQLite and PostgreSQL.

Text sorts binary on both. Instants are stored as UTC text of fixed width, so that their order is the order of text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import MetaData, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from lis.kernel.canonical import canonical_json, day_text, decimal_text, instant_text

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

lab_metadata = MetaData(naming_convention=NAMING)
control_metadata = MetaData(naming_convention=NAMING)

Txt = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


class _Stored(TypeDecorator[Any]):
    """A type kept as text. Its reader is called for every cell of every row, so nothing stands between."""

    impl = Txt

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return _READ_BY[type(self)]

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return _READ_BY[type(self)](value)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else STORED_AS[type(self)](value)


class Instant(_Stored):
    """An aware UTC datetime stored as sortable text."""

    cache_ok = True


class Day(_Stored):
    """A calendar date stored as ISO text."""

    cache_ok = True


class Exact(_Stored):
    """A decimal stored as the text it was written in: digits and trailing zeros survive."""

    cache_ok = True


class Json(_Stored):
    """Canonical JSON as text: keys sorted, no spaces, so that equal values are equal text."""

    cache_ok = True


def _instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _json(value: str | None) -> Any:
    if value is None:
        return None
    empty = _EMPTY.get(value)
    return json.loads(value) if empty is None else empty()


_EMPTY: dict[str, type[list[Any] | dict[str, Any]]] = {"[]": list, "{}": dict}  # what most cells hold
_READ_BY: dict[type, Callable[[Any], Any]] = {Instant: _instant, Day: _day, Exact: _decimal, Json: _json}

# What is stored of a value, for those who write to the driver themselves; other types are stored as they are.
STORED_AS: dict[type, Callable[[Any], str]] = {
    Instant: instant_text,
    Day: day_text,
    Exact: decimal_text,
    Json: canonical_json,
}
