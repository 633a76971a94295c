"""Words and marks of the screens: states and ages as people say them, flags with their marks, control characters."""

from __future__ import annotations

from datetime import date, datetime

from lis.kernel.clock import age_in_days, age_in_years, local_day

# Beside the letter, so that nothing rests on colour.
MARKS = {"H": "▲ H", "L": "▼ L", "HH": "▲▲ HH", "LL": "▼▼ LL"}

STATE_WORDS = {
    "in_lab": "in the lab",
    "on_hold": "On hold",
    "resulted": "Passed",
    "verified": "Verified",
    "released": "Released",
    "pending": "Pending",
    "cancelled": "Cancelled",
    "S": "STAT",
    "A": "ASAP",
    "R": "Routine",
    "T": "Timed",
}

NO_VALUE = "No result"
"""What stands where a value could not be obtained or calculated: a released one too says so."""

_CONTROL_NAMES = (
    "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI "
    "DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US"
)
_SPELLED = {0x2400 + code: f"<{name}>" for code, name in enumerate(_CONTROL_NAMES.split())} | {
    0x2421: "<DEL>"
}


def spelled(line: str) -> str:
    """Pictures of control characters as their names, `<CR>`: not every machine has a font with the pictures."""
    return line.translate(_SPELLED)


def age_text(birth_on: date, at: datetime, zone: str) -> str:
    """Completed years; below two years completed months, below two months days."""
    today, (years, _) = local_day(at, zone), age_in_years(birth_on, at, zone)
    months = 12 * (today.year - birth_on.year) + today.month - birth_on.month - (today.day < birth_on.day)
    if months < 2:
        return f"{age_in_days(birth_on, at, zone)} d"
    return f"{months} mo" if years < 2 else f"{years} y"
