"""Hematology: counts cells and measures hemoglobin in EDTA whole blood; computes indices and absolute counts."""

from __future__ import annotations

from simulators.analyzers.base import Analyzer
from simulators.analyzers.events import Sip


class Hematology(Analyzer):
    """Aspirates whole blood; a tube that was spun has to be mixed again, which the device does not do."""

    kind = "hematology"

    def refusal(self, sip: Sip) -> tuple[str, str] | None:
        """Separated blood would be sampled as plasma."""
        if sip.is_separated:
            return "not_mixed", "Sampling error: blood not mixed"
        return super().refusal(sip)


DEVICE = Hematology
