"""What a ward tells the laboratory beside an order: treatment and circumstances that may explain a value."""

from __future__ import annotations

from datetime import datetime, timedelta

from simulators.dice import Dice
from simulators.hospital_plan import Remark, RemarkPlan
from simulators.patients import Course, Person


def clinical_information(person: Person, at: datetime, plan: RemarkPlan, dice: Dice) -> str:
    """The words on the order, "" when there is nothing to say or nobody says it."""
    if not dice.chance(plan.share):
        return ""
    said = [remark.text for remark in plan.remarks if _is_so(remark, person, at)]
    weeks = person.gestation_weeks(at)
    if weeks is not None and plan.pregnant:
        said.append(plan.pregnant.format(weeks=int(weeks)))
    return ", ".join(dict.fromkeys(said))


def is_given(person: Person, influence: str, at: datetime) -> bool:
    """Whether a course of this name runs."""
    return any(course.influence == influence and _runs(course, None, at) for course in person.courses)


def _is_so(remark: Remark, person: Person, at: datetime) -> bool:
    return any(
        course.influence == remark.given and _runs(course, remark.hours, at) for course in person.courses
    )


def _runs(course: Course, hours: float | None, at: datetime) -> bool:
    """From its beginning to so many hours after its end; a course without end ends with its beginning, or never."""
    if at < course.since:
        return False
    if hours is None:
        return course.until is None or at <= course.until
    return at <= (course.until or course.since) + timedelta(hours=hours)
