"""Who lives in the world: identity, body, and the courses of illness and treatment a person goes through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Course:
    """One illness (a profile) or one treatment, running from `since`; named by its id in the content.

    `until` is when an illness begins to heal, or a treatment stops; None is an untreated illness, or a treatment
    of its usual length. `severity` runs from 0 (as mild as the content allows) to 1; `dose` multiplies the
    effects of a treatment (two units of red cells are a dose of 2).
    """

    influence: str
    since: datetime
    until: datetime | None = None
    severity: float = 0.5
    dose: float = 1.0


@dataclass(frozen=True, slots=True)
class Pregnancy:
    """From the first day of the last period; `ended_at` is the delivery."""

    since: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One synthetic person. Blood group is a code of the ABO table and holds for life; sex is M or F."""

    mrn: str
    family_name: str
    given_name: str
    middle_initial: str
    sex: str
    born_on: date
    blood_group: str
    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    phone: str = ""
    courses: tuple[Course, ...] = ()
    pregnancy: Pregnancy | None = None

    def age_days(self, at: datetime, zone: tzinfo) -> int:
        """Whole days of life on the local date of the instant; never below 0."""
        return max(0, (at.astimezone(zone).date() - self.born_on).days)

    def with_course(self, course: Course) -> Person:
        """The same person with one more course, after those there are."""
        return replace(self, courses=(*self.courses, course))

    def treated(self, influence: str, at: datetime) -> Person:
        """The same person, in whom every open course of this name starts to heal (or stops) at the instant."""
        return replace(
            self,
            courses=tuple(
                replace(course, until=at)
                if course.influence == influence and course.until is None
                else course
                for course in self.courses
            ),
        )

    def gestation_weeks(self, at: datetime) -> float | None:
        """Weeks of pregnancy at the instant, None when not pregnant then."""
        if self.pregnancy is None or at < self.pregnancy.since:
            return None
        if self.pregnancy.ended_at is not None and at >= self.pregnancy.ended_at:
            return None
        return (at - self.pregnancy.since) / timedelta(weeks=1)
