"""Healthy people: which distribution each drawn quantity has at a sex and age, split between and within persons."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from simulators.content_types import Content, Interval
from simulators.physiology.copula import Copula, Pair

WIDTH_IN_SD = 3.92
_FLOOR_OF_HIGH = 50.0
_REFERENCE_DAYS = 12_000


@dataclass(frozen=True, slots=True)
class Draw:
    """One quantity in health: centre and the two spreads, on the log scale when `log`."""

    code: str
    log: bool
    centre: float
    between: float
    within: float
    floor: float

    def value(self, set_point: float, deviation: float) -> float:
        """The value of a person who stands `set_point` sd from others and now `deviation` sd from himself."""
        x = self.centre + self.between * set_point + self.within * deviation
        return math.exp(x) if self.log else max(x, self.floor)


class Baseline:
    """The healthy distributions of the content, looked up by sex and age once and kept."""

    def __init__(self, content: Content, computed: frozenset[str]) -> None:
        """`computed` are the quantities whose value comes from others and is not drawn."""
        self._content = content
        self._out = computed | content.program.none
        self.order = tuple(self._drawn())
        self._edges = sorted({edge for row in self._rows for edge in (row.low_days, row.high_days + 1)})
        self._plans: dict[tuple[str, int, bool], tuple[Draw, ...]] = {}

    @property
    def _rows(self) -> Iterable[Interval]:
        yield from self._content.healthy
        yield from self._content.intervals

    def _drawn(self) -> Iterable[str]:
        """Numbers with an interval, in order of the tests table, then the quantities no test reports."""
        named = {row.analyte for row in self._rows}
        for code, analyte in self._content.analytes.items():
            if analyte.kind == "NM" and code in named and code not in self._out:
                yield code
        yield from sorted(named - set(self._content.analytes))

    def plan(self, sex: str, days: int, pregnant: bool = False) -> tuple[Draw, ...]:
        """The distributions in `order`; rows for pregnancy replace the others when asked for."""
        key = (sex, bisect_right(self._edges, days), pregnant)
        if key not in self._plans:
            self._plans[key] = tuple(
                self._draw(self.interval(code, sex, days, pregnant)) for code in self.order
            )
        return self._plans[key]

    def carried(self, days: int) -> tuple[tuple[int, Draw], ...]:
        """What pregnancy changes: place in `order` and distribution in the third trimester."""
        plain, pregnant = self.plan("F", days), self.plan("F", days, pregnant=True)
        return tuple((place, draw) for place, draw in enumerate(pregnant) if draw != plain[place])

    def interval(self, code: str, sex: str, days: int, pregnant: bool = False) -> Interval:
        """The row that holds: pregnancy first, healthy.csv before the intervals, the nearest age when none fits."""
        rows = self._by_code[code]
        if pregnant:
            special = [
                row for row in rows if row.condition in self._pregnant_conditions and row.holds_for(sex, days)
            ]
            if special:
                return special[0]
        usual = [row for row in rows if row.condition in ("", self._content.program.conditions.get(code, ""))]
        mine = [row for row in usual if row.sex in ("A", sex)] or usual
        return min(mine, key=lambda row: row.distance(days))

    @cached_property
    def _pregnant_conditions(self) -> frozenset[str]:
        return frozenset(self._content.program.pregnancy["conditions"])

    @cached_property
    def _by_code(self) -> dict[str, list[Interval]]:
        grouped: dict[str, list[Interval]] = {}
        for row in self._rows:
            grouped.setdefault(row.analyte, []).append(row)
        return grouped

    def is_log(self, code: str) -> bool:
        """Whether the tests table calls the distribution of the quantity lognormal."""
        analyte = self._content.analytes.get(code)
        return analyte is not None and analyte.distribution == "lognormal"

    def _draw(self, row: Interval) -> Draw:
        log = row.distribution == "lognormal" if row.distribution else self.is_log(row.analyte)
        if log and row.high > 0:
            low, high = math.log(max(row.low, row.high / _FLOOR_OF_HIGH)), math.log(row.high)
        else:
            log, low, high = False, row.low, row.high
        centre, total = (low + high) / 2, (high - low) / WIDTH_IN_SD
        within = self._within(row.analyte, log, centre, total)
        between = math.sqrt(total**2 - within**2)
        return Draw(row.analyte, log, centre, between, within, 0.0 if row.low >= 0 else -math.inf)

    def _within(self, code: str, log: bool, centre: float, total: float) -> float:
        """Spread of one person around the own set point: the table's CV, else a share of the whole.

        Where the table would leave too little between persons the interval wins, so that the sum stays its width.
        """
        percent = self._content.within_cv.get(code)
        if percent is None:
            return self._content.program.default_within_share * total
        cv = percent / 100.0
        within = math.sqrt(math.log(1.0 + cv**2)) if log else cv * centre
        return min(within, math.sqrt(1.0 - self._content.program.least_between_share**2) * total)

    def copula(self) -> Copula:
        """The correlations of the content, raised so that set point and deviation together show them."""
        draws = {draw.code: draw for draw in self.plan("F", _REFERENCE_DAYS)}
        wanted: dict[Pair, float] = {}
        for row in self._content.correlations:
            if row.a in draws and row.b in draws:
                wanted[(row.a, row.b)] = row.within / _shared(draws[row.a], draws[row.b])
        return Copula(self.order, wanted)


def _shared(a: Draw, b: Draw) -> float:
    """How much of a correlation of both layers is left in their sum when the layers weigh differently in a and b."""
    size_a, size_b = math.hypot(a.between, a.within), math.hypot(b.between, b.within)
    return (a.between * b.between + a.within * b.within) / (size_a * size_b)
