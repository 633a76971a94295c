"""What of the content holds for a test and one kind of patient: chosen once, then remembered beside the content."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from lis.domain import autoverification
from lis.domain.catalog import (
    AutoverificationRange,
    Catalog,
    CodedValue,
    CriticalLimit,
    DeltaLimit,
    Test,
)
from lis.domain.interference import index_limits
from lis.domain.patients import PatientFacts
from lis.domain.ranges import IntervalChoice, interval_for, interval_text, row_for_age
from lis.domain.specimens import own_limit
from lis.kernel.errors import Invalid

MOST_KINDS = 2_000  # remembered: conditions come from outside


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """The rows that hold. `…_known`: whether it could be said which, the age being unknown perhaps."""

    test: Test
    value_set: tuple[CodedValue, ...]
    interval: IntervalChoice
    interval_text: str
    critical: CriticalLimit | None
    critical_known: bool
    review: AutoverificationRange | None
    review_known: bool
    delta: DeltaLimit | None
    indices: dict[str, Decimal]  # interferent → the highest index that does not disturb
    keeps: tuple[timedelta | None, timedelta | None, str]  # warm, cold, and the material it is of
    is_index: bool


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """Patients whom no limit tells apart: of one sex, one condition, and an age since which nothing changes."""

    sex: str | None
    age_days: int | None  # at which it begins; None: not known
    condition: str
    limits: dict[str, Limits] = field(default_factory=dict)  # by test, those asked for before


class _Choices:
    """What was chosen of one content."""

    def __init__(self, catalog: Catalog) -> None:
        self.ages = _ages_apart(catalog)
        self.kinds: dict[tuple[str | None, int | None, str], Kind] = {}
        self.limits: dict[object, Limits] = {}  # by the rows: kinds with the same rows share them


def kind_of(catalog: Catalog, patient: PatientFacts, at: datetime | None) -> Kind:
    """The kind of patient somebody is at an instant."""
    choices = _choices(catalog)
    age = patient.age_days(at)
    begins = None if age is None else choices.ages[bisect_right(choices.ages, age) - 1]
    key = patient.known_sex, begins, patient.condition
    kind = choices.kinds.get(key)
    if kind is None:
        if len(choices.kinds) >= MOST_KINDS:
            choices.kinds.clear()
        choices.kinds[key] = kind = Kind(*key)
    return kind


def limits_for(catalog: Catalog, kind: Kind, test: str) -> Limits:
    """The limits of a test for one kind of patient."""
    found = kind.limits.get(test)
    if found is None:
        kind.limits[test] = found = _choose(catalog, kind, test)
    return found


def _choices(catalog: Catalog) -> _Choices:
    found = catalog.chosen.get(_Choices)
    if found is None:
        catalog.chosen[_Choices] = found = _Choices(catalog)
    return found


def _ages_apart(catalog: Catalog) -> list[int]:
    """Ages in days at which the rows of any test change."""
    ages = {0}
    for intervals in catalog.intervals.values():
        ages |= {age for row in intervals for age in (row.age_low_days, row.age_high_days + 1)}
    for criticals in catalog.criticals.values():
        ages |= {age for row in criticals for age in (row.age_low_days, row.age_high_days + 1)}
    for ranges in catalog.autoverification.values():
        ages |= {row.min_age_days for row in ranges}
    return sorted(ages)


def _choose(catalog: Catalog, kind: Kind, code: str) -> Limits:
    test = catalog.tests.get(code)
    if test is None:
        raise Invalid("test.unknown", f"{code} is no test of this laboratory.")
    rows = catalog.intervals.get(code, ())
    interval = interval_for(rows, sex=kind.sex, age_days=kind.age_days, condition=kind.condition)
    critical = row_for_age(catalog.criticals.get(code, ()), kind.age_days)
    review = autoverification.limits_for(catalog.autoverification.get(code, ()), kind.age_days)
    return _choices(catalog).limits.setdefault(
        (code, interval, critical, review),
        Limits(
            test,
            catalog.value_set_of(code),
            interval,
            interval_text(interval, catalog.unit_text),
            *critical,
            *review,
            catalog.deltas.get(code),
            index_limits(code, review[0], catalog),
            (own_limit(test, cold=False), own_limit(test, cold=True), test.specimen_type),
            code in catalog.index_letters,
        ),
    )
