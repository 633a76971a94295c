"""What the people of a laboratory's past enter by hand: requisitions that came on paper, without a message."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lis.domain.people import Actor
from lis.domain.requests import CollectedSpecimen, OrderRequest, PatientDetails, RequestedTest
from lis.lab import Lab
from lis.services import ordering
from lis.storage import tables as t
from simulators.bags import Paper
from simulators.tubes import TubeView
from simulators.world import World

SPUN = re.compile(r"Spun (\d\d):(\d\d)")


def enter(lab: Lab, world: World, who: Actor, arrived: Iterable[TubeView]) -> None:
    """Order what the paper in the bag says, for tubes whose numbers the laboratory has never heard of."""
    unheard = _unheard(lab, [tube for tube in arrived if tube.collection_label])
    ids = {tube.id for tube in unheard}
    for bag in world.bench.packing.bags.values() if ids else ():
        for paper in bag.papers if ids.intersection(bag.tubes) else ():
            tubes = [tube for tube in unheard if tube.id in bag.tubes and _belongs(tube, paper)]
            if tubes:
                _order(lab, world, who, paper, tubes)


def _unheard(lab: Lab, tubes: list[TubeView]) -> list[TubeView]:
    c = t.container.c.collection_number
    numbers = [number_of(tube) for tube in tubes]
    with lab.database.reading() as connection:
        known = set(connection.execute(select(c).where(c.in_(numbers))).scalars())
    return [tube for tube in tubes if number_of(tube) not in known]


def number_of(tube: TubeView) -> str:
    """The number on the collection label; "" without a label."""
    return tube.collection_label.number if tube.collection_label else ""


def _spun_at(tube: TubeView, zone: ZoneInfo) -> datetime | None:
    """What the site wrote on the label: the hour at which it spun the tube, on the day of the draw."""
    label = tube.collection_label
    found = SPUN.search(label.note) if label else None
    if label is None or found is None:
        return None
    drawn = label.collected_at.astimezone(zone)
    return drawn.replace(hour=int(found[1]), minute=int(found[2]), second=59).astimezone(UTC)


def _belongs(tube: TubeView, paper: Paper) -> bool:
    """Whether label and paper name the same patient and the same draw."""
    label = tube.collection_label
    written = (label.mrn, label.name, label.collected_at) if label else ()
    return written == (paper.mrn, paper.name, paper.collected_at)


def _order(lab: Lab, world: World, who: Actor, paper: Paper, tubes: Iterable[TubeView]) -> None:
    family, _, given = paper.name.partition(", ")
    codes = {order.name: order.code for order in world.content.place.orderables.values()}
    request = OrderRequest(
        patient=PatientDetails(paper.mrn, family, given, paper.born_on, paper.sex),
        tests=tuple(RequestedTest(codes[name]) for name in paper.orders),
        specimens=tuple(
            CollectedSpecimen(
                collection_number=number_of(tube),
                container_type=tube.container,
                collected_at=paper.collected_at,
                collected_by=paper.collector,
                separated_at=_spun_at(tube, world.content.place.zone),
            )
            for tube in tubes
        ),
        priority=paper.priority,
        location=paper.ward,
        notes=f"Requisition {paper.number} on paper",
    )
    with lab.work(who) as work:
        ordering.place_order(work, request)
