"""Delta check: has the value moved further from the patient's last one than a patient's values do?

A value may move by its limit; beyond it the check fails. ABS and PCT (of the earlier value) alone, AND both, OR either,
ANY difference at all. No earlier result in the window: not applicable. Percent of zero has no value: what then remains
undecided is not evaluable.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from lis.domain.catalog import DeltaLimit
from lis.domain.checks import Check, failed, not_applicable, not_evaluable, passed
from lis.kernel.quantity import Quantity

NAME = "delta"
_NONE = timedelta(0)


class PreviousResult(NamedTuple):
    """The patient's last reported value of the test: a quantity, or a code or text."""

    quantity: Quantity | None
    text: str
    unit: str
    collected_at: datetime | None


def delta_check(
    rule: DeltaLimit | None,
    previous: PreviousResult | None,
    *,
    quantity: Quantity | None,
    text: str,
    unit: str,
    collected_at: datetime | None,
) -> Check:
    """Judge a reported value against the earlier one."""
    if rule is None:
        return not_applicable(NAME, "No delta limit.")
    if previous is None:
        return not_applicable(NAME, "No earlier result.")
    if collected_at is None or previous.collected_at is None:
        return not_evaluable(NAME, "delta.time_unknown", "A collection time is unknown.")
    apart = collected_at - previous.collected_at
    if not _NONE <= apart <= _window(rule.window_hours):
        return not_applicable(NAME, f"No earlier result within {rule.window_hours} h.")
    if unit != previous.unit:
        return not_evaluable(
            NAME, "delta.unit", "The earlier result has another unit.", unit=unit, earlier_unit=previous.unit
        )
    return _judge(rule, previous, quantity, text)


def comparable(
    rule: DeltaLimit | None, previous: PreviousResult | None, *, unit: str, collected_at: datetime | None
) -> PreviousResult | None:
    """The earlier result as relations may use it: of the same unit, drawn within the window of the delta limit."""
    if previous is None or rule is None:
        return previous
    if collected_at is None or previous.collected_at is None or unit != previous.unit:
        return None
    is_recent = _NONE <= collected_at - previous.collected_at <= _window(rule.window_hours)
    return previous if is_recent else None


@cache
def _window(hours: int) -> timedelta:
    return timedelta(hours=hours)


def _judge(rule: DeltaLimit, previous: PreviousResult, quantity: Quantity | None, text: str) -> Check:
    if text == previous.text:
        return passed(NAME, "Unchanged.")
    moved = f"From {previous.text} to {text}"
    exceeded = True if rule.logic == "ANY" else _exceeded(rule, previous.quantity, quantity)
    if exceeded is None:
        return not_evaluable(
            NAME, "delta.undecided", f"{moved}: how far cannot be said.", earlier=previous.text
        )
    if exceeded:
        return failed(
            NAME, "delta.exceeded", f"{moved}: beyond {_limit_text(rule)}.", earlier=previous.text, value=text
        )
    return passed(NAME, f"{moved}.")


def _exceeded(rule: DeltaLimit, old: Quantity | None, new: Quantity | None) -> bool | None:
    if old is None or new is None or not (old.is_exact and new.is_exact):
        return None
    change = abs(new.value - old.value)
    by_abs = None if rule.abs_limit is None else change > rule.abs_limit
    by_pct = _percent_exceeded(change, old.value, rule.pct_limit)
    match rule.logic:
        case "ABS":
            return by_abs
        case "PCT":
            return by_pct
        case "AND":
            return False if False in (by_abs, by_pct) else (None if None in (by_abs, by_pct) else True)
        case _:
            return True if True in (by_abs, by_pct) else (None if None in (by_abs, by_pct) else False)


def _percent_exceeded(change: Decimal, old: Decimal, limit: Decimal | None) -> bool | None:
    if limit is None or (old == 0 and change != 0):
        return None
    return change * 100 > limit * abs(old)


def _limit_text(rule: DeltaLimit) -> str:
    absolute, percent = f"{rule.abs_limit} {rule.unit}".strip(), f"{rule.pct_limit} %"
    match rule.logic:
        case "ANY":
            limit = "no change at all"
        case "ABS":
            limit = absolute
        case "PCT":
            limit = percent
        case _:
            limit = f"{absolute} {rule.logic.lower()} {percent}"
    return f"{limit} within {rule.window_hours} h"
