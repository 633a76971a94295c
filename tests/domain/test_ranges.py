"""Which interval holds, and what flag a value gets by it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lis.domain.catalog import CodedValue, ReferenceInterval
from lis.domain.comparing import above, below
from lis.domain.ranges import IntervalChoice, coded_flag, flag_for, interval_for, interval_text
from tests.domain.samples import interval, number

MEN = interval("13.5", "17.5", sex="M", ages=(6570, 43800))
WOMEN = interval("12.0", "15.5", sex="F", ages=(6570, 43800))
PREGNANT = interval("11.0", "14.0", sex="F", ages=(4380, 18250), condition="pregnant_T3")
NEWBORN = interval("13.5", "19.5", ages=(0, 30))
ROWS = (NEWBORN, MEN, WOMEN, PREGNANT)


@pytest.mark.parametrize(
    ("sex", "age", "condition", "row"),
    [
        ("M", 6570, "", MEN),
        ("F", 6570, "", WOMEN),
        ("F", 9000, "pregnant_T3", PREGNANT),
        ("M", 9000, "pregnant_T3", MEN),
        ("F", 18251, "pregnant_T3", WOMEN),
        ("F", 9000, "fasting", WOMEN),
        ("M", 0, "", NEWBORN),
        ("M", 30, "", NEWBORN),
        (None, 30, "", NEWBORN),  # the same for both
        ("F", 43800, "", WOMEN),
    ],
)
def test_interval_by_sex_age_and_condition(
    sex: str | None, age: int, condition: str, row: ReferenceInterval
) -> None:
    assert interval_for(ROWS, sex=sex, age_days=age, condition=condition) == IntervalChoice(row, "chosen")


def test_interval_is_not_established_between_the_ages() -> None:
    choice = interval_for(ROWS, sex="M", age_days=31)
    assert (choice.state, interval_text(choice)) == ("not_established", "not established")


def test_test_without_intervals_has_none_and_prints_nothing() -> None:
    choice = interval_for((), sex="M", age_days=31)
    assert (choice.state, interval_text(choice)) == ("none", "")


@pytest.mark.parametrize(
    ("sex", "age", "missing"),
    [
        (None, 9000, ("sex",)),
        ("U", 9000, ("sex",)),
        ("O", 9000, ("sex",)),
        ("M", None, ("birth date",)),
        (None, None, ("sex", "birth date")),
    ],
)
def test_unknown_fact_on_which_the_interval_depends(
    sex: str | None, age: int | None, missing: tuple[str, ...]
) -> None:
    choice = interval_for(ROWS, sex=sex, age_days=age)
    assert (choice.state, choice.missing, interval_text(choice)) == ("not_evaluable", missing, "")


def test_unknown_facts_do_not_matter_where_one_interval_is_for_all() -> None:
    row = interval("136", "145")
    assert interval_for((row,), sex=None, age_days=None) == IntervalChoice(row, "chosen")


def test_row_for_the_sex_goes_before_the_row_for_all() -> None:
    for_all, for_women = interval("1", "2"), interval("1", "3", sex="F")
    assert interval_for((for_all, for_women), sex="F", age_days=1).row == for_women
    assert interval_for((for_all, for_women), sex="M", age_days=1).row == for_all
    assert interval_for((for_all, for_women), sex=None, age_days=1).state == "not_evaluable"


def test_condition_not_stated() -> None:
    fasting = interval("70", "99", condition="fasting")
    at_random = interval("70", "139", condition="random", when_unknown=True)
    assert interval_for((fasting, at_random), sex="M", age_days=1).row == at_random
    assert interval_for((fasting, at_random), sex="M", age_days=1, condition="fasting").row == fasting
    assert interval_for((fasting,), sex="M", age_days=1).missing == ("condition",)
    assert interval_for((fasting,), sex="M", age_days=1, condition="random").state == "not_established"


@pytest.mark.parametrize(
    ("value", "low", "high", "flag"),
    [
        ("136", "136", "145", "N"),
        ("135.9", "136", "145", "L"),
        ("145", "136", "145", "N"),
        ("145.1", "136", "145", "H"),
        ("<3", "3", "10", "L"),
        ("<=3", "3", "10", None),
        ("<5", "3", "10", None),
        (">10", "3", "10", "H"),
        (">=10", "3", "10", None),
        (">9", "3", "10", None),
        ("<5", "0", "34", "N"),
        ("<40", "0", "34", None),
        ("<5", None, "34", "N"),
        (">90", "60", None, "N"),
        (">50", "60", None, None),
        ("0", "0", "0", "N"),
        ("-0.1", "0", "5", "L"),
        ("7", None, None, ""),
    ],
)
def test_flag_of_a_number(value: str, low: str | None, high: str | None, flag: str | None) -> None:
    assert flag_for(number(value), interval(low, high)) == flag


def test_bounded_value_against_a_limit() -> None:
    limit = Decimal(5)
    values = ["<5", "<=5", "<4", "<=4", "<6", ">5", ">=5", ">6", ">4", ">=4", "5"]
    assert [below(number(value), limit) for value in values] == [
        *(True, None, True, True, None),
        *(False, False, False, None, None, False),
    ]
    assert [above(number(value), limit) for value in values] == [
        *(False, False, False, False, None),
        *(True, None, True, None, None, False),
    ]


def test_flag_of_a_code_is_its_value_set_s() -> None:
    values = [CodedValue("NEG", "Negative", "N", None), CodedValue("POS", "Positive", "A", None)]
    assert [coded_flag(code, values) for code in ("NEG", "POS", "WHAT")] == ["N", "A", None]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (interval("3.5", "5.10"), "3.5–5.10 mmol/L"),
        (interval(None, "5"), "≤5 mmol/L"),
        (interval("60", None), "≥60 mmol/L"),
        (interval("0", "199", text="<200 desirable"), "<200 desirable"),
        (interval(None, None), ""),
        (PREGNANT, "11.0–14.0 mmol/L (pregnant T3)"),
    ],
)
def test_interval_as_printed(row: ReferenceInterval, text: str) -> None:
    assert interval_text(IntervalChoice(row, "chosen")) == text
