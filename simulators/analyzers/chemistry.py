"""Clinical chemistry: serum and plasma by photometry and electrodes; every tube also gets its serum indices."""

from __future__ import annotations

from simulators.analyzers.base import Analyzer
from simulators.analyzers.events import Sip


class Chemistry(Analyzer):
    """Measures indices with every tube when the device reports them."""

    kind = "chemistry"

    def also_measured(self, sip: Sip) -> tuple[str, ...]:
        """The indices that stand on the menu: whichever tests the contents know as indices."""
        return self.plan.index_tests if self.plan.reports_indices else ()


DEVICE = Chemistry
