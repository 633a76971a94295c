"""How far pregnancy has carried a quantity from the woman's own level to that of the third trimester."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from simulators.patients import Person


def pregnancy_share(person: Person, when: datetime, code: str, timing: Mapping[str, Any]) -> float:
    """0 before and long after, 1 in the third trimester; some quantities (`early`) run ahead of the others."""
    pregnancy = person.pregnancy
    if pregnancy is None or when < pregnancy.since:
        return 0.0
    start, full = timing["early"].get(code, (timing["start_week"], timing["full_week"]))
    carried = when if pregnancy.ended_at is None else min(when, pregnancy.ended_at)
    weeks = (carried - pregnancy.since) / timedelta(weeks=1)
    reached: float = min(max((weeks - start) / (full - start), 0.0), 1.0)
    if pregnancy.ended_at is None or when <= pregnancy.ended_at:
        return reached
    days_since = (when - pregnancy.ended_at) / timedelta(days=1)
    still = max(0.0, 1.0 - days_since / float(timing["back_days"]))
    return reached * still


def left_of_summit(person: Person, when: datetime, code: str, timing: Mapping[str, Any]) -> float:
    """What pregnancy has left of a quantity that has its summit early: 1 up to there, then down to its share."""
    pregnancy, falling = person.pregnancy, timing.get("falling", {}).get(code)
    if pregnancy is None or falling is None:
        return 1.0
    summit, low, share = falling
    weeks = (when - pregnancy.since) / timedelta(weeks=1)
    fallen = min(max((weeks - summit) / (low - summit), 0.0), 1.0)
    return float(share**fallen)


def between(value: float, target: float, share: float, log: bool) -> float:
    """From `value` to `target` by `share`, on the log scale where the quantity lives there."""
    if share >= 1.0:
        return target
    if log and value > 0 and target > 0:
        return float(value ** (1.0 - share) * target**share)
    return value + share * (target - value)
