"""Limits are chosen once for each kind of patient: as they would be for the very patient."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lis.domain import autoverification
from lis.domain.catalog import Catalog
from lis.domain.limits import kind_of, limits_for
from lis.domain.patients import PatientFacts
from lis.domain.ranges import interval_for, row_for_age
from lis.kernel.clock import local_day
from lis.kernel.errors import Invalid
from tests.domain.samples import MAN, NOON, ZONE

DAYS = st.one_of(st.none(), st.integers(0, 400), st.integers(0, 44_000))


def patient(age_days: int | None, sex: str = "M", condition: str = "") -> PatientFacts:
    born = None if age_days is None else local_day(NOON, ZONE) - timedelta(days=age_days)
    return PatientFacts(born, sex, ZONE, condition)


@given(
    age=DAYS, sex=st.sampled_from(["M", "F", "U", ""]), condition=st.sampled_from(["", "pregnant_T3", "?"])
)
def test_rows_are_those_of_the_patient_s_own_age(
    catalog: Catalog, age: int | None, sex: str, condition: str
) -> None:
    person = patient(age, sex, condition)
    kind, age = kind_of(catalog, person, NOON), person.age_days(NOON)
    for test in catalog.tests:
        rows = catalog.intervals.get(test, ())
        chosen = limits_for(catalog, kind, test)
        assert chosen.interval == interval_for(rows, sex=sex, age_days=age, condition=condition)
        assert (chosen.critical, chosen.critical_known) == row_for_age(catalog.criticals.get(test, ()), age)
        ranges = catalog.autoverification.get(test, ())
        assert (chosen.review, chosen.review_known) == autoverification.limits_for(ranges, age)


def test_patients_whom_no_limit_tells_apart_share_their_limits(catalog: Catalog) -> None:
    one, other = (kind_of(catalog, patient(age), NOON) for age in (15_000, 15_001))
    newborn = kind_of(catalog, patient(0), NOON)
    assert (one is other, one is newborn) == (True, False)
    kinds = (one, kind_of(catalog, patient(15_000, "F"), NOON))
    shared = [[limits_for(catalog, kind, test) for kind in kinds] for test in ("K", "HGB")]
    assert [man is woman for man, woman in shared] == [True, False]


def test_other_content_chooses_anew(catalog: Catalog) -> None:
    content = replace(catalog, criticals={})
    kinds = [(one, kind_of(one, MAN, NOON)) for one in (catalog, content)]
    assert [limits_for(one, kind, "K").critical is None for one, kind in kinds] == [False, True]


def test_unknown_test_has_no_limits(catalog: Catalog) -> None:
    with pytest.raises(Invalid) as refused:
        limits_for(catalog, kind_of(catalog, MAN, NOON), "NOSUCH")
    assert refused.value.code == "test.unknown"


def test_whoever_is_older_than_any_limit_has_the_limits_of_the_oldest(catalog: Catalog) -> None:
    """A birth date of 1900 stands for one that nobody knows: nothing that is critical may pass because of it."""
    oldest = limits_for(catalog, kind_of(catalog, PatientFacts(date(1900, 1, 1), "F", ZONE), NOON), "K")
    adult = limits_for(catalog, kind_of(catalog, PatientFacts(date(1960, 1, 1), "F", ZONE), NOON), "K")
    assert oldest.critical is not None
    assert (oldest.critical, oldest.interval, oldest.review) == (adult.critical, adult.interval, adult.review)
