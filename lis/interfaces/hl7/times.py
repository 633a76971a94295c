"""HL7 times (DT, TS, DTM): read in the interface's zone when they carry no offset, written with offset."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from lis.kernel.remembering import remembers

_TIME = re.compile(
    r"(?P<day>\d{8})(?P<hour>\d{2})(?P<minute>\d{2})?(?P<second>\d{2})?(?:\.(?P<part>\d{1,6})\d*)?"
    r"(?P<offset>[+-]\d{4})?",
    re.ASCII,
)
_DAY = re.compile(r"\d{8}", re.ASCII)


@remembers(1024)  # the observations of one message were made at the same few instants
def read_instant(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant a time names, in UTC; None when it is none or only a day: noon is not to be invented."""
    found = _TIME.fullmatch(text.strip())
    day = read_day(found["day"]) if found else None
    if found is None or day is None:
        return None
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        return None
    micro = int((found["part"] or "0").ljust(6, "0"))
    offset = _offset(found["offset"]) if found["offset"] else zone
    local = datetime(day.year, day.month, day.day, hour, minute, second, micro, tzinfo=offset)
    return local.astimezone(UTC)


def read_day(text: str) -> date | None:
    """The day a date or time begins with; None when that is none."""
    found = _DAY.match(text.strip())
    try:
        return date(int(found[0][:4]), int(found[0][4:6]), int(found[0][6:])) if found else None
    except ValueError:
        return None


def write_instant(at: datetime | None, zone: ZoneInfo) -> str:
    """A time to the second with offset; "" for none."""
    if at is None:
        return ""
    return _written(at, zone) if at.tzinfo is UTC else f"{at.astimezone(zone):%Y%m%d%H%M%S%z}"


@lru_cache(
    maxsize=256
)  # the replies of one transaction share theirs; UTC only: elsewhere equal ones may differ by fold
def _written(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y%m%d%H%M%S%z}"


def write_day(day: date | None) -> str:
    """A date; "" for none."""
    return f"{day:%Y%m%d}" if day else ""


def _offset(text: str) -> timezone:
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[3:5])))
