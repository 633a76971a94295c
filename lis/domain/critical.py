"""Critical values: what endangers the patient now and is phoned (CLIA 42 CFR 493.1291(g); limits in the content
pack).

Limits are strict (below low, above high), or inclusive where the content says so, and chosen by age at collection. A
row that has only words is judged by a person, unless the value is normal by its value set. A comparator that leaves it
open holds the result.
"""

from __future__ import annotations

import re

from lis.domain.catalog import CriticalLimit
from lis.domain.checks import Check, failed, not_applicable, not_evaluable, passed
from lis.domain.comparing import above, below
from lis.kernel.quantity import Quantity, parse_decimal, plain

NAME = "critical"
LOW, HIGH, CODED = "critical.low", "critical.high", "critical.coded"
_FIGURES = re.compile(r"\d+(?:[.,]\d+)*")


def critical_check(
    row: CriticalLimit | None,
    *,
    known: bool = True,
    quantity: Quantity | None = None,
    code: str = "",
    normal: bool = False,
) -> Check:
    """Judge a reported number or code by the row that holds at the patient's age. `failed` means critical.

    `known`: whether it could be said which row holds; `normal`: the value set calls the code normal.
    """
    if not known:
        return not_evaluable(
            NAME, "critical.age_unknown", "The critical limit depends on the unknown birth date."
        )
    if row is None:
        return not_applicable(NAME, "No critical limit.")
    if quantity is not None and (row.low is not None or row.high is not None):
        return _by_number(row, quantity)
    if code and row.codes:
        if code in row.codes:
            return failed(NAME, CODED, f"Critical: {row.text_rule or code}.", code=code)
        return passed(NAME, "Not critical.")
    if normal:
        return passed(NAME, "A normal value is not critical.")
    return not_evaluable(NAME, "critical.by_person", f"A person judges: {row.text_rule}.")


def is_critical(check: Check) -> bool:
    """Whether the check found a critical value, as against one it could not judge."""
    return check.reason_code in (LOW, HIGH, CODED)


def _by_number(row: CriticalLimit, quantity: Quantity) -> Check:
    under, over = _reaches(quantity, row)
    if under and row.low is not None:
        limit = plain(row.low)
        words = f"Critical: {limit} or less." if row.inclusive else f"Critical: below {limit}."
        return failed(NAME, LOW, words, value=quantity, limit=limit)
    if over and row.high is not None:
        limit = plain(row.high)
        words = f"Critical: {limit} or more." if row.inclusive else f"Critical: above {limit}."
        return failed(NAME, HIGH, words, value=quantity, limit=limit)
    if under is None or over is None:
        return not_evaluable(
            NAME, "critical.comparator", f"Whether {quantity} is critical is left open.", value=quantity
        )
    return passed(NAME, "Not critical.")


def _reaches(quantity: Quantity, row: CriticalLimit) -> tuple[bool | None, bool | None]:
    """Whether the value is critically low, and high; None where a comparator leaves it open."""
    if not row.inclusive:
        return below(quantity, row.low), above(quantity, row.high)
    over_low = True if row.low is None else above(quantity, row.low)
    under_high = True if row.high is None else below(quantity, row.high)
    return None if over_low is None else not over_low, None if under_high is None else not under_high


def is_misheard(value: str, read_back: str) -> bool:
    """Whether a read-back has figures and none of them is the value; words alone are for people to compare."""
    number = parse_decimal(value)
    figures = [
        parse_decimal(written)
        for one in _FIGURES.findall(read_back)
        for written in (one.replace(",", "."), one.replace(",", ""))
    ]
    return number is not None and bool(figures) and abs(number) not in figures
