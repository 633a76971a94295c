"""Calculated tests: from reported inputs, inside the formula's validity, held with their inputs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from lis.domain.calculations import Calculation, calculate, in_order
from lis.domain.catalog import Catalog, Formula
from lis.domain.companions import Companion
from lis.domain.expressions import UNKNOWN, Value
from tests.domain.samples import number

ADULT: dict[str, Value] = {"AGE": Decimal(50), "SEX": "M"}


def having(value: str, *, on_hold: bool = False) -> Companion:
    return Companion(quantity=number(value), on_hold=on_hold)


def calculated(
    catalog: Catalog, test: str, companions: dict[str, Companion], patient: dict[str, Value] = ADULT
) -> Calculation:
    return calculate(catalog.formula_for[test], companions, patient, catalog.constants)


def test_value_is_computed_and_not_yet_rounded(catalog: Catalog) -> None:
    gap = calculated(catalog, "AGAP", {"NA": having("140"), "CL": having("104.5"), "CO2": having("24")})
    assert (gap.value, gap.check.outcome, gap.is_settled) == (Decimal("11.5"), "passed", True)


def test_constants_of_the_pack_are_inputs(catalog: Catalog) -> None:
    assert calculated(catalog, "INR", {"PT": having("24.0")}).value == 2


@pytest.mark.parametrize(
    ("companions", "outcome", "reason"),
    [
        ({"NA": having("140"), "CL": having("104")}, "not_evaluable", "calculation.input_missing"),
        (
            {"NA": having("140"), "CL": having("104"), "CO2": Companion()},
            "not_evaluable",
            "calculation.input_missing",
        ),
        (
            {"NA": having("140"), "CL": having("104"), "CO2": Companion(pending=True)},
            "wait",
            "calculation.pending",
        ),
        (
            {"NA": having("140"), "CL": having("104"), "CO2": having("<5")},
            "not_evaluable",
            "calculation.input_unknown",
        ),
        (
            {"NA": having("140"), "CL": having("104"), "CO2": Companion(text="QNS")},
            "not_evaluable",
            "calculation.no_answer",
        ),
    ],
)
def test_input_that_is_not_there(
    catalog: Catalog, companions: dict[str, Companion], outcome: str, reason: str
) -> None:
    gap = calculated(catalog, "AGAP", companions)
    assert (gap.value, gap.check.outcome, gap.check.reason_code) == (None, outcome, reason)
    assert gap.is_settled is False


def test_input_on_hold_gives_a_value_that_is_held(catalog: Catalog) -> None:
    inputs = {"NA": having("140", on_hold=True), "CL": having("104"), "CO2": having("24")}
    gap = calculated(catalog, "AGAP", inputs)
    assert (gap.value, gap.check.reason_code, gap.check.text) == (
        Decimal(12),
        "calculation.input_on_hold",
        "On hold: NA.",
    )


@pytest.mark.parametrize(
    ("age", "sex", "outcome", "reason"),
    [
        (Decimal(18), "F", "passed", ""),
        (Decimal(17), "F", "not_applicable", ""),
        (UNKNOWN, "F", "not_evaluable", "calculation.input_unknown"),
        (Decimal(18), UNKNOWN, "not_evaluable", "calculation.input_unknown"),
        (Decimal(17), UNKNOWN, "not_applicable", ""),
    ],
)
def test_patient_outside_the_formula_s_validity_or_unknown(
    catalog: Catalog, age: Value, sex: Value, outcome: str, reason: str
) -> None:
    rate = calculated(catalog, "EGFR", {"CREA": having("1.00")}, {"AGE": age, "SEX": sex})
    assert (rate.check.outcome, rate.check.reason_code) == (outcome, reason)
    assert (rate.value is not None) == (outcome == "passed")


@pytest.mark.parametrize(
    ("triglycerides", "outcome", "reason"),
    [
        (">1000", "not_applicable", ""),  # as a measured 1200 would be
        (">300", "not_evaluable", "calculation.input_unknown"),
        ("<10", "not_evaluable", "calculation.input_unknown"),  # valid, and no number to compute with
    ],
)
def test_bounded_input_may_lie_outside_the_formula_s_validity(
    catalog: Catalog, triglycerides: str, outcome: str, reason: str
) -> None:
    formula = replace(catalog.formulas["F_AGAP"], inputs=("NA",), expression="NA/5", valid_when="NA<400")
    answer = calculate(formula, {"NA": having(triglycerides)}, {}, {})
    assert (answer.value, answer.check.outcome, answer.check.reason_code) == (None, outcome, reason)


def test_value_outside_validity_is_settled_without_a_value(catalog: Catalog) -> None:
    rate = calculated(catalog, "EGFR", {"CREA": having("1.00")}, {"AGE": Decimal(10), "SEX": "M"})
    assert (rate.is_settled, rate.check.text) == (True, "Not calculated: valid only when 18 years and older.")


def test_division_by_zero_is_no_value(catalog: Catalog) -> None:
    formula = replace(catalog.formulas["F_AGAP"], inputs=("NA", "CL"), expression="NA/CL")
    ratio = calculate(formula, {"NA": having("140"), "CL": having("0")}, {}, {})
    assert (ratio.value, ratio.check.reason_code) == (None, "calculation.no_answer")


def test_order_of_calculation_follows_the_inputs() -> None:
    formulas = {
        output: Formula("F", output, inputs, "", "", "")
        for output, inputs in {"C": ("B",), "B": ("A", "X"), "A": ("X",), "P": ("Q",), "Q": ("P",)}.items()
    }
    assert in_order(["C", "B", "A", "P", "Q"], formulas) == ["A", "B", "C"]
