"""Who comes: identities, look-alikes, blood groups, and illness that fits sex, age and place."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import cache

import pytest

from simulators.dice import Dice
from simulators.identities import luhn_digit
from simulators.patients import Person
from simulators.population import Population
from tests.world.bodies import MORNING, ZONE, core, physiology, population

PLACES = ("E", "I", "O", "ICU", "NB")


@cache
def crowd(place: str, count: int = 100) -> tuple[Person, ...]:
    return tuple(population().person(number, place, MORNING) for number in range(count))


def test_person_is_the_same_in_every_world_of_the_seed_and_in_any_order() -> None:
    again = Population(core(), Dice(1).fork("population"), ZONE)
    assert [again.person(number, "E", MORNING) for number in (7, 3)] == [crowd("E")[7], crowd("E")[3]]


def test_another_seed_gives_other_people() -> None:
    other = Population(core(), Dice(2).fork("population"), ZONE).person(3, "E", MORNING)
    assert other.mrn != crowd("E")[3].mrn


def test_numbers_are_unique_and_carry_a_check_digit() -> None:
    numbers = [one.mrn for one in crowd("E")]
    assert len(set(numbers)) == len(numbers)
    assert all(number[-1] == luhn_digit(number[:-1]) for number in numbers)


@pytest.mark.parametrize(("digits", "check"), [("7992739871", "3"), ("0000000", "0"), ("1234567", "4")])
def test_luhn_digit_of_known_numbers(digits: str, check: str) -> None:
    assert luhn_digit(digits) == check


def test_some_people_share_a_name_and_few_do() -> None:
    people = [population().person(number, "E", MORNING) for number in range(600)]
    names = Counter((one.family_name, one.given_name) for one in people)
    families = [one.family_name for one in people]
    neighbours = sum(families[i] in families[max(0, i - 6) : i] for i in range(len(families)))
    assert sum(count - 1 for count in names.values()) >= 8
    assert 0.03 < neighbours / len(people) < 0.12


def test_illness_fits_sex_age_and_place() -> None:
    for place in PLACES:
        for one in crowd(place):
            years = one.age_days(MORNING, ZONE) / 365.25
            for course in one.courses:
                influence = core().influences[course.influence]
                low, high = influence.age_years
                assert influence.sex in ("A", one.sex)
                assert low - 0.01 <= years <= high + 0.01


def test_every_profile_is_met_somewhere_except_mistakes_with_specimens() -> None:
    drawn = {name for place in population().locations.values() for name in place.profiles}
    assert set(core().profiles) - drawn == {"healthy", *core().case_mix["not_people"]}


def test_share_of_healthy_people_falls_from_clinic_to_intensive_care() -> None:
    ill = {
        place: sum(any(c.influence in core().profiles for c in one.courses) for one in crowd(place)) / 100
        for place in ("O", "E", "ICU")
    }
    assert ill["O"] < ill["E"] < ill["ICU"]


def test_blood_groups_follow_the_frequencies_and_the_profile() -> None:
    groups = Counter(one.blood_group for place in ("E", "I", "O") for one in crowd(place))
    assert 0.30 < groups["OPOS"] / 300 < 0.46
    sensitised = [population().person_with(number, "antibody_anti_d", MORNING) for number in range(20)]
    assert {one.blood_group[-3:] for one in sensitised} == {"NEG"}
    assert {physiology().at(one, MORNING)["RH"] for one in sensitised} == {"NEG"}


def test_profiles_of_pregnancy_make_pregnant_women() -> None:
    for number in range(10):
        mother = population().person_with(number, "preg_t3", MORNING)
        weeks = mother.gestation_weeks(MORNING)
        assert mother.sex == "F"
        assert weeks is not None
        assert 28 <= weeks <= 40


def test_acute_illness_began_before_the_person_came_and_heals_after() -> None:
    for number in range(20):
        course = population().person_with(number, "pneumonia_cap", MORNING).courses[0]
        assert course.since < MORNING
        assert course.until is not None
        assert course.until > MORNING


def test_returning_person_keeps_what_is_chronic() -> None:
    later = MORNING + timedelta(days=40)
    for one in crowd("I")[:60]:
        back = population().returned(one, 1, "I", later)
        assert back.courses[: len(one.courses)] == one.courses
        assert (back.mrn, back.born_on, back.blood_group) == (one.mrn, one.born_on, one.blood_group)


def test_unknown_place_is_refused() -> None:
    with pytest.raises(KeyError):
        population().person(1, "nowhere", MORNING)
