"""What happens at an analyzer: to the controls it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from simulators.analyzers.events import ControlFinished
from simulators.analyzers.measuring import Measured
from simulators.dice import Dice
from simulators.faults.base import Fault, register

USUAL = 0.5


@register
@dataclass(frozen=True, kw_only=True)
class ControlMishandled(Fault[ControlFinished]):
    """A control was not handled as it must be: some values of this one level are off, those of patients are not.

    `factors` by test, at the usual level; the other values of the level are as they were.
    """

    name: ClassVar[str] = "control_mishandled"
    stage: ClassVar[Any] = "analyzer"
    factors: Mapping[str, float] = field(default_factory=dict)

    def suits(self, thing: object) -> bool:
        """A control with one of these tests; no patient's tube."""
        return isinstance(thing, ControlFinished) and any(self._meets(item) for item in thing.measured)

    def apply(
        self, thing: ControlFinished, level: float, dice: Dice
    ) -> tuple[ControlFinished, Mapping[str, Any]]:
        """The values moved, with as many digits as before."""
        measured = tuple(self._moved(item, level) for item in thing.measured)
        pairs = zip(thing.measured, measured, strict=True)
        return replace(thing, measured=measured), {
            old.test: [old.text, new.text] for old, new in pairs if old is not new
        }

    def _meets(self, item: Measured) -> bool:
        return item.test in self.factors and isinstance(item.raw, float)

    def _moved(self, item: Measured, level: float) -> Measured:
        if not self._meets(item):
            return item
        factor = 1 + (self.factors[item.test] - 1) * level / USUAL
        digits = len(item.text.partition(".")[2])
        moved = float(item.text) * factor
        return replace(item, raw=moved, text=f"{moved:.{digits}f}")
