"""From what is in the tube to what the analyzer says: interference, bias, imprecision, range, rounding.

Each step is kept, so that the ledger can say which part of a wrong number was the patient, the tube and the analyzer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from simulators.content_types import Analyte, Code
from simulators.dice import Dice
from simulators.expressions import Expression, compile_expression
from simulators.place import Control, DevicePlan, Place
from simulators.tubes import Value, moved


@dataclass(frozen=True, slots=True)
class Measured:
    """One test of one run: in the tube, as the device sees it, as it reports it. `text` is empty when it cannot.

    `flags` are the device's own words beside it, `lot` the reagent's, `dilution` the factor it was computed back with.
    """

    test: str
    in_tube: Value | None
    raw: Value | None
    text: str
    comparator: str = ""
    flags: tuple[str, ...] = ()
    lot: str = ""
    dilution: float = 1.0


Shift = Callable[[str, datetime], float]


class Meter:
    """The measuring part of one analyzer: fixed biases, scatter, range and rounding of each test.

    `drift` and `spread` are handles for what can go wrong with it: a bias per test in relative terms, and a factor on
    the scatter. `shift` says how far a test has moved by its reagent and calibration at an instant.
    """

    def __init__(
        self,
        plan: DevicePlan,
        analytes: Mapping[str, Analyte],
        value_sets: Mapping[str, tuple[Code, ...]],
        place: Place,
        dice: Dice,
    ) -> None:
        traits = plan.traits
        self._plan = plan
        self._analytes = analytes
        self._value_sets = value_sets
        self._effects = place.interferences
        self._constants = place.constants
        self.dice = dice
        self.shift: Shift | None = None
        self._at: datetime | None = None
        self._letters = frozenset(traits.get("interference", ()))
        self._cvs: Mapping[str, float] = traits.get("measures", {})
        self._slip = float(traits.get("read_slip", 0.0))
        self._closes: Mapping[str, Any] = traits.get("closes", {})
        self._derives = {test: compile_expression(text) for test, text in traits.get("derives", {}).items()}
        self._biases = {assay.test: self._fixed_bias(assay.test) for assay in plan.menu}
        self.drift: dict[str, float] = {}
        self.spread: dict[str, float] = {}

    def specimen(
        self,
        tube: str,
        run: int,
        contents: Mapping[str, Value],
        indices: Mapping[str, float],
        tests: Sequence[str],
        at: datetime | None = None,
        dilution: float = 1.0,
    ) -> tuple[Measured, ...]:
        """What the device says about these tests of this tube. One draw per tube, run and test: no other is shifted."""
        self._at = at
        wanted = {name: contents[name] for name in self._inputs_of(tests) if name in contents}
        seen = moved(wanted, indices, self._effects, self._letters)
        raw = {test: self._sense(test, value, f"{tube}/{run}/{test}") for test, value in seen.items()}
        self._close(raw)
        self._derive(raw)
        return tuple(self._report(test, contents.get(test), raw.get(test), dilution) for test in tests)

    def control(
        self, controls: Sequence[Control], run: int, at: datetime | None = None
    ) -> tuple[Measured, ...]:
        """One level of a control material: its target, moved by the device's bias, scattered by its scatter."""
        self._at = at
        return tuple(self._control(control, run) for control in controls)

    def _control(self, control: Control, run: int) -> Measured:
        if control.expected:  # made to lie in the middle of a step: no pad is read beside it
            code = control.expected[len(control.expected) // 2]
            return Measured(control.test, code, code, code)
        name = f"control/{control.material}/{control.lot}/{control.level}/{run}/{control.test}"
        spread = control.sd * self._plan.scatter * self.spread.get(control.test, 1.0)
        raw = control.mean * (1 + self._bias(control.test)) + spread * self.dice.score(name)
        analyte = self._analytes.get(control.test)
        return Measured(
            control.test, control.mean, raw, rounded(raw, analyte, EXTRA_DIGITS) if analyte else f"{raw:g}"
        )

    def unit_of(self, test: str) -> float:
        """What biases are counted in: the smallest relative SD of the test's controls, else its scatter."""
        relative = [control.sd / control.mean for control in self._numeric_controls(test)]
        return min(relative, default=self._cv(test))

    def assigned(self, test: str, calibrator: str) -> str:
        """The value that a calibrator's lot has for a test: near the highest control's, "" where there is none."""
        highest = max((control.mean for control in self._numeric_controls(test)), default=None)
        if highest is None:
            return ""
        value = highest * (1 + CALIBRATOR_SPREAD * self.dice.score(f"assigned/{calibrator}/{test}"))
        analyte = self._analytes.get(test)
        return rounded(value, analyte, EXTRA_DIGITS) if analyte else f"{value:g}"

    def _numeric_controls(self, test: str) -> list[Control]:
        return [control for control in self._plan.controls if control.test == test and not control.expected]

    def _fixed_bias(self, test: str) -> float:
        """The device's own relative bias, a fixed draw."""
        return self._plan.bias_sd * self.unit_of(test) * self.dice.score(f"bias/{test}")

    def _bias(self, test: str) -> float:
        moved = self.shift(test, self._at) if self.shift and self._at else 0.0
        return self._biases.get(test, 0.0) + self.drift.get(test, 0.0) + moved

    def _cv(self, test: str) -> float:
        analyte = self._analytes.get(test)
        return (self._cvs.get(test) or (analyte.cv_analytical if analyte else None) or 0.0) / 100

    def _inputs_of(self, tests: Iterable[str]) -> list[str]:
        """The tests themselves, and everything a derived or closed one is made from."""
        names = dict.fromkeys(tests)
        closed = self._closes.get("tests", [])
        for test in [*reversed(self._derives)]:
            if test in names:
                names |= dict.fromkeys(sorted(self._derives[test].names - set(self._constants)))
        if any(test in names for test in closed):
            names |= dict.fromkeys(closed)
        return list(names)

    def _sense(self, test: str, value: Value, name: str) -> Value:
        if isinstance(value, str):
            return self._read_pad(test, value, name)
        scatter = self._cv(test) * self.spread.get(test, 1.0) * self.dice.score(name)
        return max(0.0, value * (1 + self._bias(test) + scatter))

    def _read_pad(self, test: str, value: str, name: str) -> str:
        """A coded value, now and then read one step beside."""
        analyte = self._analytes.get(test)
        codes = [code.code for code in self._value_sets.get(analyte.value_set if analyte else "", ())]
        draw = self.dice.unit(name)
        if value not in codes or draw >= self._slip:
            return value
        step = 1 if draw < self._slip / 2 else -1
        return codes[min(max(codes.index(value) + step, 0), len(codes) - 1)]

    def _close(self, raw: dict[str, Value]) -> None:
        """Parts of a whole share its total."""
        parts = {test: raw[test] for test in self._closes.get("tests", []) if test in raw}
        numbers = {test: value for test, value in parts.items() if isinstance(value, float)}
        total = sum(numbers.values())
        for test, value in numbers.items():
            raw[test] = value * float(self._closes["total"]) / total if total else value

    def _derive(self, raw: dict[str, Value]) -> None:
        for test, expression in self._derives.items():
            known = {**self._constants, **raw}
            if expression.names <= known.keys():
                raw[test] = _computed(expression, known)

    def _report(self, test: str, in_tube: Value | None, raw: Value | None, dilution: float) -> Measured:
        if raw is None or isinstance(raw, str):
            return Measured(test, in_tube, raw, raw or "")
        text, comparator = reported(raw, self._analytes.get(test), dilution)
        return Measured(test, in_tube, raw, text, comparator, dilution=dilution)


def _computed(expression: Expression, values: Mapping[str, Value]) -> Value:
    try:
        return float(expression(values))
    except ZeroDivisionError:
        return 0.0


CALIBRATOR_SPREAD = 0.03
EXTRA_DIGITS = 1
"""Controls are reported finer than patients: rounded like them, their scatter would be lost in the rounding."""


def reported(raw: float, analyte: Analyte | None, dilution: float = 1.0) -> tuple[str, str]:
    """The number as the device prints it, and "<" or ">" when it lies beyond the measuring range.

    A dilution moves the range: what was measured is `raw` divided by the factor.
    """
    if analyte is None:
        return f"{raw:g}", ""
    if analyte.amr_low is not None and raw < analyte.amr_low * dilution:
        return rounded(analyte.amr_low * dilution, analyte), "<"
    if analyte.amr_high is not None and raw > analyte.amr_high * dilution:
        return rounded(analyte.amr_high * dilution, analyte), ">"
    return rounded(raw, analyte), ""


def rounded(value: float, analyte: Analyte, extra: int = 0) -> str:
    """Half up to the resolution and the decimals, or finer by `extra` digits."""
    number, digit = Decimal(repr(value)), Decimal(1).scaleb(-(analyte.decimals or 0) - extra)
    if analyte.resolution:
        step = Decimal(repr(analyte.resolution)).scaleb(-extra)
        number = (number / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    return format(number.quantize(digit, ROUND_HALF_UP), "f")
