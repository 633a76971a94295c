"""Illness and treatment: how strongly each course acts now, and what it makes of a healthy value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import NormalDist

from simulators.content_types import Content, Effect, Influence
from simulators.dice import Dice, pick
from simulators.patients import Course, Person
from simulators.physiology.baseline import WIDTH_IN_SD

_STANDARD = NormalDist()
_FLOOR_OF_HIGH = 50.0
_FURTHEST_SD = 2.5
_HALF = math.sqrt(0.5)
_NOTHING = 1e-4
_LEAST_CV = 0.03


@dataclass(frozen=True, slots=True)
class Acting:
    """One effect of one course at one instant; `strength` is 0..1."""

    course: Course
    effect: Effect
    strength: float


class Influences:
    """Finds what acts on a person at an instant and applies it, quantity by quantity."""

    def __init__(self, content: Content, is_log: Callable[[str], bool]) -> None:
        self._content = content
        self._is_log = is_log

    def acting(self, person: Person, at: datetime) -> dict[str, list[Acting]]:
        """Effects by analyte, in the order of the person's courses; what has faded to a ten-thousandth is over."""
        found: dict[str, list[Acting]] = {}
        for course in person.courses:
            influence = self._content.influences[course.influence]
            for effect in influence.effects:
                strength = self.strength(course, influence, effect.analyte, at)
                if strength >= _NOTHING:
                    found.setdefault(effect.analyte, []).append(Acting(course, effect, strength))
        return found

    def flags(self, person: Person, at: datetime) -> frozenset[str]:
        """Properties (like chronic compensation) of the courses that have begun."""
        begun = [course.influence for course in person.courses if course.since <= at]
        return frozenset().union(*(self._content.influences[name].flags for name in begun))

    def strength(self, course: Course, influence: Influence, analyte: str, at: datetime) -> float:
        """Rises smoothly to 1 while the course runs, then halves with every half-life."""
        kinetics = self._content.kinetics.get(analyte, self._content.program.course)
        rise = influence.rise_hours or kinetics.rise_hours
        half_life = influence.half_life_hours or kinetics.half_life_hours
        end = _end(course, influence)
        running = _hours(course.since, at if end is None else min(at, end))
        if running <= 0:
            return 0.0
        share = min(1.0, running / rise)
        risen = share * share * (3.0 - 2.0 * share)
        return risen if end is None or at <= end else risen * 0.5 ** (_hours(end, at) / half_life)

    def number(self, code: str, base: float, deviation: float, acting: Iterable[Acting], dice: Dice) -> float:
        """The value that the courses make of `base`, each in turn; a set also wavers by the person's own deviation.

        What a course adds or takes away is a quantity: it comes and goes in proportion to the strength.
        """
        value = base
        for one in acting:
            target = self._target(code, value, deviation, one, dice)
            value += one.strength * (target - value)
        return value

    def code(self, code: str, usual: str, acting: Iterable[Acting], dice: Dice) -> str:
        """The code that the last course strong enough to show gives; all of a course show together."""
        value = usual
        for one in acting:
            stream = dice.fork(_name(one.course))
            if one.strength >= 0.15 + 0.5 * stream.unit("shows"):
                value = pick(stream.unit(code), one.effect.weights)
        return value

    def _target(self, code: str, value: float, deviation: float, one: Acting, dice: Dice) -> float:
        effect, dose = one.effect, one.course.dose
        if effect.op == "set":
            log = self._is_log(code) and effect.high > 0
            wavering = 1.0 + self._content.within_cv.get(code, 100 * _LEAST_CV) / 100.0 * deviation
            return max(
                _at_score(effect, self._score(code, _worse(value, effect), one, dice), log) * wavering, 0.0
            )
        if effect.op == "mult":
            factor = _at_score(
                effect, self._score(code, effect.low * effect.high >= 1, one, dice), effect.low > 0
            )
            return value * float(factor**dose)
        return value + dose * _at_score(
            effect, self._score(code, effect.low + effect.high >= 0, one, dice), False
        )

    def _score(self, code: str, upwards: bool, one: Acting, dice: Dice) -> float:
        """Where in the range this person lies: half from the severity of the course, half of the analyte's own."""
        severity = _STANDARD.inv_cdf(min(max(one.course.severity, 0.02), 0.98)) * (1 if upwards else -1)
        own = dice.fork(_name(one.course)).score(code)
        return min(max(_HALF * (severity + own), -_FURTHEST_SD), _FURTHEST_SD)


def _end(course: Course, influence: Influence) -> datetime | None:
    if course.until is not None or influence.duration_hours is None:
        return course.until
    return course.since + timedelta(hours=influence.duration_hours)


def _hours(start: datetime, end: datetime) -> float:
    return (end - start) / timedelta(hours=1)


def _name(course: Course) -> str:
    return f"course/{course.influence}/{course.since.isoformat()}"


def _worse(value: float, effect: Effect) -> bool:
    """Whether more severe means higher: the range lies above where the value is."""
    return effect.low + effect.high >= 2 * value


def _at_score(effect: Effect, score: float, log: bool) -> float:
    """The point of low..high (central 95 %) at a standard normal score."""
    low, high = effect.low, effect.high
    if log:
        low, high = math.log(max(low, high / _FLOOR_OF_HIGH)), math.log(high)
    x = (low + high) / 2 + score * (high - low) / WIDTH_IN_SD
    return math.exp(x) if log else x


def strongest(acting: Mapping[str, list[Acting]], code: str) -> float:
    """How strongly the quantity itself is influenced now, 0 when not at all."""
    return max((one.strength for one in acting.get(code, ())), default=0.0)
