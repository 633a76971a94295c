"""What is given against an illness, and when: the courses of treatment that the case mix ties to a profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from simulators.dice import Dice
from simulators.patients import Course

_MONTHS_BEFORE = (60.0, 900.0)


class Treating:
    """Turns the `treatments` lines of the case mix into courses."""

    def __init__(self, mix: Mapping[str, Any]) -> None:
        self._lines: Mapping[str, list[Mapping[str, Any]]] = mix["treatments"]

    def courses(
        self, profile: str, at: datetime, dice: Dice, procedures: Iterable[Mapping[str, Any]] = ()
    ) -> Iterable[Course]:
        """The treatments this person gets for the profile and the procedures they came for, in order of the lines."""
        for line in (*self._lines.get(profile, ()), *procedures):
            stream = dice.fork(line["id"])
            if stream.chance(line["share"]):
                yield from self._given(line, at, stream)

    def _given(self, line: Mapping[str, Any], at: datetime, dice: Dice) -> Iterable[Course]:
        severity = dice.uniform(0.1, 0.9)
        low_dose, high_dose = line.get("dose", (1, 1))
        if line.get("before"):
            yield Course(line["id"], at - timedelta(days=dice.uniform(*_MONTHS_BEFORE)), None, severity)
            return
        first = at + timedelta(hours=dice.uniform(*line["start_hours"]))
        for repeat in range(line.get("times", 1)):
            since = first + timedelta(hours=repeat * line.get("every_hours", 0))
            until = since + timedelta(hours=line["hours"]) if "hours" in line else None
            yield Course(line["id"], since, until, severity, float(dice.integer(low_dose, high_dose)))
