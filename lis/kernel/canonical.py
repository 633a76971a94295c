"""Canonical JSON: keys sorted, no spaces, so that equal values are equal text. Instants, days and decimals as text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson


class Encoded(str):
    """Text that is canonical JSON already."""

    __slots__ = ()


def canonical_json(value: Any) -> str:
    """A value as canonical JSON; what is encoded already, as it is."""
    if isinstance(value, Encoded):
        return str(value)
    if not value and type(value) in _EMPTY:
        return _EMPTY[type(value)]
    return orjson.dumps(value, _plain, _AS).decode()


def joined(texts: list[Encoded]) -> Encoded:
    """A list of values that are encoded already."""
    return Encoded(f"[{','.join(texts)}]")


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


def day_text(day: date) -> str:
    """A calendar date as stored."""
    return day.isoformat()


def decimal_text(value: Decimal) -> str:
    """A decimal as stored: digits and trailing zeros as they are, no exponent."""
    return format(value, "f")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return day_text(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, tuple):  # a named one: plain ones are no question
        return list(value)
    raise TypeError(f"{type(value).__name__} has no stored form")


_EMPTY: dict[type, str] = {list: "[]", dict: "{}", tuple: "[]"}
_AS = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_NON_STR_KEYS  # states and column names are kinds of text, not text itself
)
