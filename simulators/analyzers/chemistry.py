"""Clinical chemistry: serum and plasma by photometry and electrodes; every tube also gets its serum indices."""

from __future__ import annotations

from simulators.analyzers.base import Analyzer
from simulators.analyzers.events import Sip


class Chemistry(Analyzer):
    """Measures indices with every tube when the device reports them."""

    kind = "chemistry"

    def also_measured(self, sip: Sip) -> tuple[str, ...]:
        """The indices of the menu, on serum and plasma."""
        return self.plan.index_tests if self.plan.reports_indices and sip.needs_spin else ()


DEVICE = Chemistry
