"""What becomes of a tube between the draw and the probe: time, warmth, cells, light, and the additive it came into.

Nothing ticks. A tube keeps where it has been and when it was spun; what a test would find in it is computed when it is
sampled. Late and chilled tubes age by the same rule as all others. Rates come from `ageing.yaml` of the pack.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from simulators.content_types import Content, Effect, PreanalyticalError, Value
from simulators.dice import Dice
from simulators.faults.preanalytical_model import Chemistry, Strength, range_of
from simulators.place import TubeKind
from simulators.tubes import Tube, stretches

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
HOUR = timedelta(hours=1)
USUAL = 0.5
MOST_ADDITIVE = 3.0
"""Beyond this part of its usual strength an additive does no more than so much."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What only shows after so many warm hours, as a pattern of the pack states it."""

    after_hours: float
    effects: Mapping[str, Effect]


@dataclass(frozen=True, slots=True)
class Course:
    """How one kind of specimen ages: on its cells and apart from them, warm and cold, per test."""

    usual_hours: float
    rates: Mapping[str, Mapping[str, Mapping[str, float]]]
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """How long a tube has aged, as hours at the two temperatures that the rates are given for."""

    cells_warm: float = 0.0
    cells_cold: float = 0.0
    apart_warm: float = 0.0
    apart_cold: float = 0.0


@dataclass(frozen=True, slots=True)
class Temperatures:
    """At what temperatures the rates hold, and how they change beyond."""

    warm_c: float
    cold_c: float
    doubling_c: float
    follows_minutes: float

    def weights(self, celsius: float) -> tuple[float, float]:
        """How much an hour at this temperature counts as a warm one, and as a cold one; frozen as neither."""
        if celsius < 0:
            return 0.0, 0.0
        if celsius >= self.warm_c:
            return float(2 ** ((celsius - self.warm_c) / self.doubling_c)), 0.0
        warm = max(0.0, (celsius - self.cold_c) / (self.warm_c - self.cold_c))
        return warm, 1.0 - warm


class Ageing:
    """The pack's rules of time, and the stream of chance by which one tube differs from another."""

    def __init__(
        self, chemistry: Chemistry, errors: Mapping[str, PreanalyticalError], raw: Mapping[str, Any]
    ) -> None:
        self.chemistry = chemistry
        warmth, spinning = dict(raw["temperatures"]), raw["spinning"]
        warmth.pop("source")
        self.temperatures = Temperatures(**warmth)
        self.courses = {code: _course(each, errors) for each in raw["courses"] for code in each["containers"]}
        self.early = errors[spinning["early"]].effects
        self.seen_by_probe = float(spinning["seen_by_probe"])
        self.under_gel = float(spinning["under_gel"])
        self.cells_left = float(spinning["cells_left"])
        self.least_spin = float(spinning["least"])
        self.freezing = range_of(raw["freezing"]["haemolysis"])

    def in_tube(self, tube: Tube, at: datetime, dice: Dice) -> InTube:
        """What a probe that goes into the tube at this instant would find."""
        return InTube(self, tube, at, Strength(0.5, dice.fork(tube.drawn_as)))

    def hours(self, tube: Tube, until: datetime) -> Hours:
        """How long it has aged, with its cells and apart from them; cells that a poor spin left count in part."""
        spent = dict.fromkeys(("cells_warm", "cells_cold", "apart_warm", "apart_cold"), 0.0)
        for since, to, celsius in stretches(tube, until):
            warm, cold = self.temperatures.weights(celsius)
            for share, on, length in _on_cells(tube, since, to):
                spent[f"{on}_warm"] += share * warm * length
                spent[f"{on}_cold"] += share * cold * length
        return Hours(**spent)


