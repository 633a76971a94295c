"""Column types that mean the same on SQLite and PostgreSQL.

Text sorts binary on both. Instants are stored as UTC text of fixed width, so that their order is the order of text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import MetaData, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

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


def instant_text(at: datetime) -> str:
    """An aware datetime as stored: UTC, microseconds, `Z`. A naive one is a mistake of the caller."""
    if at.tzinfo is UTC:
        return _utc_text(at)
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return _utc_text(at.astimezone(UTC))


@lru_cache(
    maxsize=256
)  # the rows of one transaction share theirs; UTC only: elsewhere equal ones may differ by fold
def _utc_text(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime stored as sortable text."""

    impl = Txt
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else instant_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


def day_text(day: date) -> str:
    """A calendar date as stored."""
    return day.isoformat()


class Day(TypeDecorator[date]):
    """A calendar date stored as ISO text."""

    impl = Txt
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        return None if value is None else day_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return None if value is None else date.fromisoformat(value)


def decimal_text(value: Decimal) -> str:
    """A decimal as stored: digits and trailing zeros as they are, no exponent."""
    return format(value, "f")


class Exact(TypeDecorator[Decimal]):
    """A decimal stored as the text it was written in: digits and trailing zeros survive."""

    impl = Txt
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else decimal_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


_EMPTY: dict[str, type[list[Any] | dict[str, Any]]] = {"[]": list, "{}": dict}  # what most cells hold


class Json(TypeDecorator[Any]):
    """Canonical JSON as text: keys sorted, no spaces, so that equal values are equal text."""

    impl = Txt
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        empty = _EMPTY.get(value)
        return json.loads(value) if empty is None else empty()


def canonical_json(value: Any) -> str:
    """JSON with sorted keys; instants, days and decimals as their stored text."""
    return _ENCODER.encode(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return day_text(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no stored form")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)

# What is stored of a value, for those who write to the driver themselves; other types are stored as they are.
STORED_AS: dict[type, Callable[[Any], str]] = {
    Instant: instant_text,
    Day: day_text,
    Exact: decimal_text,
    Json: canonical_json,
}
