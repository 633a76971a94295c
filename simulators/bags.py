"""Transport bags: which tubes came together, and the requisitions in the pocket. Paper and label may disagree.

tube.bag = "B0007"          whoever packs several requisitions into one bag names it before the tubes are handed over;
                            without a name each requisition that arrives is a bag of its own
tube.bag = LOOSE            handed over without a bag
bench.packing.bags -> dict[str, Bag]      bag.tubes, bag.papers, bag.arrived_at, bag.is_open
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

LOOSE = "loose"


@dataclass(frozen=True, slots=True)
class Paper:
    """A requisition on paper as it can be read: whom it names, what is wanted, who drew and when."""

    number: str
    name: str
    mrn: str
    born_on: date
    sex: str
    ward: str
    priority: str
    orders: tuple[str, ...]
    collector: str
    collected_at: datetime


@dataclass
class Bag:
    """One bag as it came: its tubes by id, the papers in its pocket, whether somebody opened it."""

    id: str
    ward: str
    arrived_at: datetime
    tubes: list[str] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class BagView:
    """What eyes see of a bag: the papers in its pocket, the tubes in it by their caps, whether it is wet."""

    id: str
    ward: str
    arrived_at: datetime
    papers: tuple[Paper, ...]
    tubes: tuple[str, ...]
    caps: tuple[str, ...]
    is_open: bool
    is_wet: bool
