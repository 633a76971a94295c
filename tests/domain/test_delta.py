"""The delta check: window, units, logics, zero, comparators."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import pytest

from lis.domain.checks import Check
from lis.domain.delta import PreviousResult, comparable, delta_check
from lis.kernel.quantity import parse_quantity
from tests.domain.samples import HOUR, NOON, delta_limit

Logic = Literal["ABS", "PCT", "AND", "OR", "ANY"]


def judged(
    old: str,
    new: str,
    logic: Logic = "ABS",
    absolute: str | None = "1.0",
    percent: str | None = None,
    *,
    apart: timedelta = HOUR,
    unit: str = "mmol/L",
    at: datetime | None = NOON,
) -> Check:
    earlier = PreviousResult(parse_quantity(old), old, unit, NOON - apart)
    rule = delta_limit(logic, absolute, percent)
    return delta_check(rule, earlier, quantity=parse_quantity(new), text=new, unit="mmol/L", collected_at=at)


@pytest.mark.parametrize(
    ("logic", "absolute", "percent", "old", "new", "outcome"),
    [
        ("ABS", "1.0", None, "4.0", "5.0", "passed"),
        ("ABS", "1.0", None, "4.0", "5.1", "failed"),
        ("ABS", "1.0", None, "4.0", "2.9", "failed"),
        ("PCT", None, "50", "2.0", "3.0", "passed"),
        ("PCT", None, "50", "2.0", "3.1", "failed"),
        ("PCT", None, "50", "0", "0.1", "not_evaluable"),
        ("PCT", None, "50", "0.0", "0", "passed"),
        ("AND", "0.5", "50", "0.6", "1.0", "passed"),
        ("AND", "0.5", "50", "2.0", "2.9", "passed"),
        ("AND", "0.5", "50", "0.8", "1.4", "failed"),
        ("AND", "0.5", "50", "0", "0.5", "passed"),
        ("AND", "0.5", "50", "0", "0.6", "not_evaluable"),
        ("OR", "5.0", "30", "12.0", "15.6", "passed"),
        ("OR", "5.0", "30", "12.0", "15.7", "failed"),
        ("OR", "5.0", "30", "30.0", "35.1", "failed"),
        ("OR", "5.0", "30", "0", "5.1", "failed"),
        ("OR", "5.0", "30", "0", "5.0", "not_evaluable"),
        ("ANY", None, None, "OPOS", "APOS", "failed"),
        ("ANY", None, None, "OPOS", "OPOS", "passed"),
        ("ABS", "1.0", None, "<0.1", "<0.1", "passed"),
        ("ABS", "1.0", None, "<0.1", "5.0", "not_evaluable"),
        ("ABS", "1.0", None, "4.0", ">10", "not_evaluable"),
    ],
)
def test_delta_by_logic(
    logic: Logic, absolute: str | None, percent: str | None, old: str, new: str, outcome: str
) -> None:
    assert judged(old, new, logic, absolute, percent).outcome == outcome


@pytest.mark.parametrize(
    ("apart", "outcome"),
    [
        (timedelta(hours=72), "failed"),
        (timedelta(hours=72, seconds=1), "not_applicable"),
        (timedelta(0), "failed"),
        (-HOUR, "not_applicable"),
    ],
)
def test_delta_looks_back_as_far_as_its_window(apart: timedelta, outcome: str) -> None:
    assert judged("4.0", "9.0", apart=apart).outcome == outcome


def test_delta_without_rule_or_earlier_result_is_not_applicable() -> None:
    value = {"quantity": None, "text": "4.0", "unit": "", "collected_at": NOON}
    earlier = PreviousResult(None, "9.0", "", NOON - HOUR)
    assert delta_check(None, earlier, **value).outcome == "not_applicable"  # type: ignore[arg-type]
    assert delta_check(delta_limit("ABS", "1"), None, **value).outcome == "not_applicable"  # type: ignore[arg-type]


def test_delta_with_another_unit_or_without_a_time_is_not_evaluable() -> None:
    assert judged("4.0", "4.1", unit="mg/dL").reason_code == "delta.unit"
    assert judged("4.0", "4.1", at=None).reason_code == "delta.time_unknown"


def test_delta_says_from_where_to_where_and_the_limit() -> None:
    check = judged("4.0", "9.0", "OR", "1.0", "30")
    assert check.text == "From 4.0 to 9.0: beyond 1.0 or 30 % within 72 h."


@pytest.mark.parametrize(
    ("apart", "unit", "at", "is_used"),
    [
        (timedelta(hours=72), "mmol/L", NOON, True),
        (timedelta(hours=72, seconds=1), "mmol/L", NOON, False),
        (-timedelta(seconds=1), "mmol/L", NOON, False),
        (HOUR, "mg/dL", NOON, False),
        (HOUR, "mmol/L", None, False),
    ],
)
def test_relations_use_an_earlier_result_that_the_delta_check_would(
    apart: timedelta, unit: str, at: datetime | None, is_used: bool
) -> None:
    earlier = PreviousResult(parse_quantity("4.0"), "4.0", unit, NOON - apart)
    found = comparable(delta_limit("ABS", "1.0"), earlier, unit="mmol/L", collected_at=at)
    assert found == (earlier if is_used else None)
    assert comparable(None, earlier, unit="mmol/L", collected_at=at) == earlier
