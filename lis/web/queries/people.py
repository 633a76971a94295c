"""The staff by name: what stands on a screen where a row has a member's code."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from lis.lab import Reading
from lis.storage import tables as t
from lis.storage.questions import Question

_NAMES = Question(select(t.staff.c.code, t.staff.c.name))


def names(reading: Reading) -> dict[str, str]:
    """Code → name; where several are called so, with the code that tells them apart."""
    rows = _NAMES.ask(reading.connection)
    called = Counter(row.name for row in rows)
    return {row.code: row.name if called[row.name] == 1 else f"{row.name} ({row.code})" for row in rows}
