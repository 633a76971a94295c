"""Column types that mean the same on SQLite and PostgreSQL.

Text sorts binary on both. Instants are stored as UTC text of fixed width, so that their order is the order of text.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
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


def _unless_none(read: Callable[[str], Any]) -> Callable[[str | None], Any]:
    return lambda value: None if value is None else read(value)


def _json(value: str) -> Any:
    empty = _EMPTY.get(value)
    return orjson.loads(value) if empty is None else empty()


_EMPTY: dict[str, type[list[Any] | dict[str, Any]]] = {"[]": list, "{}": dict}  # what most cells hold

# How what is stored is read and written, for those who speak to the driver themselves; None stays, as other types do.
READ_AS: dict[type, Callable[[str], Any]] = {
    Instant: datetime.fromisoformat,
    Day: date.fromisoformat,
    Exact: Decimal,
    Json: _json,
}
STORED_AS: dict[type, Callable[[Any], str]] = {
    Instant: instant_text,
    Day: day_text,
    Exact: decimal_text,
    Json: canonical_json,
}
_READ_BY = {kind: _unless_none(read) for kind, read in READ_AS.items()}
