"""HL7 times: zones, both clock changes, and what is no time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from lis.interfaces.hl7.times import read_day, read_instant, write_day, write_instant

CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("20260302060500", datetime(2026, 3, 2, 12, 5, tzinfo=UTC)),
        ("20260302060500-0800", datetime(2026, 3, 2, 14, 5, tzinfo=UTC)),
        ("202603020605+0530", datetime(2026, 3, 2, 0, 35, tzinfo=UTC)),
        ("2026030206", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("20260302060500.1234-0600", datetime(2026, 3, 2, 12, 5, 0, 123400, tzinfo=UTC)),
        (
            "20260308015959",
            datetime(2026, 3, 8, 7, 59, 59, tzinfo=UTC),
        ),  # the last second before the spring change
        ("20260308030000", datetime(2026, 3, 8, 8, tzinfo=UTC)),
        ("20261101013000", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),  # happens twice: the first is meant
        ("20261101013000-0600", datetime(2026, 11, 1, 7, 30, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_in_the_zone_unless_it_carries_an_offset(text: str, instant: datetime) -> None:
    assert read_instant(text, CHICAGO) == instant


@pytest.mark.parametrize(
    "text", ["", "20260302", "202603", "2026030225", "20260230120000", "Aug 15, 1942", '""']
)
def test_what_is_no_instant_gives_none(text: str) -> None:
    assert read_instant(text, CHICAGO) is None


def test_days_are_read_from_dates_and_times() -> None:
    assert [
        read_day(text) for text in ("19800517", "19800517120000", "1980", "19800230", "Aug 15, 1942")
    ] == [
        date(1980, 5, 17),
        date(1980, 5, 17),
        None,
        None,
        None,
    ]


def test_instants_are_written_with_offset() -> None:
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)

    assert write_instant(summer, CHICAGO) == "20260701070000-0500"
    assert (write_instant(None, CHICAGO), write_day(date(1980, 5, 17)), write_day(None)) == (
        "",
        "19800517",
        "",
    )
