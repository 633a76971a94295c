"""Reference intervals: which row holds for this patient, and what flag a value gets by it (HL7 0078: L H N A AA).

Normal is low <= value <= high. A row for the patient's sex goes before one for all; a row for the stated
condition before one without; where nothing is stated, the row marked `when_unknown` stands in. A fact that is
missing matters only if the row would depend on it (reference: clinical content catalogue, "Absent facts").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from lis.domain.catalog import NO_AGE_LIMIT, CodedValue, ReferenceInterval
from lis.domain.comparing import outside
from lis.domain.patients import KNOWN_SEXES
from lis.kernel.quantity import Quantity, plain

NOT_ESTABLISHED = "not established"


class _Aged(Protocol):
    @property
    def age_low_days(self) -> int: ...
    @property
    def age_high_days(self) -> int: ...


Aged = TypeVar("Aged", bound=_Aged)


@dataclass(frozen=True, slots=True)
class IntervalChoice:
    """The row that holds; or none: `not_established` for this patient, `none` at all, or `not_evaluable`."""

    row: ReferenceInterval | None
    state: Literal["chosen", "not_established", "none", "not_evaluable"]
    missing: tuple[str, ...] = ()


def interval_for(
    rows: Sequence[ReferenceInterval], *, sex: str | None, age_days: int | None, condition: str = ""
) -> IntervalChoice:
    """The row for a patient. An unknown sex or age is tried in every way: if the answers differ, it is missing."""
    if not rows:
        return IntervalChoice(None, "none")
    sexes = (sex,) if sex in KNOWN_SEXES else KNOWN_SEXES
    answers = {_best(rows, s, age, condition) for s in sexes for age in possible_ages(rows, age_days)}
    if len(answers) > 1:
        return IntervalChoice(None, "not_evaluable", _missing(sex, age_days))
    row = answers.pop()
    if row is not None:
        return IntervalChoice(row, "chosen")
    if not condition and _only_conditional(rows, sexes, age_days):
        return IntervalChoice(None, "not_evaluable", ("condition",))
    return IntervalChoice(None, "not_established")


def possible_ages(rows: Iterable[_Aged], age_days: int | None) -> tuple[int, ...]:
    """The age itself, or one age for every stretch that the rows tell apart."""
    if age_days is not None:
        return (age_days,)
    starts = {start for row in rows for start in (row.age_low_days, row.age_high_days + 1)}
    return tuple(sorted({0, *(start for start in starts if start <= NO_AGE_LIMIT)}))


def row_for_age(rows: Sequence[Aged], age_days: int | None) -> tuple[Aged | None, bool]:
    """The first row for an age, and whether that could be said: an unknown age matters only where rows differ."""
    found = {
        next((i for i, r in enumerate(rows) if r.age_low_days <= age <= r.age_high_days), None)
        for age in possible_ages(rows, age_days)
    }
    if len(found) != 1:
        return None, False
    index = found.pop()
    return (None if index is None else rows[index]), True


def flag_for(quantity: Quantity, interval: ReferenceInterval) -> str | None:
    """L, H or N; "" when the interval has no numbers; None when a comparator leaves it open."""
    if interval.low is None and interval.high is None:
        return ""
    side = outside(quantity, interval.low, interval.high)
    return None if side is None else {"low": "L", "high": "H", "": "N"}[side]


def coded_flag(code: str, values: Iterable[CodedValue]) -> str | None:
    """The value set's own flag for a code; None when the set does not have it."""
    for value in values:
        if value.code == code:
            return value.abnormal_flag
    return None


def interval_text(choice: IntervalChoice, unit_text: Callable[[str], str] = str) -> str:
    """The interval as printed: the row's own words, else its numbers with the unit, else "not established"."""
    row = choice.row
    if row is None:
        return NOT_ESTABLISHED if choice.state == "not_established" else ""
    words = row.text or _numbers(row, unit_text)
    return f"{words} ({row.condition.replace('_', ' ')})" if row.condition else words


def _best(
    rows: Sequence[ReferenceInterval], sex: str | None, age: int, condition: str
) -> ReferenceInterval | None:
    fitting = [row for row in rows if row.sex in ("A", sex) and row.age_low_days <= age <= row.age_high_days]
    ranked = [
        (rank, row.sex == "A", i) for i, row in enumerate(fitting) if (rank := _rank(row, condition)) < 3
    ]
    return fitting[min(ranked)[2]] if ranked else None


def _rank(row: ReferenceInterval, condition: str) -> int:
    """0 the stated condition, 1 none asked, 2 stands in where nothing is known, 3 does not hold."""
    if row.condition == condition:
        return 0
    if row.condition == "":
        return 1
    return 2 if row.when_unknown else 3


def _only_conditional(
    rows: Sequence[ReferenceInterval], sexes: Iterable[str | None], age: int | None
) -> bool:
    return any(
        (row.sex == "A" or row.sex in sexes) and (age is None or row.age_low_days <= age <= row.age_high_days)
        for row in rows
    )


def _missing(sex: str | None, age_days: int | None) -> tuple[str, ...]:
    absent = [] if sex in KNOWN_SEXES else ["sex"]
    return tuple(absent if age_days is not None else [*absent, "birth date"])


def _numbers(row: ReferenceInterval, unit_text: Callable[[str], str]) -> str:
    unit = unit_text(row.unit)
    if row.low is not None and row.high is not None:
        words = f"{plain(row.low)}–{plain(row.high)}"
    elif row.low is not None:
        words = f"≥{plain(row.low)}"
    elif row.high is not None:
        words = f"≤{plain(row.high)}"
    else:
        return ""
    return f"{words} {unit}".strip()
