"""Formulas of the world's content: a small arithmetic language read from tables, compiled to closures.

It is written apart from the laboratory's own evaluator on purpose: the world must not repeat its mistakes.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Run = Callable[[Mapping[str, Any]], Any]


class ExpressionError(ValueError):
    """The text is not a formula of this language."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled formula and the names it reads; calling it with values of those names gives its value."""

    text: str
    names: frozenset[str]
    run: Run

    def __call__(self, values: Mapping[str, Any]) -> Any:
        return self.run(values)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "cos": math.cos,
    "exp": math.exp,
    "int": int,
    "log": math.log,
    "log10": math.log10,
    "max": max,
    "min": min,
    "round": round,
    "sqrt": math.sqrt,
}

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, group: item in group,
    ast.NotIn: lambda item, group: item not in group,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}


def compile_expression(text: str, functions: Mapping[str, Callable[..., Any]] = FUNCTIONS) -> Expression:
    """Read a formula once; what is not names, numbers, text, arithmetic, comparison or a known function is refused."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"not a formula: {text!r}") from error
    builder = _Builder(text, functions)
    run = builder.build(tree)
    return Expression(text, frozenset(builder.names), run)


class _Builder:
    """Turns one syntax tree into nested closures; one method per kind of node."""

    def __init__(self, text: str, functions: Mapping[str, Callable[..., Any]]) -> None:
        self.text = text
        self.functions = functions
        self.names: set[str] = set()
        self._makers: Mapping[type[ast.AST], Callable[[Any], Run]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.BinOp: self._binary,
            ast.UnaryOp: self._unary,
            ast.BoolOp: self._boolean,
            ast.Compare: self._compare,
            ast.IfExp: self._choice,
            ast.Call: self._call,
            ast.Tuple: self._group,
        }

    def build(self, node: ast.AST) -> Run:
        maker = self._makers.get(type(node))
        if maker is None:
            raise ExpressionError(f"{type(node).__name__} has no place in a formula: {self.text!r}")
        return maker(node)

    def _constant(self, node: ast.Constant) -> Run:
        value = node.value
        if not isinstance(value, (int, float, str, type(None))):
            raise ExpressionError(f"{value!r} has no place in a formula: {self.text!r}")
        return lambda values: value

    def _name(self, node: ast.Name) -> Run:
        self.names.add(node.id)
        return operator.itemgetter(node.id)

    def _binary(self, node: ast.BinOp) -> Run:
        act = self._known(_BINARY, node.op)
        left, right = self.build(node.left), self.build(node.right)
        return lambda values: act(left(values), right(values))

    def _unary(self, node: ast.UnaryOp) -> Run:
        act, operand = self._known(_UNARY, node.op), self.build(node.operand)
        return lambda values: act(operand(values))

    def _boolean(self, node: ast.BoolOp) -> Run:
        parts = [self.build(part) for part in node.values]
        if isinstance(node.op, ast.And):
            return lambda values: all(part(values) for part in parts)
        return lambda values: any(part(values) for part in parts)

    def _compare(self, node: ast.Compare) -> Run:
        links = [self._known(_COMPARE, op) for op in node.ops]
        operands = [self.build(part) for part in [node.left, *node.comparators]]
        if len(links) == 1:
            act, (left, right) = links[0], operands
            return lambda values: act(left(values), right(values))

        def chain(values: Mapping[str, Any]) -> bool:
            seen = [operand(values) for operand in operands]
            return all(act(a, b) for act, a, b in zip(links, seen, seen[1:], strict=False))

        return chain

    def _choice(self, node: ast.IfExp) -> Run:
        test, then, other = self.build(node.test), self.build(node.body), self.build(node.orelse)
        return lambda values: then(values) if test(values) else other(values)

    def _call(self, node: ast.Call) -> Run:
        if not isinstance(node.func, ast.Name) or node.func.id not in self.functions or node.keywords:
            raise ExpressionError(f"unknown function in {self.text!r}")
        act, arguments = self.functions[node.func.id], [self.build(part) for part in node.args]
        return lambda values: act(*[argument(values) for argument in arguments])

    def _group(self, node: ast.Tuple) -> Run:
        parts = [self.build(part) for part in node.elts]
        return lambda values: tuple(part(values) for part in parts)

    def _known(self, table: Mapping[Any, Callable[..., Any]], symbol: ast.AST) -> Callable[..., Any]:
        act = table.get(type(symbol))
        if act is None:
            raise ExpressionError(f"{type(symbol).__name__} has no place in a formula: {self.text!r}")
        return act
