"""When a tube may be spun, and when it is done: serum clots first, a spun tube is never spun again.

Times are computed when they are asked for, from what was recorded; nothing runs in the background. CLSI GP44 (now
PRE04) in spirit: full clot before the spin, gel tubes once only; the minutes are the pack's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from lis.domain.catalog import ContainerType


@dataclass(frozen=True, slots=True)
class TubeTimes:
    """What was recorded of one tube. `clotting_at`: when it was set to clot."""

    collected_at: datetime | None
    clotting_at: datetime | None = None
    spin_at: datetime | None = None
    separated_at: datetime | None = None


def separation_objection(
    collected_at: datetime | None, separated_at: datetime, now: datetime
) -> tuple[str, str] | None:
    """Why a tube cannot have been spun then, before it came: a stable code and words; None when it can."""
    if collected_at is None:
        return "separation.not_collected", "A tube is spun after it was collected: say when that was as well."
    if separated_at < collected_at:
        return "separation.before_collection", "It cannot have been spun before it was collected."
    if separated_at > now:
        return "separation.future", "The time of the spin lies in the future."
    return None


def clot_ready_at(kind: ContainerType, times: TubeTimes) -> datetime | None:
    """When the clot is complete, counted from the draw, or from when it was set to clot if that is unknown.

    None where the kind needs no clot, or neither instant is known.
    """
    start = times.collected_at or times.clotting_at
    if start is None or not kind.clot_time_min:
        return None
    return start + timedelta(minutes=kind.clot_time_min)


def spin_ready_at(kind: ContainerType, times: TubeTimes) -> datetime | None:
    """When the spin is long enough; None while it is not spinning."""
    if times.spin_at is None:
        return None
    return times.spin_at + timedelta(minutes=kind.spin_min or 0)


def spin_objection(kind: ContainerType, times: TubeTimes, now: datetime) -> tuple[str, str] | None:
    """Why a tube may not go into the centrifuge now: a stable code and words; None when it may."""
    if not kind.centrifuge:
        return "spin.not_this_kind", f"{kind.name} is not spun."
    if times.separated_at is not None:
        return "spin.again", "It was spun already: spinning it again spoils it. Pour off instead."
    if times.spin_at is not None:
        return "spin.running", "It is in the centrifuge."
    if not kind.clot_time_min:
        return None
    ready = clot_ready_at(kind, times)
    if ready is None:
        return "spin.clot_unknown", "When it was drawn is not known: set it to clot first."
    if now < ready:
        minutes = -((now - ready) // timedelta(minutes=1))
        return "spin.not_clotted", f"The clot is not complete: {minutes} min to wait."
    return None
