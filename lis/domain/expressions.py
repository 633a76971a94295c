"""Formulas and consistency rules of the content pack: a small language, evaluated in decimal arithmetic.

Numbers are decimals as written in the source text, names are test codes or facts of the patient (AGE, SEX). Grammar:
+ - * / **, comparison chains, `in`, `is None`, and/or/not, `a if c else b`, abs min max ln log10 exp sqrt int.
A value that is not known is UNKNOWN; one that is only bounded is a Quantity (`<5`) and decides what its bound decides.
Logic is three-valued (Kleene 1952), so that a rule which is decided without the unknown value is still decided.
Everything that has no answer (1/0, text + number) is refused, never guessed.
"""

from __future__ import annotations

import ast
import decimal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from functools import lru_cache
from typing import Final, TypeAlias

from lis.domain.comparing import relates
from lis.kernel.errors import Invalid
from lis.kernel.quantity import Quantity, parse_decimal


class Unknown:
    """A value that exists and is not known: still to come, or doubtful."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
Value: TypeAlias = Decimal | Quantity | str | bool | Unknown | None
Values: TypeAlias = Mapping[str, Value]
Step: TypeAlias = Callable[[Values], Value]

MAX_LENGTH = 1000
_CONTEXT = Context(prec=28, Emax=9999, Emin=-9999, traps=[DivisionByZero, InvalidOperation, Overflow])


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression. `optional` are the names it asks for with `is None`: they may have no value."""

    text: str
    names: frozenset[str]
    optional: frozenset[str]
    _step: Step

    def evaluate(self, values: Values) -> Value:
        """The value for these inputs; refused when there is none."""
        with decimal.localcontext(_CONTEXT):
            try:
                return self._step(values)
            except DecimalException as error:
                raise Invalid("expression.arithmetic", f"{self.text}: no such number.") from error

    def decides(self, values: Values) -> bool | None:
        """Of a rule: whether it holds, or None when the unknown values decide."""
        answer = self.evaluate(values)
        return None if isinstance(answer, Unknown) else _truth(answer)


