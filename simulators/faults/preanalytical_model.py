"""The chemistry that pre-analytical faults share: ranges, stated effects, mixtures, and lysis.

Read from `spoiling.yaml` and `iv_fluids.csv` of the pack; no test is named here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cached_property
from typing import Any

from simulators.content_types import Analyte, Code, Content, Effect, Value
from simulators.dice import Dice, pick
from simulators.place import Place, TubeKind
from simulators.tubes import Tube

WIDTH_IN_SD = 3.92
SWAY = 0.4
"""How much of a central 95 % is left to chance when the level is given, in standard deviations."""
FURTHEST = 1.96
LARGEST_LINEAR = 2.0
"""A range whose ends differ by more than this factor is one of factors, not of steps."""

Contents = dict[str, Value]


class FaultError(ValueError):
    """A fault is described by parameters that its kind does not know, or names what is not in the pack."""


@dataclass(frozen=True, slots=True)
class Range:
    """Central 95 % of a quantity."""

    low: float
    high: float

    @property
    def is_log(self) -> bool:
        """Whether it is a range of factors."""
        return self.low > 0 and self.high / self.low > LARGEST_LINEAR

    def at(self, score: float, log: bool | None = None) -> float:
        """The point at a standard normal score."""
        log = self.is_log if log is None else log and self.high > 0
        low, high = self.low, self.high
        if log:
            low, high = math.log(max(low, high / 50.0)), math.log(high)
        x = (low + high) / 2 + score * (high - low) / WIDTH_IN_SD
        return math.exp(x) if log else x


NOTHING = Range(0.0, 0.0)


def range_of(raw: Any) -> Range:
    """From content: a pair, or one number for a fixed quantity."""
    return Range(float(raw[0]), float(raw[1])) if isinstance(raw, (list, tuple)) else Range(raw, raw)


@dataclass(frozen=True)
class Strength:
    """How strong a fault is in one tube: its level, swayed a little by chance."""

    level: float
    dice: Dice

    @cached_property
    def score(self) -> float:
        """Standard normal score of the whole: the middle of every range at level 0.5, its ends at 0 and 1."""
        return _held(FURTHEST * (2 * self.level - 1) + SWAY * self.dice.score("strength"))

    def of(self, span: Range) -> float:
        """A quantity in its range; everything in one tube goes together."""
        return span.at(self.score)

    def own(self, name: str, upwards: bool) -> float:
        """The score of one effect: with the whole, or against it when stronger means less; a little its own."""
        return _held((1 if upwards else -1) * self.score + SWAY * self.dice.score(name))


def _held(score: float) -> float:
    return min(max(score, -FURTHEST), FURTHEST)


@dataclass(frozen=True, slots=True)
class Additive:
    """What a full tube of an additive does to the plasma of blood that came into it, and a share of it elsewhere."""

    containers: frozenset[str]
    adds: Mapping[str, Range]
    binds: Mapping[str, Mapping[str, float]]
    slows: Mapping[str, Range]
    sets: Mapping[str, Range]
    dilutes: Range
    halts: Mapping[str, float]
    per_missing: Mapping[str, float]


class Chemistry:
    """What the pack says about mixtures, lysis and time, ready to be applied. Time is in `simulators.ageing`."""

    def __init__(self, content: Content, place: Place, raw: Mapping[str, Any]) -> None:
        self.analytes: Mapping[str, Analyte] = content.analytes
        self.value_sets: Mapping[str, tuple[Code, ...]] = content.value_sets
        self.kinds: Mapping[str, TubeKind] = place.tubes
        self.index_tests: Mapping[str, str] = place.indices
        self.menus: Mapping[str, frozenset[str]] = _menus(place)
        self.usual_fill = place.collection.fill_mean
        self._homes = {code: order.container for code, order in place.orderables.items()}
        self.lysis: Mapping[str, Mapping[str, float]] = raw["haemolysis"]
        self.mixed = frozenset(_mixed(content.analytes, raw["mixing"]))
        self.fluids = _fluids(content.fluids, raw)
        self.additives = {name: _additive(item) for name, item in raw["additives"].items()}

    def additive_in(self, kind: TubeKind) -> Additive | None:
        """What stands in a kind of tube, as far as it matters to what is measured."""
        return next((item for item in self.additives.values() if kind.code in item.containers), None)

    def home(self, test: str) -> str:
        """The container that a test is made for; "" when nobody can ask for it."""
        return self._homes.get(test, "")

    def mix(self, contents: Contents, fluid: Mapping[str, float], share: float) -> None:
        """Mass balance: (1 - share) of what was there and `share` of the fluid."""
        for test in self.mixed:
            value = contents.get(test)
            if isinstance(value, float):
                contents[test] = (1 - share) * value + share * fluid.get(test, 0.0)

    def add(self, contents: Contents, additive: Additive, share: float, strength: Strength) -> None:
        """What a share of a full tube's additive does to all that is in it."""
        for test, value in contents.items():
            if isinstance(value, float):
                contents[test] = self.added(test, value, additive, share, strength)

    def added(self, test: str, value: float, additive: Additive, share: float, strength: Strength) -> float:
        """One value with a share of a full tube's additive."""
        if test in additive.sets:
            return strength.of(additive.sets[test])
        if additive.dilutes.high and test in self.mixed:
            value *= 1 - share * strength.of(additive.dilutes)
        if test in additive.adds:
            value += share * strength.of(additive.adds[test])
        if test in additive.binds:
            bound = additive.binds[test]
            value /= 1 + (share / bound["half"]) ** bound["slope"]
        if test in additive.slows:
            value *= strength.of(additive.slows[test]) ** share
        return max(0.0, value)

    def lyse(self, contents: Contents, indices: dict[str, float], letter: str, index: float) -> None:
        """Red cells burst until this much haemoglobin is free; less than there is already changes nothing."""
        freed = (index - indices.get(letter, 0.0)) / 100
        if freed <= 0:
            return
        for test, release in self.lysis.items():
            _change(contents, test, lambda value, release=release: _released(value, release, freed))
        self.show(contents, indices, letter, index)

    def show(self, contents: Contents, indices: dict[str, float], letter: str, index: float) -> None:
        """An index of serum or plasma, which is itself a test."""
        indices[letter] = index
        if letter in self.index_tests:
            contents[self.index_tests[letter]] = index

    def draw(self, contents: Contents, effects: Iterable[Effect], strength: Strength) -> None:
        """Effects as they are stated, for want of a model."""
        for effect in effects:
            value = self.stated(contents.get(effect.analyte), effect, strength)
            if value is not None:
                contents[effect.analyte] = value

    def stated(self, value: Value | None, effect: Effect, strength: Strength) -> Any:
        """The value under one stated effect; None stays None where the effect needs a value to change."""
        if effect.op == "cat":
            return pick(strength.dice.unit(effect.analyte), effect.weights)
        if isinstance(value, float) or effect.op == "set":
            return self._drawn(value if isinstance(value, float) else 0.0, effect, strength)
        return value

    def _drawn(self, value: float, effect: Effect, strength: Strength) -> float:
        span = Range(effect.low, effect.high)
        middle = (effect.low + effect.high) / 2
        if effect.op == "set":
            log = self.analytes[effect.analyte].distribution == "lognormal"
            return max(0.0, span.at(strength.own(effect.analyte, middle >= value), log))
        if effect.op == "mult":
            return value * span.at(strength.own(effect.analyte, middle >= 1))
        return max(0.0, value + span.at(strength.own(effect.analyte, middle >= 0), log=False))


