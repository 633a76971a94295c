"""What a crew does with tubes whose work is done: they are put into the store, with what is left in them, and thrown
away when they were kept for as long as the bench says: at the bench of the world, and written down in the laboratory.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, func, or_, select

from lis.domain.people import Actor
from lis.domain.workflow import ContainerState, ResultState
from lis.lab import Lab
from lis.services import processing, storing
from lis.storage import tables as t
from lis.storage.tables.types import Instant
from simulators.bench_plan import Keeping
from simulators.world import Action, World

STANDS = timedelta(hours=2)
"""So long a tube stands in the rack that it came off in, after its last value went out."""
BETWEEN = timedelta(hours=1)
NOT_KEPT = "Its work is done, and it is not kept."
WITHIN_REACH = ("tray", "done")
TENTH = Decimal("0.1")


class Storing:
    """The crew at the store. `tubes`: which tube at the bench a container is."""

    def __init__(self, lab: Lab, world: World, who: Actor, tubes: Mapping[str, str]) -> None:
        self._lab, self._world, self._who, self._tubes = lab, world, who, tubes
        self._next_at = world.now

    def work(self) -> None:
        """Once an hour: what is finished goes into the store, what has been kept for its time goes out."""
        now = self._world.now
        if now < self._next_at or not self._world.content.bench.keeping:
            return
        self._next_at = now + BETWEEN
        with self._lab.database.reading() as connection:
            finished = connection.execute(_FINISHED, {"before": now - STANDS}).all()
            kept = [row for row in connection.execute(_KEPT) if row.container_id in self._tubes]
        self._put_in([row for row in finished if self._is_within_reach(row.container_id)])
        self._throw_away([row for row in kept if row.received_at + self._keeping(row).time <= now])

    def _keeping(self, row: Row[Any]) -> Keeping:
        return self._world.content.bench.keeping_of(row.material)

    def _is_within_reach(self, container: str) -> bool:
        tube = self._world.bench.tubes.get(self._tubes.get(container, ""))
        return tube is not None and tube.spot in WITHIN_REACH

    def _put_in(self, finished: list[Row[Any]]) -> None:
        if not finished:
            return
        with self._lab.work(self._who) as work:
            for row in finished:
                keeping = self._keeping(row)
                if keeping.days:
                    position = next_position(work.connection, self._today(keeping.place))
                    processing.record_volume(work, row.container_id, self._left_in(row.container_id))
                    storing.store(work, row.container_id, position)
                    args = {"place": keeping.place, "position": position.partition(" ")[2]}
                    self._act("store", row.container_id, **args)
                else:
                    storing.discard(work, row.container_id, reason=NOT_KEPT)
                    self._act("discard", row.container_id)

    def _left_in(self, container: str) -> Decimal:
        """How many mL can still be taken, as the tube's marks show it: no more than is there."""
        tube = self._world.bench.tubes[self._tubes[container]]
        return Decimal(str(tube.free_ml)).quantize(TENTH, ROUND_DOWN)

    def _throw_away(self, kept: list[Row[Any]]) -> None:
        """Take them out of the store and throw them away; what somebody has asked something of since stays."""
        if not kept:
            return
        with self._lab.work(self._who) as work:
            for row in kept:
                reason = f"Its time in the store is over: {self._keeping(row).days} d."
                storing.discard(work, row.container_id, reason=reason)
                self._act("retrieve", row.container_id)
                self._act("discard", row.container_id)

    def _act(self, verb: str, container: str, **args: str) -> None:
        tube = self._tubes[container]
        self._world.act(Action(self._world.now, verb, {"tube_id": tube, **args}, self._who.code))

    def _today(self, place: str) -> str:
        return f"{place} {self._world.now.astimezone(self._world.content.place.zone):%m-%d}"


def next_position(connection: Connection, rack: str) -> str:
    """The place behind the last one that is taken in a rack of the store."""
    c = t.container.c
    taken = connection.execute(
        select(c.position)
        .where(c.state == ContainerState.STORED, c.position.like(f"{rack}/%"))
        .order_by(func.length(c.position).desc(), c.position.desc())
        .limit(1)
    ).scalar()
    return f"{rack}/{int(taken.rpartition('/')[2]) + 1 if taken else 1:03d}"


def _of_containers() -> Select[Any]:
    c, s = t.container, t.specimen
    return (
        select(c.c.container_id, c.c.received_at, s.c.type.label("material"))
        .join(s, s.c.id == c.c.specimen_id)
        .order_by(c.c.id)
    )


def _finished() -> Select[Any]:
    """Labelled containers with a value that went out a while ago, and none that has still to."""
    c, r = t.container.c, t.result.c
    mine, released = r.container_pk == c.id, r.state == ResultState.RELEASED
    open_ = r.state.not_in((ResultState.RELEASED, ResultState.CANCELLED))
    lately = r.released_at > bindparam("before", type_=Instant)
    return _of_containers().where(
        c.state == ContainerState.LABELLED,
        exists().where(mine, released),
        ~exists().where(mine, or_(open_, r.rerun, lately)),
    )


def _kept() -> Select[Any]:
    """Containers in the store of which nothing is awaited."""
    c, r = t.container.c, t.result.c
    awaited = exists().where(r.container_pk == c.id, or_(r.state == ResultState.PENDING, r.rerun))
    return _of_containers().where(c.state == ContainerState.STORED, ~awaited)


_FINISHED, _KEPT = _finished(), _kept()
