"""The hospital: wards order by their rhythm, tubes are drawn and carried, reports are read and acted on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from lis.wire.er7 import Message
from simulators.admitting import DISCHARGED, HOUR, Admitting
from simulators.collecting import Asked, Collecting, Placed
from simulators.coming import back_at, drawn_at
from simulators.couriers import Couriers
from simulators.dice import Dice
from simulators.hl7.envelope import Envelope, acknowledge
from simulators.hl7.hospital import Encounter, Requisition, cancel_message, movement_message, order_message
from simulators.hl7.reading import kind_of, read_reports, read_statuses, refused_orders
from simulators.hospital_plan import Collector, Reaction, Request, Round, Ward
from simulators.people import Bodies
from simulators.place import Orderable, Place
from simulators.remarks import clinical_information, is_given
from simulators.responding import Responding, course_of
from simulators.ringing import Ringing
from simulators.stage import Outgoing, Stage
from simulators.telephone import Call, Telephone
from simulators.tubes import Tube

BED_TO_BED = timedelta(minutes=4)
QUARTER = timedelta(minutes=15)
TIMED, STAT, ROUTINE = "T", "S", "R"


class Hospital:
    """Plans its own events on the stage; tubes that arrive are handed to `deliver`."""

    def __init__(self, place: Place, stage: Stage, bodies: Bodies, deliver: Callable[[Tube], None]) -> None:
        self.place = place
        self.plan = place.hospital
        self.rate = 1.0
        self._stage = stage
        self._bodies = bodies
        self._dice = stage.dice.fork("hospital")
        self.collecting = Collecting(place, stage)
        self.admitting = Admitting(place.hospital, stage, bodies, self._move)
        self._couriers = Couriers(stage, deliver)
        self._responding = Responding(place.hospital, stage, self._back_at, self._draw_again, self._follow)
        self.telephone = Telephone(self.plan, stage, self._names_on, self._do_as_told)
        self._ringing = Ringing(self.plan, place.orderables, stage, self.telephone)
        self._placed: dict[str, Placed] = {}
        self._requisitions = self._messages = 0

    def open(self) -> None:
        """Begin: each ward thinks about its orders at every full hour."""
        self._stage.plan(self._stage.now, self._hour)

    # ordering

    def _hour(self) -> None:
        now = self._stage.now
        following = now.replace(minute=0, second=0, microsecond=0) + HOUR
        for ward in self.plan.wards:
            self._plan_ward(ward, now, (following - now) / HOUR)
            for turn in ward.rounds:
                self._plan_round(ward, turn, now, following)
        self._stage.plan(following, self._hour)

    def _plan_ward(self, ward: Ward, now: datetime, share_of_hour: float) -> None:
        local = now.astimezone(self._stage.zone)
        dice = self._dice.fork(f"{ward.code}/{now:%Y%m%d%H}")
        weight = ward.rhythm[local.hour] / sum(ward.rhythm) * self.plan.weekdays[local.weekday()]
        mean = self.plan.requisitions_per_day * self.rate * ward.share * weight * share_of_hour
        for _ in range(dice.poisson(mean)):
            at = now + timedelta(seconds=int(dice.uniform(0, 3600 * share_of_hour)))
            self._stage.plan(at, lambda: self._ask(ward))

    def _plan_round(self, ward: Ward, turn: Round, now: datetime, following: datetime) -> None:
        """The orders of a round are written so long before; whether that is in this hour is seen by the wall clock."""
        ahead = timedelta(minutes=turn.ahead_minutes)
        local = (now + ahead).astimezone(self._stage.zone)
        due = local.replace(hour=turn.at.hour, minute=turn.at.minute, second=0, microsecond=0)
        due = due.astimezone(now.tzinfo)
        if now <= due - ahead < following:
            count = self._dice.fork(f"round/{ward.code}/{due.isoformat()}").poisson(turn.mean * self.rate)
            for place in range(count):
                self._stage.plan(due - ahead, partial(self._ask, ward, due + place * BED_TO_BED))

    def _ask(self, ward: Ward, due: datetime | None = None) -> None:
        """Somebody on the ward wants something of a patient: now, or drawn at an hour."""
        number, dice = self._next_requisition()
        encounter = self.admitting.patient(ward, dice.fork("patient"))
        request = self._wanted(encounter, dice, is_round=due is not None)
        urgent = dice.chance(ward.stat_share) or request.is_stat
        due = self._due(request, due, dice.fork("due"))
        priority = TIMED if due else STAT if urgent else ROUTINE
        asked = self._asked(number, ward, request.orders, priority, dice, due)
        drawn_at = self._place(asked, encounter.visit)
        for minutes in request.series_minutes:
            self._ask_for(request.orders, encounter.visit, drawn_at + timedelta(minutes=minutes))
        if dice.fork("duplicate").chance(self.plan.duplicate_share):
            wait = timedelta(minutes=int(dice.fork("duplicate wait").uniform(5, 55)))
            self._stage.plan(self._stage.now + wait, lambda: self._ask_again(asked, encounter.visit))

    def _wanted(self, encounter: Encounter, dice: Dice, *, is_round: bool) -> Request:
        """One of the ward's requests: those for a treatment only for who gets it, on a round none that cannot wait."""
        now, person = self._stage.now, encounter.person
        weights = {
            place: request.weight(encounter.ward)
            for place, request in enumerate(self.plan.requests)
            if not (is_round and request.has_own_time)
            and (not request.given or is_given(person, request.given, now))
        }
        return self.plan.requests[dice.weighted(weights)]

    def _due(self, request: Request, due: datetime | None, dice: Dice) -> datetime | None:
        """The hour of a timed draw: the round's, or the next quarter after a while."""
        if request.due_minutes is None:
            return due
        at = self._stage.now + timedelta(minutes=dice.uniform(*request.due_minutes))
        return at.replace(minute=0, second=0, microsecond=0) + (at.minute // 15 + 1) * QUARTER

    def _ask_for(self, orders: Sequence[str], visit: str, due: datetime) -> None:
        """The same again at an hour: a series."""
        number, dice = self._next_requisition()
        ward = self.admitting.at(visit).ward
        self._place(self._asked(number, ward, orders, TIMED, dice, due.replace(microsecond=0)), visit)

    def _ask_again(self, asked: Asked, visit: str) -> None:
        """Somebody else orders the same: nobody looked whether it was done."""
        number, dice = self._next_requisition()
        self._place(replace(asked, number=number, dice=dice), visit)

    def _next_requisition(self) -> tuple[str, Dice]:
        self._requisitions += 1
        number = f"R{self._requisitions:07d}"
        return number, self._dice.fork(f"requisition/{number}")

    def _asked(
        self, number: str, ward: Ward, orders: Sequence[str], priority: str, dice: Dice, due: datetime | None
    ) -> Asked:
        wanted = tuple(self.place.orderables[code] for code in orders)
        is_on_paper = dice.fork("paper").chance(ward.paper_share)
        return Asked(number, ward, wanted, priority, dice, due, is_on_paper)

    def _place(self, asked: Asked, visit: str) -> datetime:
        """Write a requisition; when it will be drawn."""
        now, patient = self._stage.now, self.admitting.at(visit).person.mrn
        self._placed[asked.number] = Placed(asked, visit, now)
        data = {
            "orders": [order.code for order in asked.orders],
            "priority": asked.priority,
            "patient": patient,
            "ward": asked.ward.code,
            "due": asked.due_at,
        }
        self._stage.tell("order.placed", asked.number, data)
        collector = asked.dice.fork("collector").choice(asked.ward.collectors)
        at = drawn_at(asked, collector, now, self._stage.zone)
        self._stage.plan(at, partial(self._collect, asked.number, collector))
        return at

    def _move(self, trigger: str, encounter: Encounter) -> None:
        envelope = self._envelope()
        message = Outgoing(envelope.control, lambda: movement_message(envelope, trigger, encounter))
        self._stage.send(self.plan.peer, message)

    # collecting

    def _collect(self, number: str, collector: Collector) -> None:
        """Draw what was ordered; a timed draw of somebody who has gone home is not done."""
        placed = self._placed[number]
        if placed.asked.due_at and not self.admitting.is_here(placed.visit):
            self._stage.tell("order.lapsed", number)
            return
        self._draw(placed, placed.asked, collector)

    def _back_at(self, number: str, wait: timedelta) -> datetime:
        """When a new specimen is drawn for a requisition, so long from now if that can be."""
        now, placed = self._stage.now, self._placed.get(number)
        return back_at(placed.asked.ward, now, wait, self._stage.zone) if placed else now + wait

    def _draw_again(self, number: str, indexes: Sequence[int], times: int) -> None:
        """A new specimen for some orders of a requisition, under their numbers, where the patient is now."""
        placed = self._placed.get(number)
        if placed is None:
            return
        asked, ward = placed.asked, self.admitting.at(placed.visit).ward
        orders = {index: asked.orders[index - 1] for index in indexes if 0 < index <= len(asked.orders)}
        if self.admitting.has_left(placed.visit):
            self._call_off(placed, orders)
            return
        stream = asked.dice.fork(f"again/{times}")
        wanted = tuple(orders.values())
        again = replace(asked, ward=ward, orders=wanted, dice=stream, due_at=None, is_on_paper=False)
        self._stage.tell("order.recollected", number, {"orders": [order.code for order in again.orders]})
        self._draw(replace(placed, at=self._stage.now), again, stream.choice(ward.collectors), orders)

    def _call_off(self, placed: Placed, orders: Mapping[int, Orderable]) -> None:
        """Who has been discharged is not drawn again: the ward cancels what waits for a new specimen, and says why."""
        number, envelope = placed.asked.number, self._envelope()
        lines = [(f"{number}-{index}", order) for index, order in orders.items()]
        self._stage.tell("order.called_off", number, {"orders": [order.code for _, order in lines]})
        about = self.admitting.at(placed.visit), placed.at, lines, DISCHARGED
        message = Outgoing(envelope.control, partial(cancel_message, envelope, *about))
        self._stage.send(self.plan.peer, message)

    def _draw(
        self, placed: Placed, asked: Asked, collector: Collector, again: Mapping[int, Orderable] | None = None
    ) -> None:
        """Draw, stick the labels on, send the orders unless they go on paper, give the tubes to the courier."""
        encounter, now = self.admitting.at(placed.visit), self._stage.now
        truth = self._bodies.values(encounter.person, now)
        tubes = self.collecting.draw(asked, encounter, collector.initials, truth)
        leaves = self._couriers.carry(asked, list(tubes.values()))
        numbered = again or dict(enumerate(asked.orders, 1))
        said = asked.dice.fork("information")
        requisition = Requisition(
            number=asked.number,
            priority=asked.priority,
            ordered_at=placed.at,
            collected_at=now,
            provider=encounter.attending,
            collector=collector,
            lines=tuple(self.collecting.line(asked, n, order, tubes) for n, order in numbered.items()),
            control="XO" if again else "NW",
            due_at=asked.due_at,
            information=clinical_information(encounter.person, now, self.plan.remarks, said),
        )
        if leaves > now and not asked.is_on_paper:
            self._stage.plan(leaves, partial(self._send_order, encounter, requisition))
        elif not asked.is_on_paper:
            self._send_order(encounter, requisition)
        self._ringing.drawn(asked, encounter)

    def _send_order(self, encounter: Encounter, requisition: Requisition) -> None:
        envelope = self._envelope()
        build = partial(order_message, envelope, encounter, requisition)
        self._stage.send(self.plan.peer, Outgoing(envelope.control, build, self._hear))

    def _hear(self, answer: bytes) -> None:
        """The laboratory's answer to an order: what it cannot do is known to the ward."""
        for placer, reason in refused_orders(answer):
            self._stage.tell("order.refused", placer, {"reason": reason})

    # reading what comes back

    def receive(self, message: Message) -> bytes:
        """A report, or what became of orders: the ward says that it came, and does what follows in its own time."""
        if kind_of(message) == "OML^O21":
            self._responding.hear(read_statuses(message))
        for report in read_reports(message) if kind_of(message) == "ORU^R01" else ():
            self._responding.read(report)
            self._ringing.reported(report)
        return acknowledge(self._envelope(), message)

    def _names_on(self, ward: str) -> list[str]:
        return [encounter.person.family_name for encounter in self.admitting.inside(ward)]

    def _do_as_told(self, effect: str, call: Call) -> None:
        """What a ward does after a call: it orders the same once more, or on its own what was to be added."""
        placed = self._placed.get(call.subject)
        orders = (
            [call.added] if effect == "order" else [one.code for one in placed.asked.orders] if placed else []
        )
        if placed is not None and all(orders):
            number, dice = self._next_requisition()
            priority = STAT if placed.asked.priority == TIMED else placed.asked.priority
            self._place(self._asked(number, placed.asked.ward, orders, priority, dice, None), placed.visit)

    def _follow(self, mrn: str, reaction: Reaction, dice: Dice) -> bool:
        """Treat a patient who is here, and order again after a while."""
        visit = self.admitting.visit_of(mrn)
        if visit is None:
            return False
        if reaction.treatment:
            self.admitting.treat(visit, course_of(reaction, self._stage.now, dice))
        wait = timedelta(minutes=dice.fork("after").uniform(*reaction.after_minutes))
        self._stage.plan(self._stage.now + wait, partial(self._control, visit, reaction))
        return True

    def _control(self, visit: str, reaction: Reaction) -> None:
        """Whether it got better: the same again, urgently, of somebody who is still here."""
        if not self.admitting.is_here(visit) or not reaction.orders:
            return
        number, dice = self._next_requisition()
        ward = self.admitting.at(visit).ward
        self._place(self._asked(number, ward, reaction.orders, STAT, dice, None), visit)

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
