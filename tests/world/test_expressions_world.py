"""The world's own formulas: what they may contain, and that they agree with the checked vectors of the pack."""

from __future__ import annotations

import pytest

from simulators.expressions import ExpressionError, compile_expression
from tests.world.bodies import table


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("2*NA+GLU/18+BUN/2.8", {"NA": 140, "GLU": 90, "BUN": 14}, 290.0),
        ("max(0, A-B)**2", {"A": 1, "B": 4}, 0),
        ("1 if 3<=X<=30 else 0", {"X": 30}, 1),
        ("X is None or X>2", {"X": None}, True),
        ("A=='POS' and B in ('NONE', '0-2')", {"A": "POS", "B": "0-2"}, True),
        ("not(A>6.0 and B>100)", {"A": 7, "B": 50}, True),
        ("'O'+R", {"R": "POS"}, "OPOS"),
    ],
)
def test_formula_gives_its_value(text: str, values: dict[str, object], expected: object) -> None:
    assert compile_expression(text)(values) == expected


def test_formula_knows_the_names_it_reads() -> None:
    assert compile_expression("HGB*100/MCHC if HGB>0 else None").names == {"HGB", "MCHC"}


@pytest.mark.parametrize(
    "text", ["__import__('os')", "A.b", "[1]", "A(1)", "lambda: 1", "GLU between 1 and 2", "max(a=1)", "A%2"]
)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(text)


def test_formulas_of_the_pack_give_the_checked_values() -> None:
    """Vectors of formula_checks.csv, counted and not only looped over."""
    formulas = {row["id"]: row["expression"] for row in table("formulas.csv")}
    checked = 0
    for row in table("formula_checks.csv"):
        try:
            formula = compile_expression(formulas[row["formula"]])
        except ExpressionError:
            continue
        inputs = {name: _value(text) for name, text in (pair.split("=") for pair in row["inputs"].split(";"))}
        assert formula(inputs) == pytest.approx(float(row["expected"]), abs=float(row["tolerance"]))
        checked += 1
    assert checked >= 50


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
