"""What wards do with what the laboratory says: they draw again, they read reports and act.

Which value leads to what is content (world.yaml, `reactions`); this module knows no test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from simulators.dice import Dice
from simulators.hl7.reading import OrderStatus, Report
from simulators.hospital_plan import HospitalPlan, Reaction
from simulators.patients import Course
from simulators.stage import Stage

WAITS_FOR_SPECIMEN = "HD"  # HL7 table 0038: on hold, until another specimen comes


BackAt = Callable[[str, timedelta], datetime]
"""When a requisition's patient is drawn once more, who would be after this while."""
DrawAgain = Callable[[str, Sequence[int], int], None]
"""Requisition, the numbers of its orders, and how often that was asked of it."""
Follow = Callable[[str, Reaction, Dice], bool]
"""Patient, what to do, chance; False when the patient is no longer here."""


class Responding:
    """Plans its own events; what is drawn and ordered is done by the hospital it is handed."""

    def __init__(
        self, plan: HospitalPlan, stage: Stage, back_at: BackAt, draw_again: DrawAgain, follow: Follow
    ) -> None:
        self._plan = plan
        self._stage = stage
        self._back_at = back_at
        self._draw_again = draw_again
        self._follow = follow
        self._dice = stage.dice.fork("responding")
        self._awaiting: set[str] = set()
        self._redraws: dict[str, int] = {}
        self._reacted: dict[tuple[str, str, str], datetime] = {}
        self._reports = 0

    # what became of orders

    def hear(self, statuses: Sequence[OrderStatus]) -> None:
        """Told that an order waits for another specimen, a collector goes again; said twice, nobody goes twice."""
        again: dict[str, list[int]] = {}
        for status in statuses:
            data = {"status": status.status, "reason": status.reason}
            self._stage.tell("order.status", status.placer, data)
            number, _, index = status.placer.rpartition("-")
            is_wanted = status.status == WAITS_FOR_SPECIMEN and status.placer not in self._awaiting
            if is_wanted and number and index.isdecimal():
                self._awaiting.add(status.placer)
                again.setdefault(number, []).append(int(index))
        for number, indexes in again.items():
            self._plan_redraw(number, indexes)

    def _plan_redraw(self, number: str, indexes: Sequence[int]) -> None:
        times = self._redraws[number] = self._redraws.get(number, 0) + 1
        minutes = self._dice.fork(f"redraw/{number}/{times}").uniform(*self._plan.recollect_minutes)
        at = self._back_at(number, timedelta(minutes=minutes))
        self._stage.plan(at.replace(microsecond=0), partial(self._redraw, number, indexes, times))

    def _redraw(self, number: str, indexes: Sequence[int], times: int) -> None:
        self._awaiting -= {f"{number}-{index}" for index in indexes}
        self._draw_again(number, indexes, times)

    # reports

    def read(self, report: Report) -> None:
        """Somebody reads the report a while after it came, and acts once on each value that asks for it."""
        self._stage.tell("report.received", report.placer, {"report": report})
        self._reports += 1
        dice = self._dice.fork(f"report/{self._reports}")
        found = [reaction for reaction in self._plan.reactions if _asks_for(report, reaction)]
        if found:
            at = self._stage.now + timedelta(minutes=dice.uniform(*self._plan.reading_minutes))
            self._stage.plan(at, partial(self._act, report.mrn, found, dice))

    def _act(self, mrn: str, reactions: Sequence[Reaction], dice: Dice) -> None:
        now = self._stage.now
        for reaction in reactions:
            key = (mrn, reaction.test, reaction.flag)
            last = self._reacted.get(key)
            if last is not None and now - last < timedelta(hours=self._plan.rest_hours):
                continue
            stream = dice.fork(f"{reaction.test}/{reaction.flag}")
            if stream.chance(reaction.share) and self._follow(mrn, reaction, stream):
                self._reacted[key] = now
                data = {"test": reaction.test, "flag": reaction.flag, "orders": reaction.orders}
                self._stage.tell("report.acted_on", mrn, data | {"treatment": reaction.treatment})


def _asks_for(report: Report, reaction: Reaction) -> bool:
    return any(
        value.test == reaction.test and reaction.flag in value.flags and value.status != "X"
        for value in report.values
    )


def course_of(reaction: Reaction, now: datetime, dice: Dice) -> Course:
    """The treatment that begins now; without hours it lasts as long as such a treatment does."""
    until = now + timedelta(hours=reaction.hours) if reaction.hours else None
    return Course(reaction.treatment, now, until, dice.fork("severity").uniform(0.3, 0.7))
