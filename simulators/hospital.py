"""The hospital: patients come and go, wards order by their rhythm, collectors draw, couriers bring tubes to the lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from lis.wire.er7 import Message
from simulators.dice import Dice
from simulators.hl7.envelope import Envelope, acknowledge
from simulators.hl7.hospital import Encounter, OrderLine, Requisition, movement_message, order_message
from simulators.hl7.reading import read_reports
from simulators.patients import Person
from simulators.place import Orderable, Place, Ward
from simulators.stage import Stage
from simulators.tubes import CollectionLabel, Tube, Value, moved

HOUR = timedelta(hours=1)
HAEMOLYSIS = "H"


class Bodies(Protocol):
    """Who lives here, and what is in them."""

    def person(self, number: int, patient_class: str, at: datetime) -> Person:
        """The number-th person of this world, with whatever brings them to this kind of ward."""

    def values(self, person: Person, at: datetime) -> Mapping[str, Value]:
        """The person's true values at an instant."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a ward wants at one moment."""

    number: str
    ward: Ward
    orders: tuple[Orderable, ...]
    priority: str
    dice: Dice


class Hospital:
    """Plans its own events on the stage; tubes that arrive are handed to `deliver`."""

    def __init__(self, place: Place, stage: Stage, bodies: Bodies, deliver: Callable[[Tube], None]) -> None:
        self.place = place
        self.plan = place.hospital
        self.stage = stage
        self.bodies = bodies
        self._deliver = deliver
        self._dice = stage.dice.fork("hospital")
        self._patients: dict[str, list[Encounter]] = {ward.code: [] for ward in self.plan.wards}
        self._people = self._requisitions = self._tubes = self._visits = self._messages = 0
        self.rate = 1.0

    def open(self) -> None:
        """Begin: each ward thinks about its orders at every full hour of the lab's zone."""
        self.stage.plan(self.stage.now, self._hour)

    # ordering

    def _hour(self) -> None:
        now = self.stage.now
        following = now.replace(minute=0, second=0, microsecond=0) + HOUR
        share_of_hour = (following - now) / HOUR
        for ward in self.plan.wards:
            self._plan_ward(ward, now, share_of_hour)
        self.stage.plan(following, self._hour)

    def _plan_ward(self, ward: Ward, now: datetime, share_of_hour: float) -> None:
        local = now.astimezone(self.stage.zone)
        dice = self._dice.fork(f"{ward.code}/{now:%Y%m%d%H}")
        weight = ward.rhythm[local.hour] / sum(ward.rhythm) * self.plan.weekdays[local.weekday()]
        mean = self.plan.requisitions_per_day * self.rate * ward.share * weight * share_of_hour
        for _ in range(dice.poisson(mean)):
            at = now + timedelta(seconds=int(dice.uniform(0, 3600 * share_of_hour)))
            self.stage.plan(at, lambda: self._ask(ward))

    def _ask(self, ward: Ward) -> None:
        self._requisitions += 1
        number = f"R{self._requisitions:07d}"
        dice = self._dice.fork(f"requisition/{number}")
        weights = [(request, request.weights.get(ward.patient_class, 0.0)) for request in self.plan.requests]
        request = dice.weighted(weights)
        priority = "S" if dice.chance(ward.stat_share) else "R"
        orders = tuple(self.place.orderables[code] for code in request.orders)
        self._place(Asked(number, ward, orders, priority, dice), self._patient(ward, dice))

    def _place(self, asked: Asked, encounter: Encounter) -> None:
        now = self.stage.now
        orders = {"orders": [order.code for order in asked.orders], "priority": asked.priority}
        self.stage.tell("order.placed", asked.number, orders | {"patient": encounter.person.mrn})
        wait = asked.dice.uniform(2, 8) if asked.priority == "S" else asked.dice.uniform(5, 40)
        collected_at = (now + timedelta(minutes=wait)).replace(microsecond=0)
        self.stage.plan(collected_at, lambda: self._collect(asked, encounter, now))

    # patients

    def _patient(self, ward: Ward, dice: Dice) -> Encounter:
        """Somebody who lies here, or somebody new."""
        here = self._patients[ward.code]
        occupied = len(here) / ward.rooms
        if here and dice.chance(occupied if ward.patient_class == "I" else 0.15):
            return dice.choice(here)
        return self._admit(ward, dice)

    def _admit(self, ward: Ward, dice: Dice) -> Encounter:
        now = self.stage.now.replace(microsecond=0)
        self._people += 1
        self._visits += 1
        person = self.bodies.person(self._people, ward.patient_class, now)
        beds = {encounter.bed for encounter in self._patients[ward.code]}
        free = next((room for room in range(1, ward.rooms + 1) if str(room) not in beds), ward.rooms)
        encounter = Encounter(
            person=person,
            ward=ward,
            bed=str(free) if ward.patient_class != "O" else "",
            visit=f"V{self._visits:07d}",
            attending=dice.choice(self.plan.providers),
            admitted_at=now,
        )
        self._patients[ward.code].append(encounter)
        self.stage.tell("patient.admitted", person.mrn, {"ward": ward.code, "visit": encounter.visit})
        self._move("A01" if ward.patient_class == "I" else "A04", encounter)
        stay = max(1.0, dice.exponential(self.plan.stay_hours[ward.patient_class]))
        self.stage.plan(now + stay * HOUR, lambda: self._discharge(encounter))
        return encounter

    def _discharge(self, encounter: Encounter) -> None:
        self._patients[encounter.ward.code].remove(encounter)
        self.stage.tell("patient.discharged", encounter.person.mrn, {"visit": encounter.visit})
        self._move("A03", replace(encounter, discharged_at=self.stage.now))

    def _move(self, trigger: str, encounter: Encounter) -> None:
        self.stage.send(self.plan.peer, movement_message(self._envelope(), trigger, encounter))

    # collecting

    def _collect(self, asked: Asked, encounter: Encounter, ordered_at: datetime) -> None:
        """Draw in the order of draw, stick the labels on, send the orders, give the tubes to the courier."""
        collector = asked.dice.choice(asked.ward.collectors)
        truth = self.bodies.values(encounter.person, self.stage.now)
        codes = dict.fromkeys(order.container for order in asked.orders)
        by_draw = sorted(codes, key=lambda code: self.place.tubes[code].order_of_draw)
        tubes = {code: self._draw(code, asked, encounter, collector.initials, truth) for code in by_draw}
        requisition = Requisition(
            number=asked.number,
            priority=asked.priority,
            ordered_at=ordered_at,
            collected_at=self.stage.now,
            provider=encounter.attending,
            collector=collector,
            lines=tuple(
                self._line(asked, index, order, tubes) for index, order in enumerate(asked.orders, 1)
            ),
        )
        self.stage.send(self.plan.peer, order_message(self._envelope(), encounter, requisition))
        self._carry(asked, list(tubes.values()))

    def _line(self, asked: Asked, index: int, order: Orderable, tubes: Mapping[str, Tube]) -> OrderLine:
        tube = tubes[order.container]
        return OrderLine(
            placer=f"{asked.number}-{index}",
            code=order.code,
            name=order.name,
            specimen_type=order.specimen_type,
            container_code=order.container,
            container_number=tube.id,
            specimen_set=list(tubes).index(order.container) + 1,
        )

    def _draw(
        self, code: str, asked: Asked, encounter: Encounter, initials: str, truth: Mapping[str, Value]
    ) -> Tube:
        kind, how, dice = self.place.tubes[code], self.place.collection, asked.dice.fork(f"tube/{code}")
        self._tubes += 1
        number, person = f"C{self._tubes:07d}", encounter.person
        indices = self._indices(truth, dice) if kind.is_spun else {}
        contents = moved(truth, indices, self.place.interferences, frozenset(HAEMOLYSIS))
        contents |= {
            test: indices[letter] for letter, test in self.place.indices.items() if letter in indices
        }
        fill = min(max(dice.normal(how.fill_mean, how.fill_sd), how.fill_low), how.fill_high)
        name = f"{person.family_name}, {person.given_name}"
        tube = Tube(
            id=number,
            kind=kind,
            patient=person.mrn,
            requisition=asked.number,
            priority=asked.priority,
            ward=asked.ward.code,
            drawn_at=self.stage.now,
            truth=truth,
            contents=contents,
            indices=indices,
            volume_ml=round(kind.draw_volume_ml * fill, 3),
            temperature_c=how.temperature_c,
            collection_label=CollectionLabel(
                name, person.mrn, person.born_on, person.sex, initials, self.stage.now, number
            ),
        )
        self._tell_drawn(tube, asked)
        return tube

    def _indices(self, truth: Mapping[str, Value], dice: Dice) -> dict[str, float]:
        """Haemolysis from drawing and transport; icterus and lipaemia from what is in the serum."""
        how = self.place.collection
        indices = {HAEMOLYSIS: how.haemolysis_median * dice.lognormal(0.0, how.haemolysis_sd_log)}
        for letter, source in self.place.index_from.items():
            value = truth.get(source.test, 0.0)
            indices[letter] = source.base + source.slope * value if isinstance(value, float) else source.base
        return indices

    def _tell_drawn(self, tube: Tube, asked: Asked) -> None:
        tests = [test for order in asked.orders if order.container == tube.kind.code for test in order.tests]
        data = {
            "patient": tube.patient,
            "container": tube.kind.code,
            "label": tube.collection_label,
            "indices": tube.indices,
            "volume_ml": tube.volume_ml,
            "truth": {test: tube.truth[test] for test in tests if test in tube.truth},
            "in_tube": {test: tube.contents[test] for test in tests if test in tube.contents},
        }
        self.stage.tell("tube.drawn", tube.id, data)

    def _carry(self, asked: Asked, tubes: list[Tube]) -> None:
        low, high = asked.ward.transport_minutes
        minutes = asked.dice.uniform(low, high) * (0.5 if asked.priority == "S" else 1.0)
        for tube in tubes:
            tube.spot = "transport"
        self.stage.plan(self.stage.now + timedelta(minutes=minutes), lambda: self._hand_over(tubes))

    def _hand_over(self, tubes: list[Tube]) -> None:
        for tube in tubes:
            self._deliver(tube)

    # reading what comes back

    def receive(self, message: Message) -> bytes:
        """A report: the ward reads it and says that it came."""
        for report in read_reports(message):
            self.stage.tell("report.received", report.placer, {"report": report})
        return acknowledge(self._envelope(), message)

    def _envelope(self) -> Envelope:
        self._messages += 1
        return Envelope(
            app=self.plan.application,
            facility=self.plan.facility,
            to_app="LIS",
            to_facility=self.place.lab_facility,
            at=self.stage.now,
            control=f"{self.plan.peer}{self._messages:08d}",
            processing=self.place.environment,
            zone=self.stage.zone,
        )
