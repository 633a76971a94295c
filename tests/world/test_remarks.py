"""What a ward says beside an order: while it is so, in the words of the content, and not always."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from simulators.dice import Dice
from simulators.hospital_plan import RemarkPlan
from simulators.patients import Course, Person, Pregnancy
from simulators.remarks import clinical_information, is_given
from tests.world.bodies import MORNING, person
from tests.world.fake_lis import full

HOUR = timedelta(hours=1)
PLAN: RemarkPlan = replace(full().place.hospital.remarks, share=1.0)


def said(one: Person, hours: float = 0, plan: RemarkPlan = PLAN) -> str:
    return clinical_information(one, MORNING + hours * HOUR, plan, Dice(4))


def with_course(name: str, until: float | None = None) -> Person:
    end = None if until is None else MORNING + until * HOUR
    return person().with_course(Course(name, MORNING, end))


@pytest.mark.parametrize(
    ("course", "until", "hours", "words"),
    [
        ("hemodialysis", None, -1, ""),
        ("hemodialysis", None, 5, "post dialysis"),
        ("hemodialysis", None, 40, ""),
        ("heparin_infusion", 24, 23, "on heparin infusion"),
        ("heparin_infusion", 24, 27, "on heparin infusion"),
        ("heparin_infusion", 24, 29, ""),
        ("red_cell_transfusion", None, 20, "red cells transfused"),
        ("warfarin_therapeutic", None, 9_000, "on warfarin"),
        ("hyperlipidemia_mixed", None, 5, ""),
    ],
)
def test_a_treatment_is_named_while_it_matters(
    course: str, until: float | None, hours: float, words: str
) -> None:
    assert said(with_course(course, until), hours) == words


def test_weeks_of_pregnancy_are_said_and_several_things_stand_in_one_line() -> None:
    mother = replace(
        with_course("heparin_infusion", 24),
        pregnancy=Pregnancy(MORNING - timedelta(weeks=30), MORNING + timedelta(weeks=9)),
    )
    assert said(mother) == "on heparin infusion, pregnant, 30 weeks"


def test_a_ward_does_not_always_say_it() -> None:
    plan = full().place.hospital.remarks
    one = with_course("hemodialysis")
    times = [bool(clinical_information(one, MORNING + HOUR, plan, Dice(n))) for n in range(600)]
    assert sum(times) / 600 == pytest.approx(plan.share, abs=0.05)


def test_levels_of_a_drug_are_for_those_who_get_it() -> None:
    assert is_given(with_course("vancomycin", 72), "vancomycin", MORNING + 5 * HOUR)
    assert not is_given(with_course("vancomycin", 72), "vancomycin", MORNING + 80 * HOUR)
    assert not is_given(with_course("gentamicin", 72), "vancomycin", MORNING + 5 * HOUR)
