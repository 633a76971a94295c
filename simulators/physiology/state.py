"""True values of a person at an instant: a function of the two and the seed, whatever was asked before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from simulators.content_types import Content, Value
from simulators.dice import Dice, pick
from simulators.patients import DAYS_PER_YEAR, Person
from simulators.physiology.baseline import Baseline
from simulators.physiology.influences import Acting, Influences, strongest
from simulators.physiology.pregnancy import between, left_of_summit, pregnancy_share
from simulators.physiology.rules import Rules, Values

TrueState = Mapping[str, Value]

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_KEPT_VECTORS = 1024


class Physiology:
    """The bodies of all people of one world. Asking twice, or in another order, gives the same values."""

    def __init__(self, content: Content, dice: Dice, zone: tzinfo = UTC) -> None:
        """`zone` is where the people live: it decides age in days and the hour of the day."""
        self._content = content
        self._program = content.program
        self.dice = dice
        self.zone = zone
        self._rules = Rules(content)
        self.baseline = Baseline(content, self._rules.computed)
        self._influences = Influences(content, self.baseline.is_log)
        self._copula = self.baseline.copula()
        self._place = {code: index for index, code in enumerate(self.baseline.order)}
        self._codes = self._usual_codes()
        self._vector = lru_cache(maxsize=_KEPT_VECTORS)(self._drawn_vector)

    def at(self, person: Person, when: datetime) -> TrueState:
        """All that the person's body and specimens would truly show at the instant: numbers, and codes for the rest."""
        dice = self.dice.fork(f"patient/{person.mrn}")
        acting = self._influences.acting(person, when)
        deviations = self.deviations(person, when)
        values = self._healthy(person, when, deviations, dice)
        values.update(self._circumstances(person, when, acting))

        def influence(code: str, value: Any) -> Any:
            if code not in acting:
                return value
            if isinstance(value, str):
                return self._influences.code(code, value, acting[code], dice)
            place = self._place.get(code)
            return self._influences.number(
                code, value, deviations[place] if place is not None else 0.0, acting[code], dice
            )

        for code in filter(lambda code: code not in self._rules.targets, acting):
            values[code] = influence(code, values[code])
        self._rules.run(values, influence, acting.__contains__)
        return MappingProxyType({code: values[code] for code in self._content.analytes if code in values})

    def deviations(self, person: Person, when: datetime) -> list[float]:
        """How far each drawn quantity is from the person's own set point now, in within-subject sd.

        A smooth path through independent draws, one every `node_hours`; each person has an own phase.
        """
        hours = (when - _EPOCH) / timedelta(hours=1)
        phase = self.dice.fork(f"patient/{person.mrn}").unit("phase")
        node, share = divmod(hours / self._program.node_hours + phase, 1.0)
        here, there = (self._vector(person.mrn, f"node/{int(node) + step}") for step in (0, 1))
        near, far = math.cos(share * math.pi / 2), math.sin(share * math.pi / 2)
        return [near * a + far * b for a, b in zip(here, there, strict=True)]

    def _drawn_vector(self, mrn: str, name: str) -> list[float]:
        """Correlated standard normals that belong to one person and one name."""
        dice = self.dice.fork(f"patient/{mrn}/{name}")
        return self._copula.correlate(dice.scores(self.baseline.order))

    def _healthy(self, person: Person, when: datetime, deviations: Sequence[float], dice: Dice) -> Values:
        """The person without illness and treatment, pregnancy included."""
        values: Values = dict.fromkeys(self._program.none, 0.0)
        values.update(self._numbers(person, when, deviations))
        values.update(self._drawn_codes(when, dice))
        group = self._content.blood_groups[person.blood_group]
        values.update({code: group[column] for column, code in self._program.blood_group.items()})
        values.update({f"{code}_BASE": values[code] for code in self._rules.bases})
        return values

    def _numbers(self, person: Person, when: datetime, deviations: Sequence[float]) -> dict[str, float]:
        days = person.age_days(when, self.zone)
        set_points = self._vector(person.mrn, "set")
        plan = self.baseline.plan(person.sex, days)
        numbers = {d.code: d.value(s, n) for d, s, n in zip(plan, set_points, deviations, strict=True)}
        if person.pregnancy is not None:
            for place, draw in self.baseline.carried(days):
                share = pregnancy_share(person, when, draw.code, self._program.pregnancy)
                left = left_of_summit(person, when, draw.code, self._program.pregnancy)
                carried = left * draw.value(set_points[place], deviations[place])
                numbers[draw.code] = between(numbers[draw.code], carried, share, draw.log)
        return numbers

    def _usual_codes(self) -> dict[str, Mapping[str, float]]:
        """What healthy people show where the answer is a code: one code, or several with weights."""
        coded = [code for code in self._content.analytes if self._content.codes(code)]
        return {
            code: self._program.categories.get(code, {self._content.usual_code(code): 1.0}) for code in coded
        }

    def _drawn_codes(self, when: datetime, dice: Dice) -> dict[str, str]:
        """One draw a day where several codes are usual."""
        today = dice.fork(f"day/{when.astimezone(self.zone).date().isoformat()}")
        return {
            code: next(iter(weights)) if len(weights) == 1 else pick(today.unit(code), weights)
            for code, weights in self._codes.items()
        }

    def _circumstances(self, person: Person, when: datetime, acting: Mapping[str, list[Acting]]) -> Values:
        """What the formulas may ask for besides values: who, how old, which hour, what is influenced."""
        local = when.astimezone(self.zone)
        days = person.age_days(when, self.zone)
        flags = self._influences.flags(person, when)
        sets = {f"{code}_SET": strongest(acting, code) for code in self._rules.sets}
        return {
            **self._content.constants,
            **sets,
            "SEX": person.sex,
            "DAYS": days,
            "AGE": int(days / DAYS_PER_YEAR),
            "HOUR": local.hour + local.minute / 60.0,
            "CHRONIC": "chronic" in flags,
        }
