"""Calculated tests: formulas over results as reported, rounded once, by the filing of their own value.

Inputs are tests of the same collection, constants of the pack, and AGE (completed years at collection) and SEX.
An input still to come: wait. Outside the formula's validity: no value is reported. An input on hold: the value
is computed and held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lis.domain.catalog import Formula
from lis.domain.checks import Check, Outcome, not_applicable, not_evaluable, passed, wait
from lis.domain.companions import Companion
from lis.domain.expressions import UNKNOWN, Expression, Value, parse
from lis.kernel.errors import Invalid
from lis.kernel.quantity import Quantity

NAME = "calculation"
AGE, SEX = "AGE", "SEX"


@dataclass(frozen=True, slots=True)
class Calculation:
    """The unrounded value, or why there is none. Not applicable: the formula is not valid for this patient."""

    test: str
    check: Check
    value: Decimal | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is to be waited for: a value, or the answer that there is none."""
        return self.value is not None or self.check.outcome == Outcome.NOT_APPLICABLE


def calculate(
    formula: Formula,
    companions: Mapping[str, Companion],
    facts: Mapping[str, Value],
    constants: Mapping[str, Decimal],
) -> Calculation:
    """Compute a formula's output from reported values. `facts` are AGE and SEX, UNKNOWN where they are not known."""
    values = _values(formula, companions, facts, constants)
    missing = [name for name, value in values.items() if value is None]
    if missing:
        return _none(formula, not_evaluable(NAME, "calculation.input_missing", _words("No value", missing)))
    invalid = _outside_validity(formula, values, companions)
    if invalid is not None:
        return _none(formula, invalid)
    unknown = _why_unknown(values, companions)
    if unknown is not None:
        return _none(formula, unknown)
    return _computed(formula, values, companions)


def in_order(tests: Sequence[str], formulas: Mapping[str, Formula]) -> list[str]:
    """Calculated tests, each after those it is computed from. Tests in a circle are left out."""
    left, ordered = list(tests), list[str]()
    while ready := [t for t in left if not set(formulas[t].inputs) & (set(left) - {t})]:
        ordered += ready
        left = [t for t in left if t not in ready]
    return ordered


def _values(
    formula: Formula,
    companions: Mapping[str, Companion],
    facts: Mapping[str, Value],
    constants: Mapping[str, Decimal],
) -> dict[str, Value]:
    known: dict[str, Value] = {**constants, **facts}
    names = set(formula.inputs) | parse(formula.expression).names
    if formula.valid_when:
        names |= parse(formula.valid_when).names
    return {name: companions[name].value if name in companions else known.get(name) for name in sorted(names)}


def _outside_validity(
    formula: Formula, values: Mapping[str, Value], companions: Mapping[str, Companion]
) -> Check | None:
    if not formula.valid_when:
        return None
    try:
        valid = parse(formula.valid_when).decides(values)
    except Invalid as refusal:
        return not_evaluable(NAME, "calculation.no_answer", refusal.message)
    if valid is False:
        return not_applicable(
            NAME, f"Not calculated: valid only when {formula.validity or formula.valid_when}."
        )
    if valid is None:
        return _why_unknown(values, companions)
    return None


def _why_unknown(values: Mapping[str, Value], companions: Mapping[str, Companion]) -> Check | None:
    unknown = [name for name, value in values.items() if value is UNKNOWN or isinstance(value, Quantity)]
    pending = [name for name in unknown if name in companions and companions[name].pending]
    if pending:
        return wait(NAME, "calculation.pending", _words("Waits for", pending))
    if unknown:
        return not_evaluable(NAME, "calculation.input_unknown", _words("Not exactly known", unknown))
    return None


def _computed(
    formula: Formula, values: Mapping[str, Value], companions: Mapping[str, Companion]
) -> Calculation:
    try:
        value = _decimal(parse(formula.expression), values)
    except Invalid as refusal:
        return _none(formula, not_evaluable(NAME, "calculation.no_answer", refusal.message))
    held = [name for name in values if name in companions and companions[name].on_hold]
    if held:
        check = not_evaluable(NAME, "calculation.input_on_hold", _words("On hold", held))
    else:
        check = passed(NAME, f"Calculated from {', '.join(values)}.")
    return Calculation(formula.output, check, value)


def _decimal(expression: Expression, values: Mapping[str, Value]) -> Decimal:
    value = expression.evaluate(values)
    if not isinstance(value, Decimal):
        raise Invalid("calculation.no_number", f"{expression.text} gives no number.")
    return value


def _none(formula: Formula, check: Check) -> Calculation:
    return Calculation(formula.output, check)


def _words(what: str, names: Sequence[str]) -> str:
    return f"{what}: {', '.join(names)}."
