"""A message of LIS02 records cut into its orders: which R belongs to which O and P, and what is said about each.

LIS02-A2 (ASTM E1394): a C record speaks of the record before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lis.wire.astm import Record, Records

_REMARK = "#"  # some senders' exports have lines of their own


@dataclass(slots=True)
class Measured:
    """One R record with its comments, and whether a line without record type follows it."""

    record: Record
    comments: list[Record] = field(default_factory=list)
    broken: bool = False


@dataclass(slots=True)
class Order:
    """One O record with its patient, its results, and the comments that speak of all of them."""

    patient: Record | None
    order: Record
    results: list[Measured] = field(default_factory=list)
    comments: list[Record] = field(default_factory=list)


def orders_of(message: Records) -> list[Order]:
    """A result without O belongs to the order before it, never across a P to that of another patient."""
    walk = _Walk(message)
    for record in message.records:
        walk.take(record)
    return walk.orders


class _Walk:
    """One pass over the records; those that say nothing of results are left to the raw message."""

    def __init__(self, message: Records) -> None:
        self.orders: list[Order] = []
        self._marks = message.delimiters
        self._patient: Record | None = None
        self._order: Order | None = None

    def take(self, record: Record) -> None:
        if record.id == "P":
            self._patient, self._order = record, None
        elif record.id == "O":
            self._order = self._opened(record)
        elif record.id == "R":
            self._order = self._order or self._opened(Record("O", self._marks))
            self._order.results.append(Measured(record))
        elif self._order is not None:
            self._beside(record, self._order)

    def _beside(self, record: Record, order: Order) -> None:
        last = order.results[-1] if order.results else None
        if record.id == "C":
            (last.comments if last else order.comments).append(record)
        elif not record.id and last is not None and not str(record).lstrip().startswith(_REMARK):
            last.broken = True

    def _opened(self, record: Record) -> Order:
        order = Order(self._patient, record)
        self.orders.append(order)
        return order
