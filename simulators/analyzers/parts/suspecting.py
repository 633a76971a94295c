"""What a device suspects of a tube and writes beside its results, by the rules that the content gives it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from simulators.dice import Dice
from simulators.expressions import Expression, compile_expression
from simulators.place_devices import Detection, Upkeep
from simulators.tubes import Value


class Suspicions:
    """Notices some of what is so: each tube and each flag have one draw of their own, the same in every run."""

    def __init__(self, upkeep: Upkeep, dice: Dice) -> None:
        self._dice = dice
        self._rules = [(one, compile_expression(one.when)) for one in upkeep.suspicions]
        self._detections = upkeep.detections

    def flags(
        self, tube: str, contents: Mapping[str, Value], tests: Iterable[str]
    ) -> dict[str, tuple[str, ...]]:
        """The flags of each test that gets any."""
        found: dict[str, tuple[str, ...]] = {}
        asked = frozenset(tests) if self._rules else frozenset()
        for one, expression in self._rules:
            those = asked.intersection(one.tests)
            if those and self._is_so(expression, contents) and self._notices(tube, one.flag, one.share):
                found |= {test: (*found.get(test, ()), one.flag) for test in those}
        return found

    def detection(self, tube: str, signs: Iterable[str]) -> Detection | None:
        """What stops the aspiration of this tube, if anything does."""
        seen = set(signs)
        for one in self._detections if seen else ():
            if one.sign in seen and self._notices(tube, one.code, one.share):
                return one
        return None

    def _is_so(self, expression: Expression, contents: Mapping[str, Value]) -> bool:
        names = expression.names
        return all(name in contents for name in names) and bool(expression(contents))

    def _notices(self, tube: str, what: str, share: float) -> bool:
        return self._dice.unit(f"notice/{tube}/{what}") < share
