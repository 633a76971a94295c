"""A container's stays in a refrigerator of the store, as they are written down in its condition: from and until."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

COLD = "cold"
Stay = tuple[datetime, datetime | None]


def put_in(condition: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The condition of a container that is put into a refrigerator."""
    return {**condition, COLD: [*condition.get(COLD, []), [at.isoformat(), None]]}


def taken_out(condition: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The condition of a container that leaves the store, whether it lay in a refrigerator or not."""
    if COLD not in condition:
        return {**condition}
    return {**condition, COLD: [[since, until or at.isoformat()] for since, until in condition[COLD]]}


def cold_stays(condition: Mapping[str, Any], taken_out_at: datetime | None = None) -> tuple[Stay, ...]:
    """When a container lay in a refrigerator; the last stay is open while it is said to lie there."""
    read = datetime.fromisoformat
    return tuple(
        (read(since), read(until) if until else taken_out_at) for since, until in condition.get(COLD, ())
    )
