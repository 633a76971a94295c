"""Values as laboratories write them: a decimal with a comparator and a unit, or a text that is no number.

Decimal in memory, text in storage, float never. Rounding is half up, on filing, once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from lis.kernel.remembering import remembers

COMPARATORS = ("<=", ">=", "<", ">")
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$", re.ASCII)
_RATIO = re.compile(r"^\s*(\d+)\s*:\s*(\d+)\s*$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its comparator ("" when exact) and unit. `< 0.01` never becomes 0.01."""

    value: Decimal
    unit: str = ""
    comparator: str = ""

    @property
    def is_exact(self) -> bool:
        return self.comparator == ""

    def __str__(self) -> str:
        return f"{self.comparator}{plain(self.value)}"


def parse_decimal(text: str) -> Decimal | None:
    """The number a text is, or None. Accepts sign, leading or trailing point and exponent; never NaN or infinity."""
    text = text.strip()
    if not _NUMBER.match(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


@remembers(4096)
def parse_quantity(text: str, unit: str = "") -> Quantity | None:
    """A quantity out of text such as `140`, `<0.01`, `>= 200`; None when it is no number."""
    text = text.strip()
    comparator = next((c for c in COMPARATORS if text.startswith(c)), "")
    value = parse_decimal(text[len(comparator) :])
    return None if value is None else Quantity(value, unit, comparator)


def parse_titre(text: str) -> tuple[int, int] | None:
    """The two numbers of a titre `1:128`, or None."""
    match = _RATIO.match(text)
    return (int(match[1]), int(match[2])) if match else None


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Half up to the given decimals: the one rounding of a reported value. However long the number is."""
    context = Context(prec=max(value.adjusted(), 0) + decimals + 2)
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP, context=context)


def plain(value: Decimal) -> str:
    """A decimal without exponent, its trailing zeros kept: what was reported is what is shown."""
    return format(value, "f")
