"""What of the content holds for a test and a patient of one sex, age and condition: chosen once, then remembered."""

from __future__ import annotations

from dataclasses import dataclass

from lis.domain import autoverification
from lis.domain.catalog import AutoverificationRange, Catalog, CriticalLimit
from lis.domain.ranges import IntervalChoice, interval_for, interval_text, row_for_age

MOST = 20_000  # remembered choices: a day's patients


@dataclass(frozen=True, slots=True)
class Limits:
    """The rows that hold. `…_known`: whether it could be said which, the age being unknown perhaps."""

    interval: IntervalChoice
    interval_text: str
    critical: CriticalLimit | None
    critical_known: bool
    review: AutoverificationRange | None
    review_known: bool


def limits_for(catalog: Catalog, test: str, sex: str, age_days: int | None, condition: str) -> Limits:
    """The limits of a test for one kind of patient."""
    key = (test, sex, age_days, condition)
    found = catalog.chosen.get(key)
    if not isinstance(found, Limits):
        if len(catalog.chosen) >= MOST:
            catalog.chosen.clear()
        catalog.chosen[key] = found = _choose(catalog, test, sex, age_days, condition)
    return found


def _choose(catalog: Catalog, test: str, sex: str, age_days: int | None, condition: str) -> Limits:
    interval = interval_for(catalog.intervals.get(test, ()), sex=sex, age_days=age_days, condition=condition)
    review = autoverification.limits_for(catalog.autoverification.get(test, ()), age_days)
    return Limits(
        interval,
        interval_text(interval, catalog.unit_text),
        *row_for_age(catalog.criticals.get(test, ()), age_days),
        *review,
    )
