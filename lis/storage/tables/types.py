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


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime stored as sortable text."""

    impl = Txt
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else instant_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Day(TypeDecorator[date]):
    """A calendar date stored as ISO text."""

    impl = Txt
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        return None if value is None else day_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return None if value is None else date.fromisoformat(value)


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


# What is stored of a value, for those who write to the driver themselves; other types are stored as they are.
STORED_AS: dict[type, Callable[[Any], str]] = {
    Instant: instant_text,
    Day: day_text,
    Exact: decimal_text,
    Json: canonical_json,
}
