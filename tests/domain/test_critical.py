"""Critical values: strict limits by age, codes, and what is left open."""

from __future__ import annotations

import pytest

from lis.domain.catalog import CriticalLimit
from lis.domain.checks import Check
from lis.domain.critical import critical_check, is_critical, is_misheard
from lis.domain.ranges import row_for_age
from tests.domain.samples import critical_limit, number

ADULT = critical_limit("2.5", "6.5", ages=(31, 43800))
NEWBORN = critical_limit("2.5", "7.0", ages=(0, 30))
GROWN = critical_limit(None, "10.0", ages=(6570, 43800))


def judged(value: str, *rows: CriticalLimit, age: int | None) -> Check:
    row, known = row_for_age(rows, age)
    return critical_check(row, known=known, quantity=number(value))


@pytest.mark.parametrize(
    ("value", "age", "outcome", "reason"),
    [
        ("2.5", 31, "passed", ""),
        ("2.4", 31, "failed", "critical.low"),
        ("6.5", 31, "passed", ""),
        ("6.6", 31, "failed", "critical.high"),
        ("6.6", 30, "passed", ""),
        ("7.1", 30, "failed", "critical.high"),
        ("<2.5", 31, "failed", "critical.low"),
        ("<3", 31, "not_evaluable", "critical.comparator"),
        (">6.5", 31, "failed", "critical.high"),
        (">6", 31, "not_evaluable", "critical.comparator"),
        (">3", 31, "not_evaluable", "critical.comparator"),
        ("4.0", None, "not_evaluable", "critical.age_unknown"),
    ],
)
def test_critical_number(value: str, age: int | None, outcome: str, reason: str) -> None:
    check = judged(value, ADULT, NEWBORN, age=age)
    assert (check.outcome, check.reason_code, is_critical(check)) == (outcome, reason, outcome == "failed")


@pytest.mark.parametrize(
    ("value", "outcome", "reason", "text"),
    [
        ("2.5", "failed", "critical.low", "Critical: 2.5 or less."),
        ("2.6", "passed", "", "Not critical."),
        ("6.4", "passed", "", "Not critical."),
        ("6.5", "failed", "critical.high", "Critical: 6.5 or more."),
        ("<=2.5", "failed", "critical.low", "Critical: 2.5 or less."),
        ("<2.5", "failed", "critical.low", "Critical: 2.5 or less."),
        ("<2.6", "not_evaluable", "critical.comparator", "Whether <2.6 is critical is left open."),
        (">=6.5", "failed", "critical.high", "Critical: 6.5 or more."),
        (">6.4", "not_evaluable", "critical.comparator", "Whether >6.4 is critical is left open."),
    ],
)
def test_inclusive_limit_is_critical_itself(value: str, outcome: str, reason: str, text: str) -> None:
    check = critical_check(critical_limit("2.5", "6.5", inclusive=True), quantity=number(value))
    assert (check.outcome, check.reason_code, check.text) == (outcome, reason, text)


def test_inclusive_limit_on_one_side_leaves_the_other_open_to_any_value() -> None:
    row = critical_limit(None, "6.5", inclusive=True)
    answers = [critical_check(row, quantity=number(text)).outcome for text in ("-9", "<6.5", "6.5")]
    assert answers == ["passed", "passed", "failed"]


def test_age_without_a_limit_and_test_without_one() -> None:
    assert judged("12", GROWN, age=6569).outcome == "not_applicable"
    assert judged("12", age=None).outcome == "not_applicable"


def test_unknown_age_does_not_matter_where_one_limit_is_for_all() -> None:
    row = critical_limit(None, "4.0")
    assert judged("4.1", row, age=None).reason_code == "critical.high"
    assert judged("<4.1", row, age=None).outcome == "not_evaluable"
    assert judged("<4.0", row, age=None).outcome == "passed"


def test_critical_code() -> None:
    row = critical_limit(None, None, text="positive", codes=("POS",))
    found = {code: critical_check(row, code=code) for code in ("POS", "NEG")}
    assert {code: (check.outcome, is_critical(check)) for code, check in found.items()} == {
        "POS": ("failed", True),
        "NEG": ("passed", False),
    }


def test_row_of_words_only_is_judged_by_a_person_unless_the_value_is_normal() -> None:
    row = critical_limit(None, None, text="any growth")
    open_, normal = (critical_check(row, code="X", normal=known) for known in (False, True))
    assert (open_.outcome, open_.reason_code, is_critical(open_)) == (
        "not_evaluable",
        "critical.by_person",
        False,
    )
    assert normal.outcome == "passed"
    assert critical_check(row, quantity=number("1")).outcome == "not_evaluable"


@pytest.mark.parametrize(
    ("value", "read_back", "is_wrong"),
    [
        ("444", "Glucose 444 mg/dL", False),
        ("444", "Glucose 44 mg/dL", True),
        ("444", "four four four", False),
        ("6.80", "Archer, MRN 1001, potassium 6.8 at 10:15", False),
        ("6.8", "kalium 6,8", False),
        ("1250", "platelets 1,250", False),
        ("-28", "base excess minus 28", False),
        ("Positive", "positive, room 4", False),
    ],
)
def test_read_back_in_figures_must_say_the_value(value: str, read_back: str, is_wrong: bool) -> None:
    assert is_misheard(value, read_back) == is_wrong
