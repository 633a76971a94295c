"""Days and hours as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from lis.kernel.errors import Invalid
from lis.web import moments

ZONE = "America/Chicago"
TYPED = "Type day and hour, as 2026-11-29 14:05."
NOW = datetime(2026, 11, 29, 20, 5, 30, tzinfo=UTC)  # 14:05:30 on the wall


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("2026-11-29 14:05", "2026-11-29T14:05:00-06:00"),
        ("2026-11-29T14:05", "2026-11-29T14:05:00-06:00"),
        (" 2026-11-29  9:05 ", "2026-11-29T09:05:00-06:00"),
        ("2026/11/29 14.05", "2026-11-29T14:05:00-06:00"),
        ("2026.1.9 14:05:59", "2026-01-09T14:05:59-06:00"),
        ("20261129 1405", "2026-11-29T14:05:00-06:00"),
        ("2026-07-01 00:00", "2026-07-01T00:00:00-05:00"),
        ("2026-11-29 20:05Z", "2026-11-29T14:05:00-06:00"),
        ("2026-11-01 01:30-05:00", "2026-11-01T01:30:00-05:00"),
        ("2026-11-01 01:30 -0600", "2026-11-01T01:30:00-06:00"),
        ("14:05", "2026-11-29T14:05:00-06:00"),
        ("1405", "2026-11-29T14:05:00-06:00"),
        ("14:06", "2026-11-28T14:06:00-06:00"),
        ("0:10", "2026-11-29T00:10:00-06:00"),
        ("13:30-06:00", "2026-11-29T13:30:00-06:00"),
    ],
)
def test_instant_is_read_as_it_is_commonly_typed(typed: str, at: str) -> None:
    assert moments.instant(typed, ZONE, NOW).isoformat() == at


@pytest.mark.parametrize(
    ("typed", "message", "advice"),
    [
        ("soon", "soon is no date and time.", TYPED),
        ("", " is no date and time.", TYPED),
        ("2026-11-29", "2026-11-29 is no date and time.", TYPED),
        ("2026-02-30 10:00", "2026-02-30 10:00 is no date and time.", TYPED),
        ("2026-11-29 24:00", "2026-11-29 24:00 is no date and time.", TYPED),
        ("2026-11-29 10:60", "2026-11-29 10:60 is no date and time.", TYPED),
        ("2026112 1405", "2026112 1405 is no date and time.", TYPED),
        (
            "11/29/2026 14:05",
            "11/29/2026 14:05 may be read in two ways.",
            "Type the year first, as 2026-11-29 14:05.",
        ),
        (
            "3.4.26 14:05",
            "3.4.26 14:05 may be read in two ways.",
            "Type the year first, as 2026-11-29 14:05.",
        ),
        (
            "2026-11-29 2:05 PM",
            "2026-11-29 2:05 PM: hours run from 00 to 23 here.",
            "Type it as 2026-11-29 14:05.",
        ),
        ("2:05pm", "2:05pm: hours run from 00 to 23 here.", "Type it as 2026-11-29 14:05."),
        (
            "2026-03-08 02:30",
            "2026-03-08 02:30 never was: the clocks were put forward over it.",
            "Look at the hour again.",
        ),
        (
            "2026-11-01 01:30",
            "2026-11-01 01:30 was twice: the clocks were put back.",
            "Type the hour as 01:30-05:00 for the first time, as 01:30-06:00 for the second.",
        ),
        ("2026-11-29 10:00+99:00", "2026-11-29 10:00+99:00 is no date and time.", TYPED),
        ("2026-11-29 10:00+0١:00", "2026-11-29 10:00+0١:00 is no date and time.", TYPED),
        ("2026-11-29 1٠:00", "2026-11-29 1٠:00 is no date and time.", TYPED),
    ],
)
def test_what_is_no_instant_or_may_be_two_is_refused_in_words(typed: str, message: str, advice: str) -> None:
    with pytest.raises(Invalid) as refused:
        moments.instant(typed, ZONE, NOW)
    assert (refused.value.message, refused.value.advice) == (message, advice)


def test_hour_alone_in_a_night_with_two_of_it_is_refused_too() -> None:
    now = datetime(2026, 11, 1, 9, tzinfo=UTC)
    with pytest.raises(Invalid, match="was twice"):
        moments.instant("01:30", ZONE, now)
    times = [moments.instant(typed, ZONE, now).isoformat() for typed in ("01:30-05:00", "0130-0600")]
    assert times == ["2026-11-01T01:30:00-05:00", "2026-11-01T01:30:00-06:00"]


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("01:30-05:00", "2026-11-01T01:30:00-05:00"),  # three quarters of an hour ago
        ("01:10-06:00", "2026-11-01T01:10:00-06:00"),
        ("01:30-06:00", "2026-10-31T02:30:00-05:00"),  # still to come today
        ("01:10-05:00", "2026-11-01T01:10:00-05:00"),
        ("07:10Z", "2026-11-01T01:10:00-06:00"),
        ("07:20Z", "2026-10-31T02:20:00-05:00"),
    ],
)
def test_hour_with_an_offset_is_the_last_by_a_clock_of_that_offset(typed: str, at: str) -> None:
    now = datetime(2026, 11, 1, 7, 15, tzinfo=UTC)  # 01:15, for the second time
    assert moments.instant(typed, ZONE, now).isoformat() == at


@pytest.mark.parametrize("typed", ["01:10", "01:30"])
def test_hour_alone_is_not_of_yesterday_while_it_comes_again(typed: str) -> None:
    with pytest.raises(Invalid, match="was twice"):
        moments.instant(typed, ZONE, datetime(2026, 11, 1, 7, 15, tzinfo=UTC))


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("1990-02-03", date(1990, 2, 3)),
        ("19900203", date(1990, 2, 3)),
        ("1990/2/3", date(1990, 2, 3)),
        ("1990-02-30", None),
        ("3.2.1990", None),
        ("1990-02/03", None),
        ("199023", None),
        ("", None),
    ],
)
def test_day_has_its_year_first(typed: str, day: date | None) -> None:
    assert moments.day(typed) == day
