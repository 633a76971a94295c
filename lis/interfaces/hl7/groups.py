"""A result message cut into its orders: which patient, specimen, container and OBX belong to which OBR.

HL7 v2.5.1 chapter 7 (ORU^R01: SPM follows its OBX) and chapter 13 (OUL^R22: SPM leads, ORC follows OBR). Each order
keeps its own patient: one message may speak of several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from lis.wire.er7 import Message, Segment

CONTROL = "CO"  # HL7 table 0384: control material
REAGENT_TYPES = ("SR", "MR", "RC")  # of the same: single and multiple test reagents, calibrators of reagents
MOST_LOTS = 20
"""Lots of reagents that are told of one value: who names more speaks of the analyzer, not of the value."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What INV segments say, each looked at once: many orders may share them."""

    control: Segment | None = None
    last: Segment | None = None
    lots: tuple[str, ...] = ()
    has_more: bool = False

    def __bool__(self) -> bool:
        return self.last is not None

    def joined(self, inv: Segment) -> Inventory:
        """With one more."""
        kind = inv.value(3, 1)
        lot = inv.value(16, 1) if kind in REAGENT_TYPES else ""
        is_new = bool(lot) and lot not in self.lots
        is_full = len(self.lots) == MOST_LOTS
        return Inventory(
            self.control or (inv if kind == CONTROL else None),
            inv,
            (*self.lots, lot) if is_new and not is_full else self.lots,
            self.has_more or (is_new and is_full),
        )


@dataclass(slots=True)
class Observed:
    """One OBX with what follows it: notes, dilution (TCD), inventory (INV), and a line that lost its segment id."""

    obx: Segment
    notes: list[str] = field(default_factory=list)
    tcd: Segment | None = None
    inventory: Inventory = Inventory()
    broken: bool = False
    of_specimen: bool = False


@dataclass(slots=True)
class Order:
    """One OBR with its observations. Anything may be missing: senders leave out what they like."""

    patient: Segment | None
    specimen: Segment | None = None
    container: Segment | None = None
    inventory: Inventory = Inventory()
    obr: Segment | None = None
    orc: Segment | None = None
    observed: list[Observed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    others: list[Segment] = field(default_factory=list)  # SPM and SAC of further specimens and containers
    others_before: Iterable[Segment] = ()  # those that stood before the order, which other orders share

    def segment(self, name: str) -> Segment | None:
        """The segment of this order with that id."""
        if name == "INV":
            return self.inventory.control or self.inventory.last
        part = _PARTS.get(name)
        return getattr(self, part) if part else None


_PARTS = {"PID": "patient", "SPM": "specimen", "SAC": "container", "OBR": "obr", "ORC": "orc"}


def orders_of(message: Message, leading: bool) -> list[Order]:
    """The orders of a result message in order; `leading` says that SPM stands before its orders."""
    walk = _Walk(leading)
    for segment in message.segments[1:]:
        step = _STEPS.get(segment.id)
        if step is not None:
            step(walk, segment)
    return walk.orders


def _leads(said: Segment | None, taken: Segment | None) -> bool:
    """Whether an order took what stood before it: then the next of its kind begins something new."""
    return said is not None and said is taken


@dataclass(frozen=True, slots=True)
class _First:
    """The first so many of a list that only grows: shared, and never copied."""

    segments: list[Segment]
    count: int

    def __iter__(self) -> Iterator[Segment]:
        return islice(self.segments, self.count)


class _Walk:
    """One pass over the segments; each id has its own step, every other is left to the raw message."""

    def __init__(self, leading: bool) -> None:
        self.orders: list[Order] = []
        self._leading = leading
        self._patient: Segment | None = None
        self._specimen: Segment | None = None
        self._container: Segment | None = None
        self._others: list[Segment] = []
        self._inventory = Inventory()
        self._orc: Segment | None = None
        self._order: Order | None = None

    def pid(self, segment: Segment) -> None:
        self._patient = segment
        self._order = self._orc = None
        if not self._leading:
            self._specimen = self._container = None
            self._others, self._inventory = [], Inventory()

    def spm(self, segment: Segment) -> None:
        order = self._order
        if self._leading or order is None or _leads(self._specimen, order.specimen):
            self._specimen, self._container, self._others, self._inventory = segment, None, [], Inventory()
            self._order = self._orc = None
        elif order.specimen is None:
            order.specimen = segment
        else:
            order.others.append(segment)

    def sac(self, segment: Segment) -> None:
        order = self._order
        if order is None and self._container is None:
            self._container = segment
        elif order is None:
            self._others.append(segment)
        elif _leads(self._container, order.container):
            self._container, self._others, self._inventory = segment, [], Inventory()
            self._order = self._orc = None
        elif order.container is None:
            order.container = segment
        else:
            order.others.append(segment)

    def inv(self, segment: Segment) -> None:
        if self._order is None:
            self._inventory = self._inventory.joined(segment)
        else:
            of = self._order.observed[-1] if self._order.observed else self._order
            of.inventory = of.inventory.joined(segment)

    def orc(self, segment: Segment) -> None:
        if self._leading and self._order is not None and not self._order.observed:
            self._order.orc = segment
        else:
            self._orc = segment

    def obr(self, segment: Segment) -> None:
        self._order = self._open(segment)
        self._orc = None

    def obx(self, segment: Segment) -> None:
        order = self._order
        if order is None:
            order = self._order = self._open(self._obr_before())
        after_specimen = order.specimen is not None and not self._leading and bool(order.observed)
        order.observed.append(Observed(segment, of_specimen=after_specimen))

    def _obr_before(self) -> Segment | None:
        """The OBR of this patient that still speaks: what stands between does not part them.

        Where SPM leads, one that no OBX followed; where it follows, every one up to the next.
        """
        last = self.orders[-1] if self.orders else None
        if last is None or last.patient is not self._patient or (self._leading and last.observed):
            return None
        return last.obr

    def nte(self, segment: Segment) -> None:
        if self._order is None:
            return
        text = segment.whole(3, "\n")
        notes = self._order.observed[-1].notes if self._order.observed else self._order.notes
        notes.append(text)

    def tcd(self, segment: Segment) -> None:
        if self._order is not None and self._order.observed:
            self._order.observed[-1].tcd = segment

    def broken(self, segment: Segment) -> None:
        if self._order is not None and self._order.observed:
            self._order.observed[-1].broken = True

    def _open(self, obr: Segment | None) -> Order:
        order = Order(self._patient, self._specimen, self._container, self._inventory, obr, self._orc)
        order.others_before = _First(self._others, len(self._others))
        self.orders.append(order)
        return order


_STEPS: dict[str, Callable[[_Walk, Segment], None]] = {
    "PID": _Walk.pid,
    "SPM": _Walk.spm,
    "SAC": _Walk.sac,
    "INV": _Walk.inv,
    "ORC": _Walk.orc,
    "OBR": _Walk.obr,
    "OBX": _Walk.obx,
    "NTE": _Walk.nte,
    "TCD": _Walk.tcd,
    "": _Walk.broken,
}
