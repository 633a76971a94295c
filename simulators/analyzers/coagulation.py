"""Coagulation: clotting times of citrated plasma; a short draw has too much citrate and is refused by fill height."""

from __future__ import annotations

from simulators.analyzers.base import Analyzer
from simulators.analyzers.events import Sip


class Coagulation(Analyzer):
    """Checks the fill before it samples."""

    kind = "coagulation"

    def refusal(self, sip: Sip) -> tuple[str, str] | None:
        """A tube below the fill line is not sampled when the device looks at it."""
        least = float(self.plan.traits.get("minimum_fill", 0.0))
        if self.plan.traits.get("checks_fill") and sip.fill_share < least:
            return "short_fill", f"Fill height below {least:.0%}"
        return super().refusal(sip)


DEVICE = Coagulation
