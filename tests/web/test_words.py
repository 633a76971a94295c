"""Words of the screens."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from lis.web.words import age_text


@pytest.mark.parametrize(
    ("birth_on", "age"),
    [
        (date(2026, 3, 10), "0 d"),
        (date(2026, 1, 11), "58 d"),
        (date(2026, 1, 10), "2 mo"),
        (date(2024, 3, 11), "23 mo"),
        (date(2024, 3, 10), "2 y"),
        (date(2008, 3, 11), "17 y"),
        (date(2008, 3, 10), "18 y"),
    ],
)
def test_age_changes_on_the_birthday(birth_on: date, age: str) -> None:
    assert age_text(birth_on, datetime(2026, 3, 10, 18, tzinfo=UTC), "America/Chicago") == age
