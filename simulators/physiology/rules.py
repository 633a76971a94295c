"""The generation program, compiled: what is computed from what, in the order in which the content says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from simulators.content_types import Content, Share, Step
from simulators.expressions import FUNCTIONS, Expression, compile_expression

Values = dict[str, Any]
Influence = Callable[[str, Any], Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One computed quantity. `first` is its first rule, on whose outcome influences act."""

    target: str
    formula: Expression
    condition: Expression | None
    levels: tuple[str, ...]
    first: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """A whole shared out among its parts."""

    share: Share
    weights: Mapping[str, Expression] = field(default_factory=dict)


class Rules:
    """Runs the program over drawn values; `bases` and `sets` name what the formulas ask for beyond the values."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._functions = {**FUNCTIONS, "code_at": self._code_at}
        seen: set[str] = set()
        self._rules = [self._compile(step, seen) for step in content.program.steps]
        self._drops = [(drop.target, self._expression(drop.condition)) for drop in content.program.drops]
        self._refuse_early_readers()
        names = frozenset().union(*(_names(rule) for rule in self._rules))
        self.bases = _stems(names, "_BASE")
        self.sets = _stems(names, "_SET")

    def _refuse_early_readers(self) -> None:
        """A rule that reads a quantity before its first rule would read it before illness has acted on it."""
        read: set[str] = set()
        for rule in self._rules:
            if isinstance(rule, Rule) and rule.first and rule.target in read:
                raise ValueError(f"{rule.target} is read before its first rule")
            read |= _names(rule)

    @cached_property
    def computed(self) -> frozenset[str]:
        """Quantities that need no draw: nothing reads them before their first rule, which builds them from others."""
        read, computed = set(self.bases), set[str]()
        for rule in self._rules:
            read |= _names(rule)
            if isinstance(rule, Rule) and rule.first and rule.target not in read:
                computed.add(rule.target)
        return frozenset(computed)

    @cached_property
    def targets(self) -> frozenset[str]:
        """Quantities on which influences act while the program runs, not before."""
        single = {rule.target for rule in self._rules if isinstance(rule, Rule) and rule.first}
        return frozenset(single.union(*(rule.share.parts for rule in self._rules if isinstance(rule, Parts))))

    def run(self, values: Values, influence: Influence, moved: Callable[[str], bool]) -> None:
        """Compute everything in place; `influence(code, value)` is what illness and treatment make of a value."""
        for rule in self._rules:
            if isinstance(rule, Parts):
                self._share(rule, values, influence, moved)
            else:
                self._apply(rule, values, influence)
        for code, condition in self._drops:
            if condition(values):
                values.pop(code, None)

    def _apply(self, rule: Rule, values: Values, influence: Influence) -> None:
        for code in rule.levels:
            values[f"{code}_LEVEL"] = self._level(code, values[code])
        if rule.condition is None or rule.condition(values):
            value = rule.formula(values)
            values[rule.target] = influence(rule.target, value) if rule.first else value
        elif rule.first and rule.target in values:
            values[rule.target] = influence(rule.target, values[rule.target])

    def _share(
        self, parts: Parts, values: Values, influence: Influence, moved: Callable[[str], bool]
    ) -> None:
        """Moved parts first, in listed order, each cut to what is left; the others share the rest by weight."""
        share, left, fixed = parts.share, parts.share.total, {}
        usual = _scaled({code: values[code] for code in share.parts if code in values}, share.total)
        for code in filter(moved, share.parts):
            fixed[code] = min(influence(code, usual.get(code, 0.0)), left)
            left -= fixed[code]
        values.update(fixed)
        rest = {code: self._weight(parts, code, values) for code in share.parts if code not in fixed}
        whole = {**fixed, **_scaled(rest, left)}
        values.update(_rounded(whole, share.total) if share.whole_numbers else whole)

    def _weight(self, parts: Parts, code: str, values: Values) -> float:
        weight = parts.weights.get(code)
        return float(weight(values) if weight else values[code])

    def _compile(self, step: Step | Share, seen: set[str]) -> Rule | Parts:
        if isinstance(step, Share):
            seen.update(step.parts)
            return Parts(step, {code: self._expression(text) for code, text in step.weights.items()})
        formula = self._expression(self._content.formulas.get(step.formula, step.formula))
        condition = self._expression(step.condition) if step.condition else None
        names = formula.names | (condition.names if condition else frozenset())
        first = step.target not in seen and not step.is_limit
        if first:
            seen.add(step.target)
        return Rule(step.target, formula, condition, tuple(sorted(_stems(names, "_LEVEL"))), first)

    def _expression(self, text: str) -> Expression:
        return compile_expression(text, self._functions)

    def _level(self, analyte: str, code: str) -> float:
        """The numeric equivalent of a code; 0 where it has none."""
        return next((item.level or 0.0 for item in self._content.codes(analyte) if item.code == code), 0.0)

    def _code_at(self, analyte: str, number: float) -> str:
        """The highest code whose numeric equivalent the number reaches."""
        codes = [
            item for item in self._content.codes(analyte) if item.level is not None and item.level <= number
        ]
        return codes[-1].code if codes else self._content.usual_code(analyte)


def _names(rule: Rule | Parts) -> frozenset[str]:
    """Everything the rule reads."""
    if isinstance(rule, Parts):
        drawn = frozenset(rule.share.parts) - rule.weights.keys()
        return drawn.union(*(weight.names for weight in rule.weights.values()))
    return rule.formula.names | (rule.condition.names if rule.condition else frozenset())


def _stems(names: Iterable[str], suffix: str) -> frozenset[str]:
    return frozenset(name.removesuffix(suffix) for name in names if name.endswith(suffix))


def _scaled(weights: Mapping[str, float], total: float) -> dict[str, float]:
    """The weights, stretched so that they add up to the total."""
    whole = sum(weights.values())
    return {code: weight * total / whole if whole else 0.0 for code, weight in weights.items()}


def _rounded(parts: Mapping[str, float], total: float) -> dict[str, float]:
    """Whole numbers with the same total: what is left after cutting goes to the largest remainders."""
    floors = {code: float(int(value)) for code, value in parts.items()}
    missing = round(total - sum(floors.values()))
    neediest = sorted(parts, key=lambda code: floors[code] - parts[code])[:missing]
    return {code: floor + (1.0 if code in neediest else 0.0) for code, floor in floors.items()}
