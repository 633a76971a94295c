"""Who comes to the hospital: people with an identity, an age, a blood group, and an illness that fits them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from simulators.content_types import Content, Influence
from simulators.dice import Dice
from simulators.identities import Identities
from simulators.patients import DAYS_PER_YEAR, Course, Person, Pregnancy
from simulators.treating import Treating

HEALTHY = "healthy"
_TERM = timedelta(weeks=40)


@dataclass(frozen=True, slots=True)
class Location:
    """What kind of people a place sees."""

    ages: tuple[tuple[float, float, float], ...]
    healthy: float
    background: Mapping[str, float]
    profiles: Mapping[str, float]
    procedures: tuple[Mapping[str, Any], ...]


class Population:
    """Draws the n-th person of one world, for a location and an instant; nothing is remembered between draws."""

    def __init__(self, content: Content, dice: Dice, zone: tzinfo) -> None:
        self._content = content
        self._mix = content.case_mix
        self._dice = dice
        self._zone = zone
        self._identities = Identities(self._mix["names"], dice.fork("identities"))
        self._treating = Treating(self._mix)
        self.locations = {
            code: _location(raw, self._mix["ages"]) for code, raw in self._mix["locations"].items()
        }

    def person(self, number: int, location: str, at: datetime) -> Person:
        """The n-th person, who comes to the location at the instant with what the case mix gives them.

        A location the case mix does not know is refused by KeyError.
        """
        dice = self._dice.fork(f"person/{number}")
        sex, place = self._identities.sex(number), self.locations[location]
        problem = self._problem(place, sex, dice.fork("problem"))
        return self._made(number, sex, place, problem, dice, at)

    def person_with(self, number: int, profile: str, at: datetime, location: str = "E") -> Person:
        """The n-th person with this profile and nothing else but what goes with it; sex follows the profile."""
        problem = self._content.profiles[profile]
        sex = problem.sex if problem.sex != "A" else self._identities.sex(number)
        bare = replace(self.locations[location], background={})
        return self._made(number, sex, bare, problem, self._dice.fork(f"person/{number}"), at)

    def returned(self, person: Person, visit: int, location: str, at: datetime) -> Person:
        """The same person on a later visit: what was chronic stays, a new problem comes if one of the place fits."""
        dice = self._dice.fork(f"return/{person.mrn}/{visit}")
        years = person.age_days(at, self._zone) / DAYS_PER_YEAR
        problem = self._problem(self.locations[location], person.sex, dice, years)
        fits = problem.id == HEALTHY or problem.id not in {
            *self._mix["pregnancy_weeks"],
            *self._mix["blood_groups"],
        }
        known = {course.influence for course in person.courses}
        if not fits or (problem.chronic and problem.id in known):
            return person
        return self._ill(person, problem, at, dice)

    def _problem(self, place: Location, sex: str, dice: Dice, years: float | None = None) -> Influence:
        """Healthy or one profile of the place, among those that fit the sex (and the age, when it is known)."""
        profiles = self._content.profiles
        weights = {HEALTHY: place.healthy} | {
            name: weight
            for name, weight in place.profiles.items()
            if profiles[name].sex in ("A", sex)
            and (years is None or _within(years, profiles[name].age_years))
        }
        return profiles[dice.weighted(weights)]

    def _made(
        self, number: int, sex: str, place: Location, problem: Influence, dice: Dice, at: datetime
    ) -> Person:
        born_on = self._birth_date(place, problem, at, dice.fork("age"))
        identity = self._identities.identity(number)
        person = Person(
            mrn=self._identities.mrn(number),
            family_name=identity.family_name,
            given_name=identity.given_name,
            middle_initial=identity.middle_initial,
            sex=sex,
            born_on=born_on,
            blood_group=self._blood_group(problem, dice.fork("blood group")),
            street=identity.street,
            city=identity.city,
            state=identity.state,
            postal_code=identity.postal_code,
            phone=identity.phone,
            pregnancy=self._pregnancy(problem, at, dice.fork("pregnancy")),
        )
        for background in self._background(place, problem, sex, person.age_days(at, self._zone), dice):
            person = self._ill(person, background, at, dice.fork(background.id))
        procedures = place.procedures if problem.id == HEALTHY else ()
        return self._ill(person, problem, at, dice.fork(problem.id), procedures)

    def _birth_date(self, place: Location, problem: Influence, at: datetime, dice: Dice) -> date:
        """An age of the place's mix that the profile allows; the profile's own window where the two do not meet."""
        low, high = problem.age_years
        windows: dict[tuple[float, float], float] = {
            (max(low, start), min(high, end)): weight * (min(high, end) - max(low, start)) / (end - start)
            for start, end, weight in place.ages
            if max(low, start) < min(high, end)
        }
        window = dice.weighted(windows) if windows else problem.age_years
        years = dice.uniform(*window)
        return at.astimezone(self._zone).date() - timedelta(days=int(years * DAYS_PER_YEAR))

    def _blood_group(self, problem: Influence, dice: Dice) -> str:
        groups = self._content.blood_groups
        allowed: Iterable[str] = self._mix["blood_groups"].get(problem.id, groups)
        return dice.weighted({code: float(groups[code]["us_frequency_pct"]) for code in allowed})

    def _pregnancy(self, problem: Influence, at: datetime, dice: Dice) -> Pregnancy | None:
        weeks = self._mix["pregnancy_weeks"].get(problem.id)
        if weeks is None:
            return None
        since = at - timedelta(weeks=dice.uniform(*weeks))
        return Pregnancy(since, max(since + _TERM, at + timedelta(days=1)))

    def _background(
        self, place: Location, problem: Influence, sex: str, days: int, dice: Dice
    ) -> Iterable[Influence]:
        """Long-standing illness beside the problem, each with its own chance."""
        for name, share in place.background.items():
            profile = self._content.profiles[name]
            fits = profile.sex in ("A", sex) and _within(days / DAYS_PER_YEAR, profile.age_years)
            if fits and name != problem.id and dice.fork("background").unit(name) < share:
                yield profile

    def _ill(
        self,
        person: Person,
        problem: Influence,
        at: datetime,
        dice: Dice,
        procedures: Iterable[Mapping[str, Any]] = (),
    ) -> Person:
        """The person with the course of the problem and of the treatments that go with it."""
        if problem.id != HEALTHY:
            person = person.with_course(self._course(problem, at, dice))
        for course in self._treating.courses(problem.id, at, dice.fork("treatments"), procedures):
            person = person.with_course(course)
        return person

    def _course(self, problem: Influence, at: datetime, dice: Dice) -> Course:
        severity = dice.fork("severity").uniform(0.1, 0.95)
        if problem.chronic:
            days = dice.fork("since").uniform(*self._mix["chronic"]["days_before"])
            return Course(problem.id, at - timedelta(days=days), None, severity)
        before = _hours(dice.fork("since"), self._mix["acute"]["hours_before"])
        healing = _hours(dice.fork("healing"), self._mix["acute"]["hours_to_healing"])
        return Course(problem.id, at - before, at + healing, severity)


def _location(raw: Mapping[str, Any], ages: Mapping[str, Sequence[Sequence[float]]]) -> Location:
    windows = tuple((start, end, weight) for start, end, weight in ages[raw["ages"]])
    procedures = tuple(raw.get("procedures", ()))
    return Location(windows, raw["healthy"], raw["background"], raw["profiles"], procedures)


def _within(years: float, window: tuple[float, float]) -> bool:
    return window[0] <= years <= window[1]


def _hours(dice: Dice, spread: Sequence[float]) -> timedelta:
    """A length of time whose logarithm is normal: median in hours, spread of the logarithm."""
    median, sd_log = spread
    return timedelta(hours=median * dice.lognormal(0.0, sd_log))
