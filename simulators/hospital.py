"""The hospital: patients come and go, wards order by their rhythm, tubes are carried, reports are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from lis.wire.er7 import Message
from simulators.bench import BenchRefusal
from simulators.collecting import Asked, Collecting
from simulators.dice import Dice
from simulators.hl7.envelope import Envelope, acknowledge
from simulators.hl7.hospital import Encounter, Requisition, movement_message, order_message
from simulators.hl7.reading import kind_of, read_reports, read_statuses, refused_orders
from simulators.patients import Person
from simulators.people import Bodies
from simulators.place import Orderable, Place, Reaction, Ward
from simulators.responding import Reached, Responding, course_of
from simulators.stage import Outgoing, Stage
from simulators.tubes import Tube

HOUR = timedelta(hours=1)
INPATIENT, OUTPATIENT = "I", "O"
SECOND_VISIT_CHANCE = 0.15
"""How often an order in emergency or clinic is for somebody who is still there."""


class Hospital:
    """Plans its own events on the stage; tubes that arrive are handed to `deliver`."""

    def __init__(self, place: Place, stage: Stage, bodies: Bodies, deliver: Callable[[Tube], None]) -> None:
        self.place = place
        self.plan = place.hospital
        self.rate = 1.0
        self._stage = stage
        self._bodies = bodies
        self._deliver = deliver
        self._dice = stage.dice.fork("hospital")
        self.collecting = Collecting(place, stage)
        self._responding = Responding(place.hospital, stage, self._draw_again, self._follow)
        self._asked: dict[str, tuple[Asked, str]] = {}
        self._encounters: dict[str, Encounter] = {}
        self._beds: dict[str, list[str]] = {ward.code: [] for ward in self.plan.wards}
        self._known: dict[str, Person] = {}
        self._people = self._requisitions = self._visits = self._messages = 0

    def open(self) -> None:
        """Begin: each ward thinks about its orders at every full hour."""
        self._stage.plan(self._stage.now, self._hour)

    # ordering

    def _hour(self) -> None:
        now = self._stage.now
        following = now.replace(minute=0, second=0, microsecond=0) + HOUR
        for ward in self.plan.wards:
            self._plan_ward(ward, now, (following - now) / HOUR)
        self._stage.plan(following, self._hour)

    def _plan_ward(self, ward: Ward, now: datetime, share_of_hour: float) -> None:
        local = now.astimezone(self._stage.zone)
        dice = self._dice.fork(f"{ward.code}/{now:%Y%m%d%H}")
        weight = ward.rhythm[local.hour] / sum(ward.rhythm) * self.plan.weekdays[local.weekday()]
        mean = self.plan.requisitions_per_day * self.rate * ward.share * weight * share_of_hour
        for _ in range(dice.poisson(mean)):
            at = now + timedelta(seconds=int(dice.uniform(0, 3600 * share_of_hour)))
            self._stage.plan(at, lambda: self._ask(ward))
        for turn in ward.rounds:
            at = local.replace(minute=turn.at.minute, second=0, microsecond=0).astimezone(now.tzinfo)
            if turn.at.hour == local.hour and at >= now:
                count = dice.fork(f"round/{turn.at}").poisson(turn.mean * self.rate)
                self._stage.plan(at, partial(self._go_round, ward, count))

    def _go_round(self, ward: Ward, count: int) -> None:
        for _ in range(count):
            self._ask(ward)

    def _ask(self, ward: Ward) -> None:
        number, dice = self._next_requisition()
        weights = {place: request.weight(ward) for place, request in enumerate(self.plan.requests)}
        request = self.plan.requests[dice.weighted(weights)]
        priority = "S" if dice.chance(ward.stat_share) or request.is_stat else "R"
        orders = tuple(self.place.orderables[code] for code in request.orders)
        asked, visit = Asked(number, ward, orders, priority, dice), self._patient(ward, dice).visit
        self._place(asked, visit)
        if dice.fork("duplicate").chance(self.plan.duplicate_share):
            wait = timedelta(minutes=int(dice.fork("duplicate wait").uniform(5, 55)))
            self._stage.plan(self._stage.now + wait, lambda: self._ask_again(asked, visit))

    def _ask_again(self, asked: Asked, visit: str) -> None:
        """Somebody else orders the same: nobody looked whether it was done."""
        number, dice = self._next_requisition()
        self._place(replace(asked, number=number, dice=dice), visit)

    def _next_requisition(self) -> tuple[str, Dice]:
        self._requisitions += 1
        number = f"R{self._requisitions:07d}"
        return number, self._dice.fork(f"requisition/{number}")

    def _place(self, asked: Asked, visit: str) -> None:
        now, patient = self._stage.now, self._encounters[visit].person.mrn
        orders = [order.code for order in asked.orders]
        self._asked[asked.number] = asked, visit
        data = {"orders": orders, "priority": asked.priority, "patient": patient, "ward": asked.ward.code}
        self._stage.tell("order.placed", asked.number, data)
        wait = asked.dice.uniform(2, 8) if asked.priority == "S" else asked.dice.uniform(5, 40)
        collected_at = (now + timedelta(minutes=wait)).replace(microsecond=0)
        self._stage.plan(collected_at, lambda: self._collect(asked, visit, now))

    # patients

    def _patient(self, ward: Ward, dice: Dice) -> Encounter:
        """Somebody who lies here, or somebody new."""
        here = self._beds[ward.code]
        occupied = len(here) / ward.rooms if ward.patient_class == INPATIENT else SECOND_VISIT_CHANCE
        if here and dice.chance(occupied):
            return self._encounters[dice.choice(here)]
        return self._admit(ward, dice)

    def _admit(self, ward: Ward, dice: Dice) -> Encounter:
        now = self._stage.now.replace(microsecond=0)
        self._visits += 1
        encounter = Encounter(
            person=self._somebody(ward, dice, now),
            ward=ward,
            bed=self._free_bed(ward),
            visit=f"V{self._visits:07d}",
            attending=dice.choice(self.plan.providers),
            admitted_at=now,
        )
        visit = encounter.visit
        self._encounters[visit] = encounter
        self._beds[ward.code].append(visit)
        self._known[encounter.person.mrn] = encounter.person
        self._stage.tell("patient.admitted", encounter.person.mrn, {"ward": ward.code, "visit": visit})
        self._move("A01" if ward.patient_class == INPATIENT else "A04", encounter)
        stay = max(1.0, dice.exponential(self.plan.stay_hours[ward.patient_class]))
        self._stage.plan(now + stay * HOUR, lambda: self._discharge(visit))
        if dice.chance(self.plan.update_share):
            self._stage.plan(now + HOUR / 2, lambda: self._correct(visit, dice))
        return encounter

    def _somebody(self, ward: Ward, dice: Dice, now: datetime) -> Person:
        """A person who was here before and is not now, or a new one."""
        inside = {self._encounters[visit].person.mrn for visit in self._inside()}
        away = [person for mrn, person in self._known.items() if mrn not in inside]
        if away and dice.chance(self.plan.readmission_share):
            return self._bodies.returned(dice.choice(away), self._visits, ward.population, now)
        self._people += 1
        return self._bodies.person(self._people, ward.population, now)

    def _free_bed(self, ward: Ward) -> str:
        if ward.patient_class == OUTPATIENT:
            return ""
        taken = {self._encounters[visit].bed for visit in self._beds[ward.code]}
        free = (str(room) for room in range(1, ward.rooms + 1) if str(room) not in taken)
        return next(free, str(ward.rooms))

    def _correct(self, visit: str, dice: Dice) -> None:
        """Admissions corrects a telephone number."""
        encounter = self._encounters[visit]
        person = replace(encounter.person, phone=f"555-01{dice.integer(0, 99):02d}")
        self._encounters[visit] = replace(encounter, person=person)
        self._known[person.mrn] = person
        self._move("A08", self._encounters[visit])

    def _discharge(self, visit: str) -> None:
        encounter = replace(self._encounters[visit], discharged_at=self._stage.now)
        self._beds[encounter.ward.code].remove(visit)
        self._stage.tell("patient.discharged", encounter.person.mrn, {"visit": visit})
        self._move("A03", encounter)

    def _move(self, trigger: str, encounter: Encounter) -> None:
        envelope = self._envelope()
        message = Outgoing(envelope.control, lambda: movement_message(envelope, trigger, encounter))
        self._stage.send(self.plan.peer, message)

    # collecting

    def _draw_again(self, number: str, indexes: Sequence[int], times: int) -> None:
        """A new specimen for some orders of a requisition, under their numbers."""
        known = self._asked.get(number)
        if known is None:
            return
        asked, visit = known
        orders = {index: asked.orders[index - 1] for index in indexes if 0 < index <= len(asked.orders)}
        stream = asked.dice.fork(f"again/{times}")
        again = replace(asked, orders=tuple(orders.values()), dice=stream)
        self._stage.tell("order.recollected", number, {"orders": [order.code for order in again.orders]})
        self._collect(again, visit, self._stage.now, orders)

    def _collect(
        self, asked: Asked, visit: str, ordered_at: datetime, again: Mapping[int, Orderable] | None = None
    ) -> None:
        """Draw, stick the labels on, send the orders, give the tubes to the courier."""
        encounter, now = self._encounters[visit], self._stage.now
        collector = asked.dice.choice(asked.ward.collectors)
        truth = self._bodies.values(encounter.person, now)
        tubes = self.collecting.draw(asked, encounter, collector.initials, truth)
        numbered = again or dict(enumerate(asked.orders, 1))
        lines = [self.collecting.line(asked, number, order, tubes) for number, order in numbered.items()]
        requisition = Requisition(
            number=asked.number,
            priority=asked.priority,
            ordered_at=ordered_at,
            collected_at=now,
            provider=encounter.attending,
            collector=collector,
            lines=tuple(lines),
            control="XO" if again else "NW",
        )
        envelope = self._envelope()
        build = partial(order_message, envelope, encounter, requisition)
        message = Outgoing(envelope.control, build, self._hear)
        self._stage.send(self.plan.peer, message)
        self._carry(asked, list(tubes.values()))

    def _hear(self, answer: bytes) -> None:
        """The laboratory's answer to an order: what it cannot do is known to the ward."""
        for placer, reason in refused_orders(answer):
            self._stage.tell("order.refused", placer, {"reason": reason})

    def _carry(self, asked: Asked, tubes: list[Tube]) -> None:
        low, high = asked.ward.transport_minutes
        minutes = asked.dice.uniform(low, high) * (0.5 if asked.priority == "S" else 1.0)
        bags: dict[timedelta, list[Tube]] = {}
        for tube in tubes:
            tube.spot = "transport"
            bags.setdefault(tube.kept_back, []).append(tube)
        for kept_back, bag in bags.items():
            arrival = self._stage.now + timedelta(minutes=minutes) + kept_back
            self._stage.plan(arrival, partial(self._hand_over, bag))

    def _hand_over(self, tubes: list[Tube]) -> None:
        for tube in tubes:
            self._deliver(tube)

    # reading what comes back

    def receive(self, message: Message) -> bytes:
        """A report, or what became of orders: the ward says that it came, and does what follows in its own time."""
        if kind_of(message) == "OML^O21":
            self._responding.hear(read_statuses(message))
        for report in read_reports(message) if kind_of(message) == "ORU^R01" else ():
            self._responding.read(report)
        return acknowledge(self._envelope(), message)

    def phone(self, ward: str, what: str, by: str) -> Reached:
        """Ring a ward."""
        known = next((one for one in self.plan.wards if one.code == ward), None)
        if known is None:
            raise BenchRefusal("ward.unknown", f"There is no ward {ward}.")
        return self._responding.phone(known, what, by)

    def _follow(self, mrn: str, reaction: Reaction, dice: Dice) -> bool:
        """Treat a patient who is here, and order again after a while."""
        visit = next((one for one in self._inside() if self._encounters[one].person.mrn == mrn), None)
        if visit is None:
            return False
        encounter = self._encounters[visit]
        if reaction.treatment:
            person = encounter.person.with_course(course_of(reaction, self._stage.now, dice))
            self._encounters[visit] = replace(encounter, person=person)
            self._known[mrn] = person
        wait = timedelta(minutes=dice.fork("after").uniform(*reaction.after_minutes))
        self._stage.plan(self._stage.now + wait, partial(self._control, visit, reaction))
        return True

    def _control(self, visit: str, reaction: Reaction) -> None:
        """Whether it got better: the same again, urgently, of somebody who is still here."""
        if visit not in self._inside() or not reaction.orders:
            return
        number, dice = self._next_requisition()
        orders = tuple(self.place.orderables[code] for code in reaction.orders)
        self._place(Asked(number, self._encounters[visit].ward, orders, "S", dice), visit)

    def _inside(self) -> list[str]:
        return [visit for visits in self._beds.values() for visit in visits]

    def _envelope(self) -> Envelope:
        self._messages += 1
        return Envelope(
            app=self.plan.application,
            facility=self.plan.facility,
            to_app="LIS",
            to_facility=self.place.lab_facility,
            at=self._stage.now,
            control=f"{self.plan.peer}{self._messages:08d}",
            processing=self.place.environment,
            zone=self._stage.zone,
        )
