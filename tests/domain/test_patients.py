"""Ages by the laboratory's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from lis.domain.patients import PatientFacts, is_same_name
from tests.domain.samples import ZONE


@pytest.mark.parametrize(
    ("birth_on", "at", "days", "years"),
    [
        (date(2008, 3, 2), datetime(2026, 3, 2, 5, 59, tzinfo=UTC), 6569, 17),  # 23:59 on the eve
        (date(2008, 3, 2), datetime(2026, 3, 2, 6, 0, tzinfo=UTC), 6570, 18),
        (date(2008, 2, 29), datetime(2026, 2, 28, 18, 0, tzinfo=UTC), 6569, 17),
        (date(2008, 2, 29), datetime(2026, 3, 1, 18, 0, tzinfo=UTC), 6570, 18),
        (date(2023, 3, 2), datetime(2024, 3, 1, 18, 0, tzinfo=UTC), 364, 0),  # the 365th day of a leap year
        (date(2025, 12, 2), datetime(2026, 3, 2, 18, 0, tzinfo=UTC), 90, 0),
        (date(1900, 1, 1), datetime(2026, 3, 2, 18, 0, tzinfo=UTC), 43800, 126),  # as one limits know of
        (date(2026, 3, 2), datetime(2026, 3, 2, 18, 0, tzinfo=UTC), 0, 0),
        (date(2026, 3, 3), datetime(2026, 3, 2, 18, 0, tzinfo=UTC), None, None),
        (None, datetime(2026, 3, 2, 18, 0, tzinfo=UTC), None, None),
        (date(2008, 2, 29), None, None, None),
    ],
)
def test_age_in_days_of_limits_and_completed_years(
    birth_on: date | None, at: datetime | None, days: int | None, years: int | None
) -> None:
    patient = PatientFacts(birth_on, "F", ZONE)
    assert (patient.age_days(at), patient.age_years(at)) == (days, years)


def test_only_male_and_female_select_limits() -> None:
    known = [PatientFacts(None, sex, ZONE).known_sex for sex in ("M", "F", "O", "U", "A", "N", "")]
    assert known == ["M", "F", None, None, None, None, None]


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("Núñez-Álvarez, María", True),
        ("NUNEZALVAREZ, MARIA", True),
        ("Nunez Alvarez, M", True),
        ("NUNEZ, MARIA", True),  # cut by a short field
        ("NUNEZ", True),
        (", Maria", True),
        ("", True),
        ("NU, MARIA", False),
        ("Nunez Alvarez, Jose", False),
        ("Alvarez, Maria", False),
        ("Nunezalvarezson, Maria", False),
    ],
)
def test_name_that_a_device_says_can_be_the_patients_or_not(said: str, same: bool) -> None:
    assert is_same_name(said, "Núñez-Álvarez", "María") is same
