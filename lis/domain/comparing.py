"""Where a reported quantity lies against a limit, when it may be only bounded: `<5` is some value below 5.

Answers are three-valued: None means that the comparator leaves it open, and the result is held.
"""

from __future__ import annotations

from decimal import Decimal

from lis.kernel.errors import Invalid
from lis.kernel.quantity import Quantity


def below(quantity: Quantity, limit: Decimal | None) -> bool | None:
    """Whether the true value is less than the limit. No limit: never."""
    if limit is None:
        return False
    value = quantity.value
    match quantity.comparator:
        case "":
            return value < limit
        case "<":
            return True if value <= limit else None
        case "<=":
            return True if value < limit else None
        case _:
            return False if value >= limit else None


def above(quantity: Quantity, limit: Decimal | None) -> bool | None:
    """Whether the true value is greater than the limit. No limit: never."""
    if limit is None:
        return False
    value = quantity.value
    match quantity.comparator:
        case "":
            return value > limit
        case ">":
            return True if value >= limit else None
        case ">=":
            return True if value > limit else None
        case _:
            return False if value <= limit else None


def outside(quantity: Quantity, low: Decimal | None, high: Decimal | None) -> str | None:
    """`low`, `high`, or "" when within the limits, both inclusive; None when left open.

    A lower limit of zero is no limit: nothing that starts at zero lies below it, `<5` included.
    """
    under = below(quantity, None if low == 0 and not quantity.is_exact else low)
    over = above(quantity, high)
    if under:
        return "low"
    if over:
        return "high"
    return "" if under is not None and over is not None else None


# Relation, by the name Python gives it → how the one may stand to the other: less, equal, greater.
_HOLDS = {
    "Lt": {-1},
    "LtE": {-1, 0},
    "Eq": {0},
    "NotEq": {-1, 1},
    "GtE": {0, 1},
    "Gt": {1},
}


def relates(relation: str, one: object, other: object) -> bool | None:
    """Whether a relation holds between two numbers, each of which may be only bounded. Anything else is refused."""
    ways, holds = _ways(_quantity(one), _quantity(other)), _HOLDS[relation]
    return True if ways <= holds else (None if ways & holds else False)


def _quantity(value: object) -> Quantity:
    if isinstance(value, Decimal):
        return Quantity(value)
    if isinstance(value, Quantity):
        return value
    raise Invalid("expression.type", f"{value!r} is no number.")


def _ways(one: Quantity, other: Quantity) -> set[int]:
    if not other.is_exact:
        return {-way for way in _ways(other, one)} if one.is_exact else {-1, 0, 1}
    under, over = below(one, other.value), above(one, other.value)
    if under or over:
        return {-1} if under else {1}
    return {way for way, is_open in ((-1, under is None), (0, True), (1, over is None)) if is_open}
