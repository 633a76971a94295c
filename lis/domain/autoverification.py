"""Autoverification limits: within them, at that age, a result needs no person to decide (CLSI AUTO10 in spirit).

No limits for the test or for this age: a person reviews. Indices of haemolysis, icterus and lipaemia judge
others and are not reviewed themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

from lis.domain.catalog import AutoverificationRange
from lis.domain.checks import Check, failed, not_evaluable, passed
from lis.domain.comparing import outside
from lis.kernel.quantity import Quantity, plain

NAME = "review"


def limits_for(
    rows: Sequence[AutoverificationRange], age_days: int | None
) -> tuple[AutoverificationRange | None, bool]:
    """The row with the highest starting age that the patient has reached, and whether that could be said."""
    ages = (age_days,) if age_days is not None else (0, *(row.min_age_days for row in rows))
    indexes = {
        max(
            (i for i, row in enumerate(rows) if row.min_age_days <= age),
            key=lambda i: rows[i].min_age_days,
            default=None,
        )
        for age in ages
    }
    if len(indexes) != 1:
        return None, False
    index = indexes.pop()
    return (None if index is None else rows[index]), True


def review_check(limits: AutoverificationRange | None, known: bool, quantity: Quantity | None) -> Check:
    """Judge a reported value against the limits chosen; `known`: whether they could be chosen."""
    if not known:
        return not_evaluable(NAME, "review.age_unknown", "The limits depend on the unknown birth date.")
    if limits is None:
        return failed(NAME, "review.no_limits", "No limits for this test at this age: a person reviews.")
    if limits.low is None and limits.high is None:
        return passed(NAME)
    side = "unknown" if quantity is None else outside(quantity, limits.low, limits.high)
    if side == "":
        return passed(NAME, "Within the limits for release without review.")
    if side == "low" and limits.low is not None:
        return failed(NAME, "review.outside", f"Below {plain(limits.low)}: a person reviews.", value=quantity)
    if side == "high" and limits.high is not None:
        return failed(
            NAME, "review.outside", f"Above {plain(limits.high)}: a person reviews.", value=quantity
        )
    return not_evaluable(NAME, "review.open", "Whether it lies within the limits is left open.")
