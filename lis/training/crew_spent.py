"""Tubes from which nothing is awaited any more and that no analyzer took: refused for all they came for. They are not
kept.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Connection, exists, or_, select

from lis.domain.people import Actor
from lis.domain.workflow import ContainerState, ResultState
from lis.lab import Lab
from lis.services import storing
from lis.storage import tables as t
from simulators.world import World

NOTHING_LEFT = "Nothing is awaited from it any more."


def put_away(lab: Lab, world: World, who: Actor, late: timedelta) -> None:
    """Throw away those that have lain in the tray for so long: until then a test may be added."""
    lying = {
        tube.lab_label.barcode: tube.id
        for tube in world.tray()
        if tube.lab_label and tube.arrived_at and world.now - tube.arrived_at >= late
    }
    if not lying:
        return
    with lab.database.reading() as connection:
        gone = spent(connection, lying)
    if not gone:
        return
    with lab.work(who) as work:
        for container_id in gone:
            storing.discard(work, container_id, reason=NOTHING_LEFT)
    for container_id in gone:
        world.discard(lying[container_id], by=who.code)


def spent(connection: Connection, container_ids: Collection[str]) -> list[str]:
    """Those of these containers whose every result has gone out or was cancelled, or that have none left."""
    c, r = t.container.c, t.result.c
    undecided = r.state.not_in((ResultState.RELEASED, ResultState.CANCELLED))
    query = (
        select(c.container_id)
        .where(
            c.container_id.in_(container_ids),
            c.state.in_((ContainerState.LABELLED, ContainerState.REJECTED)),
            ~exists().where(r.container_pk == c.id, or_(undecided, r.rerun)),
        )
        .order_by(c.id)
    )
    return list(connection.execute(query).scalars())
