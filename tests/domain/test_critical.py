"""Critical values: strict limits by age, codes, and what is left open."""

from __future__ import annotations

import pytest

from lis.domain.critical import critical_check, is_critical
from tests.domain.samples import critical_limit, number

ADULT = critical_limit("2.5", "6.5", ages=(31, 43800))
NEWBORN = critical_limit("2.5", "7.0", ages=(0, 30))
GROWN = critical_limit(None, "10.0", ages=(6570, 43800))


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
    check = critical_check((ADULT, NEWBORN), age_days=age, quantity=number(value))
    assert (check.outcome, check.reason_code, is_critical(check)) == (outcome, reason, outcome == "failed")


def test_age_without_a_limit_and_test_without_one() -> None:
    assert critical_check((GROWN,), age_days=6569, quantity=number("12")).outcome == "not_applicable"
    assert critical_check((), age_days=None, quantity=number("12")).outcome == "not_applicable"


def test_unknown_age_does_not_matter_where_one_limit_is_for_all() -> None:
    row = critical_limit(None, "4.0")
    assert critical_check((row,), age_days=None, quantity=number("4.1")).reason_code == "critical.high"
    assert critical_check((row,), age_days=None, quantity=number("<4.1")).outcome == "not_evaluable"
    assert critical_check((row,), age_days=None, quantity=number("<4.0")).outcome == "passed"


def test_critical_code() -> None:
    row = critical_limit(None, None, text="positive", codes=("POS",))
    found = {code: critical_check((row,), age_days=1, code=code) for code in ("POS", "NEG")}
    assert {code: (check.outcome, is_critical(check)) for code, check in found.items()} == {
        "POS": ("failed", True),
        "NEG": ("passed", False),
    }


def test_row_of_words_only_is_judged_by_a_person_unless_the_value_is_normal() -> None:
    row = critical_limit(None, None, text="any growth")
    open_, normal = (critical_check((row,), age_days=1, code="X", normal=known) for known in (False, True))
    assert (open_.outcome, open_.reason_code, is_critical(open_)) == (
        "not_evaluable",
        "critical.by_person",
        False,
    )
    assert normal.outcome == "passed"
    assert critical_check((row,), age_days=1, quantity=number("1")).outcome == "not_evaluable"
