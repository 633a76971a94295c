"""Where a reported quantity lies against a limit, when it may be only bounded: `<5` is some value below 5.

Answers are three-valued: None means that the comparator leaves it open, and the result is held.
"""

from __future__ import annotations

from decimal import Decimal

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