UNTOLD = ("truth", "lab_labels", "stays")


def differences(before: Tube, after: Tube) -> dict[str, Any]:
    """What is otherwise than it was: each as [before, after], times in hours."""
    found: dict[str, Any] = {}
    for part in fields(Tube):
        old, new = getattr(before, part.name), getattr(after, part.name)
        if old != new and isinstance(old, dict):
            found[part.name] = {
                key: [old.get(key), value] for key, value in new.items() if old.get(key) != value
            }
        elif old != new and isinstance(old, timedelta):
            found[part.name] = [old / timedelta(hours=1), new / timedelta(hours=1)]
        elif old != new and part.name not in UNTOLD:
            found[part.name] = [old.code, new.code] if part.name == "kind" else [old, new]
    return found


def _change(contents: Contents, test: str, act: Any) -> None:
    value = contents.get(test)
    if isinstance(value, float):
        contents[test] = max(0.0, act(value))


def _released(value: float, release: Mapping[str, float], freed: float) -> float:
    share = release.get("share", 0.0) * freed
    return value * (1 + share if share >= 0 else math.exp(share)) + release.get("add", 0.0) * freed


def _mixed(analytes: Mapping[str, Analyte], rule: Mapping[str, Any]) -> Iterable[str]:
    units, specimens = frozenset(rule["units"]), frozenset(rule["specimens"])
    for code, analyte in analytes.items():
        if analyte.specimen in specimens and analyte.unit in units and code not in rule["except"]:
            yield code


def _fluids(
    table: Mapping[str, Mapping[str, float | str]], raw: Mapping[str, Any]
) -> dict[str, dict[str, float]]:
    fluids = {
        code: {test: float(row[column]) for column, tests in raw["fluid_columns"].items() for test in tests}
        for code, row in table.items()
    }
    return fluids | {code: {} for code in raw["other_fluids"]}


def _additive(raw: Mapping[str, Any]) -> Additive:
    return Additive(
        containers=frozenset(raw["containers"]),
        adds={test: range_of(amount) for test, amount in raw.get("adds", {}).items()},
        binds=raw.get("binds", {}),
        slows={test: range_of(factor) for test, factor in raw.get("slows", {}).items()},
        sets={test: range_of(amount) for test, amount in raw.get("sets", {}).items()},
        dilutes=range_of(raw.get("dilutes", 0.0)),
        halts=raw.get("halts", {}),
        per_missing=raw.get("per_missing", {}),
    )


def _menus(place: Place) -> dict[str, frozenset[str]]:
    codes: dict[str, set[str]] = {}
    for device in place.devices.values():
        for assay in device.menu:
            codes.setdefault(assay.test, set()).add(assay.code)
    return {test: frozenset(found) for test, found in codes.items()}
