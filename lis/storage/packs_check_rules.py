"""Rules: formulas and consistency rules can be read, know their names, and give what their checks say."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lis.domain.calculations import AGE, SEX
from lis.domain.consistency import tests_named
from lis.domain.expressions import Expression, Value, parse
from lis.kernel.errors import Invalid
from lis.kernel.quantity import parse_decimal
from lis.storage.packs_checked import Checked, problem
from lis.storage.packs_reading import PackProblem

PATIENT = frozenset({AGE, SEX})


def _parsed(text: str) -> Expression | str:
    """The expression, or why it is none."""
    try:
        return parse(text)
    except Invalid as refusal:
        return refusal.message


def formulas(pack: Checked) -> Iterator[PackProblem]:
    """Formulas: readable, over their own inputs; those that tests use, over what exists and with a check."""
    used = {test.formula: code for code, test in pack.tests.items() if test.formula}
    checked = pack.keys("formula_checks.csv", "formula")
    known = _known_names(pack)
    for line in pack.lines("formulas.csv"):
        for reason in _formula_errors(line.row):
            yield problem("formulas.csv", line, f"{line.row.id}: {reason}")
        if line.row.id in used:
            for reason in _use_errors(line.row, pack, known):
                yield problem("formulas.csv", line, f"{line.row.id}: {reason}")
            if checked is not None and line.row.id not in checked:
                yield problem("formulas.csv", line, f"{line.row.id}: no row in formula_checks.csv")


def _known_names(pack: Checked) -> frozenset[str] | None:
    tests, constants = pack.keys("tests.csv", "code"), pack.keys("constants.csv", "code")
    return None if tests is None or constants is None else tests | constants | PATIENT


def _formula_errors(row: Any) -> Iterator[str]:
    for text in filter(None, (row.expression, row.valid_when)):
        found = _parsed(text)
        if isinstance(found, str):
            yield found
        elif text == row.expression and found.names != set(row.inputs):
            yield f"inputs {', '.join(row.inputs)} where the expression uses {', '.join(sorted(found.names))}"
        elif found.names - set(row.inputs):
            yield f"valid_when uses {', '.join(sorted(found.names - set(row.inputs)))}"


def _use_errors(row: Any, pack: Checked, known: frozenset[str] | None) -> Iterator[str]:
    if known is not None and (unknown := set(row.inputs) - known):
        yield f"inputs {', '.join(sorted(unknown))} are neither tests nor constants"
    for code, test in pack.tests.items():
        if test.formula == row.id and row.output != code:
            yield f"computes {row.output}, and {code} names it as its formula"


def formula_checks(pack: Checked) -> Iterator[PackProblem]:
    """What a formula must give."""
    expressions = {line.row.id: line.row.expression for line in pack.lines("formulas.csv")}
    for line in pack.lines("formula_checks.csv"):
        expression = _parsed(expressions.get(line.row.formula, ""))
        if isinstance(expression, Expression):
            reason = _disagreement(line.row, expression)
            if reason:
                yield problem("formula_checks.csv", line, f"{line.row.formula}: {reason}")


def _disagreement(row: Any, expression: Expression) -> str | None:
    values: dict[str, Value] = {}
    for pair in row.inputs:
        name, _, text = pair.partition("=")
        number = parse_decimal(text)
        values[name] = text if number is None else number
    try:
        got = expression.evaluate(values)
    except Invalid as refusal:
        return refusal.message
    if not isinstance(got, Decimal):
        return f"gives {got!r}, no number"
    if abs(got - row.expected) > row.tolerance:
        return f"gives {got:.4f} where {row.expected} is expected"
    return None


def consistency(pack: Checked) -> Iterator[PackProblem]:
    """Consistency rules: readable over known tests and constants, or said in words and marked manual."""
    file, known = "consistency_rules.csv", _known_names(pack)
    for line in pack.lines(file):
        if line.row.manual:
            yield PackProblem(
                file, line.number, f"{line.row.id}: manual, a person applies it: {line.row.rule}", note=True
            )
            continue
        found = _parsed(line.row.rule)
        if isinstance(found, str):
            yield problem(file, line, f"{line.row.id}: {found}")
        elif known is not None and (unknown := tests_named(found) - known):
            yield problem(
                file, line, f"{line.row.id}: {', '.join(sorted(unknown))} are neither tests nor constants"
            )
