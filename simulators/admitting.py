"""Who is in the hospital, and where: people arrive, move from ward to ward, leave; each step is sent (ADT).

A move goes as A02, which the laboratory takes as it takes A08: the visit stays, location and class are the new ones.
The movement from emergency to a ward, too, keeps its visit number, so that what was ordered there stays with the stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from simulators.dice import Dice
from simulators.hl7.hospital import Encounter
from simulators.hospital_plan import HospitalPlan, Transfer, Ward
from simulators.patients import Course, Person
from simulators.people import Bodies
from simulators.stage import Stage

HOUR = timedelta(hours=1)
INPATIENT, OUTPATIENT = "I", "O"
DISCHARGED = "Patient discharged before a new specimen was drawn"
SECOND_VISIT_CHANCE = 0.15
"""How often an order in emergency or clinic is for somebody who is still there."""

Send = Callable[[str, Encounter], None]
"""Sends a movement: its trigger, and the stay as it is then."""


class Admitting:
    """Beds, visits and the people in them; plans the moves and departures of its own."""

    def __init__(self, plan: HospitalPlan, stage: Stage, bodies: Bodies, send: Send) -> None:
        self._plan = plan
        self._stage = stage
        self._bodies = bodies
        self._send = send
        self._dice = stage.dice.fork("hospital")
        self._encounters: dict[str, Encounter] = {}
        self._beds: dict[str, list[str]] = {ward.code: [] for ward in plan.wards}
        self._known: dict[str, Person] = {}
        self._people = self._visits = 0

    # who is here

    def at(self, visit: str) -> Encounter:
        """The stay of this number as it is now, or was when it ended."""
        return self._encounters[visit]

    def is_here(self, visit: str) -> bool:
        """Whether the stay has not ended."""
        return visit in self._beds[self._encounters[visit].ward.code]

    def has_left(self, visit: str) -> bool:
        """Whether somebody has been discharged. Who has gone home from a clinic can be called back to it."""
        return not self.is_here(visit) and self._encounters[visit].ward.patient_class != OUTPATIENT

    def visit_of(self, mrn: str) -> str | None:
        """The stay of somebody who is here."""
        return next((visit for visit in self._inside() if self._encounters[visit].person.mrn == mrn), None)

    def inside(self, ward: str) -> list[Encounter]:
        """The stays on a ward, in the order of their coming."""
        return [self._encounters[visit] for visit in self._beds[ward]]

    def _inside(self) -> list[str]:
        return [visit for visits in self._beds.values() for visit in visits]

    def patient(self, ward: Ward, dice: Dice) -> Encounter:
        """Somebody who is here, or somebody new."""
        here = self._beds[ward.code]
        occupied = len(here) / ward.rooms if ward.patient_class == INPATIENT else SECOND_VISIT_CHANCE
        if here and dice.chance(occupied):
            return self._encounters[dice.choice(here)]
        return self._admit(ward, dice)

    def treat(self, visit: str, course: Course) -> None:
        """From now on the patient of this stay has this course, too."""
        encounter = self._encounters[visit]
        self._change(visit, replace(encounter, person=encounter.person.with_course(course)))

    # coming

    def _admit(self, ward: Ward, dice: Dice) -> Encounter:
        now = self._stage.now.replace(microsecond=0)
        self._visits += 1
        encounter = Encounter(
            person=self._somebody(ward, dice, now),
            ward=ward,
            bed=self._free_bed(ward),
            visit=f"V{self._visits:07d}",
            attending=dice.choice(self._plan.providers),
            admitted_at=now,
        )
        visit = encounter.visit
        self._change(visit, encounter)
        self._beds[ward.code].append(visit)
        self._stage.tell("patient.admitted", encounter.person.mrn, {"ward": ward.code, "visit": visit})
        self._send("A01" if ward.patient_class == INPATIENT else "A04", encounter)
        self._plan_what_follows(visit, dice)
        if dice.chance(self._plan.update_share):
            self._stage.plan(now + HOUR / 2, lambda: self._correct(visit, dice))
        return encounter

    def _somebody(self, ward: Ward, dice: Dice, now: datetime) -> Person:
        """A person who was here before and is not now, or a new one."""
        inside = {self._encounters[visit].person.mrn for visit in self._inside()}
        away = [person for mrn, person in self._known.items() if mrn not in inside]
        if away and dice.chance(self._plan.readmission_share):
            return self._bodies.returned(dice.choice(away), self._visits, ward.population, now)
        self._people += 1
        return self._bodies.person(self._people, ward.population, now)

    def _free_bed(self, ward: Ward) -> str:
        if ward.patient_class == OUTPATIENT:
            return ""
        taken = {self._encounters[visit].bed for visit in self._beds[ward.code]}
        free = (str(room) for room in range(1, ward.rooms + 1) if str(room) not in taken)
        return next(free, str(ward.rooms))

    def _change(self, visit: str, encounter: Encounter) -> None:
        self._encounters[visit] = encounter
        self._known[encounter.person.mrn] = encounter.person

    def _correct(self, visit: str, dice: Dice) -> None:
        """Admissions corrects a telephone number."""
        encounter = self._encounters[visit]
        person = replace(encounter.person, phone=f"555-01{dice.integer(0, 99):02d}")
        self._change(visit, replace(encounter, person=person))
        self._send("A08", self._encounters[visit])

    # moving and leaving

    def _plan_what_follows(self, visit: str, dice: Dice) -> None:
        """Somebody moves on to another ward after a while, or leaves in the end."""
        ward, now = self._encounters[visit].ward, self._stage.now
        stay = max(1.0, dice.exponential(self._plan.stay_hours[ward.patient_class]))
        stream = self._dice.fork(f"transfer/{visit}/{ward.code}")
        move = self._drawn_move(ward, stream)
        if move is None:
            self._stage.plan(now + stay * HOUR, partial(self._discharge, visit))
        else:
            at = now + stream.uniform(*move.after_hours) * HOUR
            self._stage.plan(at, partial(self._transfer, visit, move, stream))

    def _drawn_move(self, ward: Ward, dice: Dice) -> Transfer | None:
        moves = [move for move in self._plan.transfers if move.origin == ward.code]
        rest = 1.0 - sum(move.share for move in moves)
        return dice.weighted([*((move, move.share) for move in moves), (None, rest)]) if moves else None

    def _transfer(self, visit: str, move: Transfer, dice: Dice) -> None:
        """To the other ward, if it has a bed; else the stay ends where it is when its time has come."""
        before, to = self._encounters[visit], self._plan.ward(move.to)
        if to is None or len(self._beds[to.code]) >= to.rooms:
            stay = dice.exponential(self._plan.stay_hours[before.ward.patient_class])
            self._stage.plan(self._stage.now + stay * HOUR, partial(self._discharge, visit))
            return
        self._beds[before.ward.code].remove(visit)
        after = replace(before, ward=to, bed=self._free_bed(to), came_from=(before.ward.code, before.bed))
        self._change(visit, after)
        self._beds[to.code].append(visit)
        data = {"visit": visit, "from": before.ward.code, "to": to.code}
        self._stage.tell("patient.transferred", after.person.mrn, data)
        self._send("A02", after)
        self._plan_what_follows(visit, dice.fork("stay"))

    def _discharge(self, visit: str) -> None:
        encounter = replace(self._encounters[visit], discharged_at=self._stage.now)
        self._beds[encounter.ward.code].remove(visit)
        self._stage.tell("patient.discharged", encounter.person.mrn, {"visit": visit})
        self._send("A03", encounter)
