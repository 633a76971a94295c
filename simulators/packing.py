"""The bags on the bench: what is packed together on arrival, and what comes out when somebody opens one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from simulators.bags import LOOSE, Bag, BagView
from simulators.tubes import Tube


class Packing:
    """Every bag that came, by name. A bag of the same name that comes later is another one, with a number behind."""

    def __init__(self, tubes: Mapping[str, Tube]) -> None:
        self._tubes = tubes
        self._came: dict[str, list[Bag]] = {}
        self.bags: dict[str, Bag] = {}

    def pack(self, tube: Tube, now: datetime) -> None:
        """It lies in the bag that its packer named, else in one with its requisition; a loose one in none."""
        if tube.bag == LOOSE:
            tube.bag = ""
            return
        name = tube.bag or (tube.paper.number if tube.paper else tube.requisition)
        came = self._came.setdefault(name, [])
        if not came or came[-1].arrived_at != now:
            number = f"{name}/{len(came) + 1}" if came else name
            came.append(Bag(number, tube.ward, now))
            self.bags[number] = came[-1]
        bag = came[-1]
        bag.tubes.append(tube.id)
        if tube.paper and tube.paper not in bag.papers:
            bag.papers.append(tube.paper)
        tube.bag = bag.id

    def open(self, bag_id: str) -> None:
        """All that is in it lies on the bench."""
        bag = self.bags[bag_id]
        bag.is_open = True
        for tube in bag.tubes:
            self._tubes[tube].bag = ""

    def views(self, since: datetime | None = None) -> list[BagView]:
        """The bags as they look: those that are closed, and of the open ones those that came since then."""
        shown = [bag for bag in list(self.bags.values()) if _is_shown(bag, since)]
        return [_view(bag, [self._tubes[tube] for tube in bag.tubes]) for bag in shown]


def _is_shown(bag: Bag, since: datetime | None) -> bool:
    return not bag.is_open or since is None or bag.arrived_at >= since


def _view(bag: Bag, inside: list[Tube]) -> BagView:
    return BagView(
        bag.id,
        bag.ward,
        bag.arrived_at,
        tuple(bag.papers),
        tuple(tube.id for tube in inside),
        tuple(tube.kind.cap_colour for tube in inside),
        bag.is_open,
        any("leak" in tube.signs for tube in inside),
    )
