"""People to look at: the core pack's content and bodies, adults drawn with a fixed seed, and a little statistics."""

from __future__ import annotations

import csv
import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from simulators.content import load_content
from simulators.content_types import Content, Interval, Value
from simulators.dice import Dice
from simulators.patients import Person
from simulators.physiology import Physiology, TrueState
from simulators.population import Population

PACK = Path(__file__).parents[2] / "seed" / "packs" / "core"
ZONE = ZoneInfo("America/Chicago")
MORNING = datetime(2026, 3, 2, 14, tzinfo=UTC)  # 08:00 where the people live
ADULT_DAYS = 12_000


@cache
def core() -> Content:
    """The core pack, read once."""
    return load_content(PACK)


@cache
def physiology() -> Physiology:
    """The bodies of one world; asking leaves nothing behind that could change an answer."""
    return Physiology(core(), Dice(1).fork("bodies"), ZONE)


@cache
def population() -> Population:
    """The people of the same world."""
    return Population(core(), Dice(1).fork("population"), ZONE)


def person(number: int = 1, sex: str = "M", years: float = 40, blood_group: str = "OPOS") -> Person:
    """A healthy person of this age."""
    born_on = MORNING.astimezone(ZONE).date() - timedelta(days=int(years * 365.25))
    return Person(f"{number:08d}", "Doe", "Jamie", "Q", sex, born_on, blood_group)


def aged(number: int, sex: str, days: int) -> Person:
    """A healthy person of so many days."""
    return replace(person(number, sex, 0), born_on=MORNING.astimezone(ZONE).date() - timedelta(days=days))


@cache
def adults(count: int) -> tuple[tuple[Person, TrueState], ...]:
    """Healthy adults of 18 to 75 years, both sexes alike, with what is true of them on one morning."""
    dice = Dice(2026)
    people = [person(i, "MF"[i % 2], 18 + 57 * dice.unit(f"age/{i}")) for i in range(count)]
    return tuple((one, physiology().at(one, MORNING)) for one in people)


def on_scale(code: str, value: Value) -> float:
    """The value on the scale on which the quantity is normal."""
    number = float(value)
    return math.log(max(number, 1e-9)) if physiology().baseline.is_log(code) else number


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Pearson's r."""
    return statistics.correlation(xs, ys)


def reported(state: TrueState) -> dict[str, Value]:
    """The state as numbers are printed: rounded half up to the reported digits."""
    return {code: _rounded(code, value) for code, value in state.items()}


def _rounded(code: str, value: Value) -> Value:
    resolution = core().analytes[code].resolution
    if isinstance(value, str) or not resolution:
        return value
    return round(math.floor(value / resolution + 0.5) * resolution, 6)


def adult_interval(code: str, sex: str) -> Interval | None:
    """The laboratory's interval of a healthy adult of this sex, where a number has one with both limits."""
    wanted = ("", core().program.conditions.get(code, ""))
    numeric = core().analytes[code].kind == "NM"
    rows = [row for row in core().intervals if numeric and row.analyte == code and row.condition in wanted]
    return next((row for row in rows if row.holds_for(sex, ADULT_DAYS)), None)


def table(name: str) -> list[dict[str, str]]:
    """A table of the pack as text."""
    with (PACK / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