class InTube(Mapping[str, Value]):
    """The contents of one tube at one instant, computed test by test when they are asked for.

    `collected` is what came into the tube: the patient's blood with what drawing did to it.
    """

    def __init__(self, ageing: Ageing, tube: Tube, at: datetime, strength: Strength) -> None:
        self.true = tube.truth
        self.collected = tube.contents
        self._ageing = ageing
        self._kind: TubeKind = tube.kind
        self._course = ageing.courses.get(tube.kind.code)
        self._hours = ageing.hours(tube, at)
        self._before_spin = ageing.hours(tube, tube.respun_at) if tube.respun_at else None
        self._additive = ageing.chemistry.additive_in(tube.kind)
        self._halts = {} if tube.is_unmixed or self._additive is None else self._additive.halts
        self._fill = tube.drawn_share / ageing.chemistry.usual_fill
        self._fibrin = {effect.analyte: effect for effect in tube.fibrin}
        self._strength = strength

    def __getitem__(self, test: str) -> Value:
        turned = self._turned(test)
        if turned is not None:
            became: Value = self._ageing.chemistry.stated(self.collected.get(test), turned, self._strength)
            return became
        value = self.collected[test]
        if isinstance(value, str):
            return value
        value = self._with_additive(test, self._aged(test, value))
        if test in self._fibrin:
            stated = self._ageing.chemistry.stated(value, self._fibrin[test], self._strength)
            return stated if isinstance(stated, float) else value
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.collected)

    def __len__(self) -> int:
        return len(self.collected)

    def _turned(self, test: str) -> Effect | None:
        """The effect that time has brought out by now, if it is one of those that come all at once."""
        for turn in self._course.turns if self._course else ():
            if test in turn.effects and self._hours.cells_warm >= turn.after_hours:
                return turn.effects[test]
        return None

    def _aged(self, test: str, value: float) -> float:
        if self._course is None:
            return value
        aged = self._after(test, value, self._hours)
        if self._before_spin is None:
            return aged
        before = self._before_spin
        on_cells = Hours(before.cells_warm + before.apart_warm, before.cells_cold + before.apart_cold)
        share = self._ageing.under_gel
        return (1 - share) * aged + share * self._after(test, value, on_cells)

    def _after(self, test: str, value: float, hours: Hours) -> float:
        course = self._course
        if course is None:
            return value
        for name, rates in course.rates.items():
            if test in rates:
                spent = getattr(hours, name)
                if name == "cells_warm":
                    spent = max(0.0, spent - course.usual_hours)
                if name.startswith("cells") and test in self._halts:
                    spent = min(spent, max(0.0, self._halts[test] - course.usual_hours))
                value = max(0.0, aged(value, rates[test], spent))
        return value

    def _with_additive(self, test: str, value: float) -> float:
        """What the tube's own additive does; a test that is made for this additive feels only how full the tube is."""
        additive = self._additive
        if additive is None:
            return value
        if self._ageing.chemistry.home(test) not in additive.containers:
            share = min(1 / self._fill, MOST_ADDITIVE)
            value = self._ageing.chemistry.added(test, value, additive, share, self._strength)
        return value * max(0.0, 1 + additive.per_missing.get(test, 0.0) * (1 - self._fill))


def aged(value: float, how: Mapping[str, float], hours: float) -> float:
    """The value after so many hours of one process."""
    if "limit" in how:
        return value * (how["limit"] + (1 - how["limit"]) * math.exp(-how["rate"] * hours))
    if "share" in how:
        return value * (1 + how["share"] * hours)
    moved = how["add"] * hours
    return value + min(moved, how.get("most", math.inf))


def celsius_of(tube: Tube, at: datetime, temperatures: Temperatures) -> float:
    """How warm the tube is: it follows what is around it, with a delay."""
    now: float | None = None
    for since, to, around in stretches(tube, at):
        now = around if now is None else now
        minutes = (to - since) / timedelta(minutes=1)
        now = around + (now - around) * math.exp(-minutes / temperatures.follows_minutes)
    return tube.temperature_c if now is None else now


def _on_cells(tube: Tube, since: datetime, to: datetime) -> Iterator[tuple[float, str, float]]:
    """The stretch in its parts: (share, with cells or apart, hours)."""
    spun = tube.spun_at
    if spun is None or spun >= to:
        yield 1.0, "cells", (to - since) / HOUR
        return
    if spun > since:
        yield 1.0, "cells", (spun - since) / HOUR
        since = spun
    yield tube.cells_left, "cells", (to - since) / HOUR
    yield 1.0 - tube.cells_left, "apart", (to - since) / HOUR


def load_ageing(pack: Path, content: Content, chemistry: Chemistry) -> Ageing:
    """Read the pack's rules of time."""
    raw = yaml.load((pack / "world" / "ageing.yaml").read_text(encoding="utf-8"), Loader=_LOADER)
    return Ageing(chemistry, content.errors, raw)


def _course(raw: Mapping[str, Any], errors: Mapping[str, PreanalyticalError]) -> Course:
    rates = {
        name: raw[name] for name in ("cells_warm", "cells_cold", "apart_warm", "apart_cold") if name in raw
    }
    return Course(
        usual_hours=float(raw.get("usual_hours", USUAL)),
        rates=rates,
        turns=tuple(_turn(each, errors) for each in raw.get("turns", ())),
    )


def _turn(raw: Mapping[str, Any], errors: Mapping[str, PreanalyticalError]) -> Turn:
    wanted = raw.get("tests")
    effects = {
        effect.analyte: effect
        for effect in errors[raw["pattern"]].effects
        if wanted is None or effect.analyte in wanted
    }
    return Turn(float(raw["after_hours"]), effects)
