"""Blood gas: whole blood from a heparin syringe, one at a time, no rack."""

from __future__ import annotations

from simulators.analyzers.base import Analyzer


class BloodGas(Analyzer):
    """Measures at once; anything waiting longer than the content allows is the reader's to notice, not the device's."""

    kind = "blood_gas"


DEVICE = BloodGas