@lru_cache(maxsize=2048)
def parse(text: str) -> Expression:
    """Read an expression; refused with the position of what is not understood."""
    if len(text) > MAX_LENGTH:
        raise Invalid("expression.too_long", f"The expression is longer than {MAX_LENGTH} characters.")
    reader = _Reader(text.strip())
    try:
        step = reader.read(ast.parse(reader.text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        position = getattr(error, "offset", None) or 1
        raise Invalid(
            "expression.syntax", f"Not an expression (character {position}): {text}", position=position
        ) from error
    return Expression(text, frozenset(reader.names), frozenset(reader.optional), step)


class _Reader:
    """Turns a syntax tree into nested steps; anything outside the grammar is refused where it stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: set[str] = set()
        self.optional: set[str] = set()

    def read(self, node: ast.expr) -> Step:
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name(id=name):
                self.names.add(name)
                return _lookup(name)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._binary(node)
            case ast.BoolOp(op=op, values=values):
                steps = [self.read(value) for value in values]
                return _all_of(steps) if isinstance(op, ast.And) else _any_of(steps)
            case ast.Compare():
                return self._comparison(node)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return _choice(self.read(test), self.read(body), self.read(orelse))
            case ast.Call():
                return self._call(node)
        raise self._refusal(node)

    def _constant(self, node: ast.Constant) -> Step:
        value: Value
        if node.value is None or isinstance(node.value, str):
            value = node.value
        else:
            number = parse_decimal(ast.get_source_segment(self.text, node) or "")
            if number is None:
                raise self._refusal(node)
            value = number
        return lambda values: value

    def _unary(self, node: ast.UnaryOp) -> Step:
        step = self.read(node.operand)
        if isinstance(node.op, ast.Not):
            return _negation(step)
        if isinstance(node.op, ast.USub):
            return _function(lambda number: -number, [step])
        raise self._refusal(node)

    def _binary(self, node: ast.BinOp) -> Step:
        operation = _ARITHMETIC.get(type(node.op))
        if operation is None:
            raise self._refusal(node)
        return _function(operation, [self.read(node.left), self.read(node.right)])

    def _comparison(self, node: ast.Compare) -> Step:
        operands = [node.left, *node.comparators]
        links = [
            self._link(op, left, right)
            for op, left, right in zip(node.ops, operands[:-1], operands[1:], strict=True)
        ]
        return links[0] if len(links) == 1 else _all_of(links)

    def _link(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> Step:
        if isinstance(op, ast.Is | ast.IsNot):
            return self._absence(op, left, right)
        if isinstance(op, ast.In | ast.NotIn):
            return self._membership(op, left, right)
        compare = _COMPARISONS.get(type(op))
        if compare is None:
            raise self._refusal(left)
        return _compared(compare, type(op).__name__, self.read(left), self.read(right))

    def _absence(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> Step:
        if not (isinstance(left, ast.Name) and isinstance(right, ast.Constant) and right.value is None):
            raise self._refusal(right)
        self.optional.add(left.id)
        step, wanted = self.read(left), isinstance(op, ast.Is)
        return lambda values: UNKNOWN if (v := step(values)) is UNKNOWN else (v is None) == wanted

    def _membership(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> Step:
        if not isinstance(right, ast.Tuple | ast.List):
            raise self._refusal(right)
        item = self.read(left)
        found = _any_of([_compared(_equal, "Eq", item, self.read(element)) for element in right.elts])
        return _negation(found) if isinstance(op, ast.NotIn) else found

    def _call(self, node: ast.Call) -> Step:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in _FUNCTIONS or node.keywords or not node.args:
            raise self._refusal(node)
        function, arguments = _FUNCTIONS[name]
        if arguments is not None and len(node.args) != arguments:
            raise self._refusal(node)
        return _function(function, [self.read(argument) for argument in node.args])

    def _refusal(self, node: ast.AST) -> Invalid:
        position = getattr(node, "col_offset", 0) + 1
        return Invalid(
            "expression.grammar",
            f"Not understood at character {position}: {self.text[position - 1 :]}",
            "Numbers, test codes, + - * / **, comparisons, and/or/not, if-else and known functions only.",
            position=position,
        )


def _lookup(name: str) -> Step:
    def step(values: Values) -> Value:
        if name not in values:
            raise Invalid("expression.no_value", f"{name} has no value.", name=name)
        return values[name]

    return step


def _function(function: Callable[..., Decimal], steps: list[Step]) -> Step:
    """Arithmetic: unknown when any operand is, or is only bounded."""

    def step(values: Values) -> Value:
        operands = [operand(values) for operand in steps]
        if [operand for operand in operands if operand is UNKNOWN or isinstance(operand, Quantity)]:
            return UNKNOWN
        return _number(function(*map(_number, operands)))

    return step


def _all_of(steps: list[Step]) -> Step:
    """False as soon as one is; unknown when none is and one is unknown."""

    def step(values: Values) -> Value:
        answer: Value = True
        for part in steps:
            value = part(values)
            if value is UNKNOWN:
                answer = UNKNOWN
            elif not _truth(value):
                return False
        return answer

    return step


def _any_of(steps: list[Step]) -> Step:
    return _negation(_all_of([_negation(step) for step in steps]))


def _negation(inner: Step) -> Step:
    return lambda values: UNKNOWN if (v := inner(values)) is UNKNOWN else not _truth(v)


def _choice(test: Step, body: Step, orelse: Step) -> Step:
    def step(values: Values) -> Value:
        condition = test(values)
        return UNKNOWN if condition is UNKNOWN else (body if _truth(condition) else orelse)(values)

    return step


def _compared(compare: Callable[[Value, Value], bool], relation: str, left: Step, right: Step) -> Step:
    def step(values: Values) -> Value:
        one, other = left(values), right(values)
        if one is UNKNOWN or other is UNKNOWN:
            return UNKNOWN
        if isinstance(one, Quantity) or isinstance(other, Quantity):
            answer = relates(relation, one, other)
            return UNKNOWN if answer is None else answer
        return compare(one, other)

    return step


def _equal(one: Value, other: Value) -> bool:
    if type(one) is not type(other):
        raise Invalid("expression.type", f"{one!r} and {other!r} cannot be compared.")
    return one == other


def _ordered(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[Value, Value], bool]:
    return lambda one, other: compare(_number(one), _number(other))


def _number(value: Value) -> Decimal:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise Invalid("expression.type", f"{value!r} is no number.")
    return value


def _truth(value: Value) -> bool:
    if not isinstance(value, bool):
        raise Invalid("expression.type", f"{value!r} is neither true nor false.")
    return value


_ARITHMETIC: dict[type[ast.operator], Callable[..., Decimal]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Value, Value], bool]] = {
    ast.Eq: _equal,
    ast.NotEq: lambda a, b: not _equal(a, b),
    ast.Lt: _ordered(lambda a, b: a < b),
    ast.LtE: _ordered(lambda a, b: a <= b),
    ast.Gt: _ordered(lambda a, b: a > b),
    ast.GtE: _ordered(lambda a, b: a >= b),
}
# Name → function and how many arguments it takes (None: one or more).
_FUNCTIONS: dict[str, tuple[Callable[..., Decimal], int | None]] = {
    "abs": (abs, 1),
    "min": (lambda *numbers: min(numbers), None),
    "max": (lambda *numbers: max(numbers), None),
    "ln": (Decimal.ln, 1),
    "log10": (Decimal.log10, 1),
    "exp": (Decimal.exp, 1),
    "sqrt": (Decimal.sqrt, 1),
    "int": (lambda number: number.to_integral_value("ROUND_DOWN"), 1),
}
