"""Why and when wards ring the laboratory: an urgent report is missing, a value, a test to add, a strange result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from simulators.collecting import Asked
from simulators.dice import Dice
from simulators.hl7.hospital import Encounter
from simulators.hl7.reading import Report
from simulators.hospital_plan import HospitalPlan
from simulators.place import Orderable
from simulators.stage import Stage
from simulators.telephone import Reason, Telephone
from simulators.telephone_plan import Occasion


class Ringing:
    """Plans calls; which occasions there are is content, who takes the call is the telephone's business."""

    def __init__(
        self, plan: HospitalPlan, orderables: Mapping[str, Orderable], stage: Stage, telephone: Telephone
    ) -> None:
        self._plan = plan.telephone
        self._hospital = plan
        self._orderables = orderables
        self._stage = stage
        self._telephone = telephone
        self._dice = stage.dice.fork("ringing")
        self._reported: set[str] = set()
        self._told: dict[str, dict[str, str]] = {}
        self._wards: dict[str, str] = {}

    def drawn(self, asked: Asked, encounter: Encounter) -> None:
        """Blood was drawn for a requisition: whoever waits for it may ring."""
        person, local = encounter.person, self._stage.now.astimezone(self._stage.zone)
        self._wards[asked.number] = asked.ward.code
        self._told[asked.number] = {
            "orders": ", ".join(order.name for order in asked.orders),
            "collected": f"{local:%H:%M}",
            "patient": f"{person.given_name} {person.family_name}",
            "mrn": person.mrn,
        }
        for occasion in self._plan.occasions:
            dice = self._dice.fork(f"{asked.number}/{occasion.kind}")
            fits = occasion.priority in ("", asked.priority) and not occasion.flags
            if fits and dice.chance(occasion.share):
                self._plan_call(occasion, asked.number, self._added(occasion, asked, dice), dice)

    def reported(self, report: Report) -> None:
        """A report has come: who waited is content, unless what it says is strange."""
        number = report.placer.rpartition("-")[0]
        self._reported.add(number)
        if number not in self._told:
            return
        for occasion in self._plan.occasions:
            strange = [value for value in report.values if occasion.flags & set(value.flags)]
            dice = self._dice.fork(f"{report.placer}/{occasion.kind}")
            if strange and dice.chance(occasion.share):
                words = {"test": strange[0].test, "value": f"{strange[0].value} {strange[0].unit}".strip()}
                self._plan_call(occasion, number, words, dice)

    def _added(self, occasion: Occasion, asked: Asked, dice: Dice) -> dict[str, str] | None:
        """What is wanted in addition; None when this occasion adds something and nothing fits."""
        if not occasion.adds:
            return {}
        orders = {order.code for order in asked.orders}
        fitting = [one.test for one in occasion.adds if orders & set(one.has) and one.test not in orders]
        test = dice.choice(fitting) if fitting else ""
        return {"test": test, "added": self._orderables[test].name} if test else None

    def _plan_call(
        self, occasion: Occasion, number: str, words: Mapping[str, str] | None, dice: Dice
    ) -> None:
        if words is not None:
            wait = timedelta(minutes=dice.uniform(*occasion.after_minutes))
            self._stage.plan(self._stage.now + wait, partial(self._ring, occasion, number, words, dice))

    def _ring(self, occasion: Occasion, number: str, words: Mapping[str, str], dice: Dice) -> None:
        def is_settled() -> bool:
            return occasion.unless_reported and number in self._reported

        ward = self._hospital.ward(self._wards[number])
        if ward is None or is_settled():
            return
        says = dice.choice(occasion.says)
        for key, value in (self._told[number] | dict(words)).items():
            says = says.replace(f"{{{key}}}", value)
        choices = tuple(self._plan.choices[name] for name in occasion.choices)
        added = words.get("test", "") if occasion.adds else ""
        self._telephone.ring(Reason(occasion.kind, number, ward, says, choices, is_settled, added))
