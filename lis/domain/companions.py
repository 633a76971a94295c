"""The other results of the same patient and collection, as rules see them: what is in, what is still to come."""

from __future__ import annotations

from typing import NamedTuple

from lis.domain.expressions import UNKNOWN, Value
from lis.kernel.quantity import Quantity


class Companion(NamedTuple):
    """One test ordered on the collection. Neither pending nor with a value: it was not performed.

    `on_hold`: a person has yet to decide on it. `doubtful`: a check of its own says that the value may be wrong.
    """

    pending: bool = False
    quantity: Quantity | None = None
    text: str = ""
    previous: Quantity | None = None
    on_hold: bool = False
    doubtful: bool = False

    @property
    def value(self) -> Value:
        """As a name in an expression: a number, with its comparator if it has one; not performed is no value."""
        if self.pending:
            return UNKNOWN
        if self.quantity is not None:
            return self.quantity.value if self.quantity.is_exact else self.quantity
        return self.text or None

    @property
    def previous_value(self) -> Value:
        if self.previous is None:
            return None
        return self.previous.value if self.previous.is_exact else self.previous
