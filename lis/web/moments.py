"""Days and hours as people type them: year first, 24 hours, in the laboratory's zone, whatever the browser's language.

`2026-11-29 14:05` is how they are shown. `20261129 1405`, `2026/11/29 14.05` and seconds are taken too; so is an hour
alone, for the last time that the clock on the wall showed it. What may be read in two ways is refused in words.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from lis.kernel.clock import local
from lis.kernel.errors import Invalid

_DAY = re.compile(r"([12]\d{3})([-./]?)(\d{1,2})\2(\d{1,2})", re.ASCII)
_HOUR = re.compile(r"(\d{1,2})[:.]([0-5]\d)(?:[:.]([0-5]\d))?|(\d\d)([0-5]\d)", re.ASCII)
_INSTANT = re.compile(r"(?:(\S+?)(?:\s+|T))?([\d:.]+)\s*(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?", re.ASCII)
_YEAR_LAST = re.compile(r"\d{1,2}[-./]\d{1,2}[-./]\d{2,4}\b")
_HALVES = re.compile(r"\b\d+[\d:.]*\s*[ap]\.?m\b", re.IGNORECASE)
COMPACT = len("20261129")
DAY_ADVICE = "Type year, month and day, as 2026-11-29."


def day(text: str) -> date | None:
    """A calendar day; None where it is none, or one that may be read in two ways."""
    found = _DAY.fullmatch(text.strip())
    if found is None or (not found[2] and len(found[0]) != COMPACT):
        return None
    try:
        return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        return None


def hour(text: str) -> time | None:
    """An hour of the day by a clock of 24 hours."""
    found = _HOUR.fullmatch(text)
    if found is None:
        return None
    hours, minutes = found[1] or found[4], found[2] or found[5]
    return time(int(hours), int(minutes), int(found[3] or 0)) if int(hours) < 24 else None


def instant(text: str, zone: str, now: datetime) -> datetime:
    """An instant in the laboratory's zone, or a refusal that says what to type."""
    found = _INSTANT.fullmatch(text.strip())
    at = hour(found[2]) if found else None
    if found is None or at is None:
        raise _unreadable(text, zone, now)
    if found[1] is None:
        return _last_time(at, found[3], zone, now)
    on = day(found[1])
    if on is None:
        raise _unreadable(text, zone, now)
    return _exactly(datetime.combine(on, at), found[3], zone)


def _last_time(at: time, offset: str | None, zone: str, now: datetime) -> datetime:
    """The last time before `now` that a clock showed an hour: the one on the wall, or one of the offset that is said.

    Put back, the one on the wall has shown it before although it is still to come.
    """
    clock = _clock(offset) if offset else ZoneInfo(zone)
    wall = now.astimezone(clock).replace(tzinfo=None)
    shown = datetime.combine(wall.date(), at)
    was_today = shown <= wall or shown.replace(tzinfo=clock) <= now
    return _exactly(shown if was_today else shown - timedelta(days=1), offset, zone)


def _exactly(shown: datetime, offset: str | None, zone: str) -> datetime:
    if not offset:
        return on_the_wall(shown, zone)
    return shown.replace(tzinfo=_clock(offset)).astimezone(ZoneInfo(zone))


def _clock(offset: str) -> tzinfo | None:
    return datetime.fromisoformat(f"2000-01-01T00:00{offset.replace('Z', '+00:00')}").tzinfo


def on_the_wall(shown: datetime, zone: str) -> datetime:
    """The one instant at which a clock in the zone shows this; refused where it never does, or does twice."""
    first, second = (shown.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    if first.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != shown:
        raise Invalid(
            "form.instant",
            f"{shown:%Y-%m-%d %H:%M} never was: the clocks were put forward over it.",
            "Look at the hour again.",
        )
    raise Invalid(
        "form.instant",
        f"{shown:%Y-%m-%d %H:%M} was twice: the clocks were put back.",
        f"Type the hour as {_offset(first)} for the first time, as {_offset(second)} for the second.",
    )


def _offset(at: datetime) -> str:
    return at.isoformat(timespec="minutes").partition("T")[2]


def _unreadable(text: str, zone: str, now: datetime) -> Invalid:
    """Why a text is no instant, and how this one would be typed now."""
    example = f"{local(now, zone):%Y-%m-%d %H:%M}"
    if _YEAR_LAST.match(text.strip()):
        return Invalid(
            "form.instant", f"{text} may be read in two ways.", f"Type the year first, as {example}."
        )
    if _HALVES.search(text):
        return Invalid("form.instant", f"{text}: hours run from 00 to 23 here.", f"Type it as {example}.")
    return Invalid("form.instant", f"{text} is no date and time.", f"Type day and hour, as {example}.")
