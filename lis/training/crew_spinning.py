"""How a crew comes by serum and plasma: tubes are set to clot, spun together, and taken out when the rotor stands.

Every step is done at the bench of the world and written down in the laboratory at the same instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select

from lis.domain.catalog import ContainerType
from lis.domain.people import Actor
from lis.domain.processing import TubeTimes, clot_ready_at, spin_objection
from lis.domain.specimens import is_separated
from lis.domain.workflow import IN_LAB
from lis.lab import Lab
from lis.services import processing
from lis.services.finding import known_container
from lis.storage import tables as t
from simulators.world import World

WALK = timedelta(minutes=1)
"""From the stop of a rotor to somebody's coming."""
WITHIN_REACH = ("tray", "done")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A container whose blood is not apart yet, as the laboratory has it."""

    container: str
    kind: ContainerType
    times: TubeTimes


class Spinning:
    """The crew at the centrifuges. `tubes`: which tube at the bench a container is."""

    def __init__(self, lab: Lab, world: World, who: Actor, tubes: Mapping[str, str]) -> None:
        self._lab, self._world, self._who, self._tubes = lab, world, who, tubes

    def work(self, awaited: Iterable[str]) -> set[str]:
        """Take out what was spun, let clot what is to clot, spin what may be; the `awaited` that cannot be loaded yet.

        `awaited`: containers that something is to be measured from, urgent ones first.
        """
        self._take_out()
        waiting = self._waiting(list(dict.fromkeys(awaited)))
        if waiting:
            self._let_clot(waiting)
            self._spin(waiting)
        return {one.container for one in waiting}

    def next_stop(self) -> datetime | None:
        """When somebody is next at a centrifuge that turns now and stands still then."""
        turning = [one.ends_at for one in self._world.bench.centrifuges() if one.is_running and one.ends_at]
        return min(turning) + WALK if turning else None

    def _take_out(self) -> None:
        """Empty every centrifuge that stands still."""
        stopped = [one for one in self._world.bench.centrifuges() if one.tubes and not one.is_running]
        if not stopped:
            return
        inside = {tube for one in stopped for tube in one.tubes}
        named = [container for container, tube in self._tubes.items() if tube in inside]
        for one in stopped:
            self._world.unload(one.code, by=self._who.code)
        with self._lab.work(self._who) as work:
            rows = [known_container(work, container) for container in named]
            spun = [
                row.container_id
                for row in rows
                if row.spin_at and row.separated_at is None and row.state in IN_LAB
            ]
            if spun:
                processing.end_spin(work, spun)

    def _waiting(self, awaited: list[str]) -> list[Waiting]:
        """Those of these that the centrifuge is to see first, or is seeing; not what anybody sees to be apart."""
        if not awaited:
            return []
        with self._lab.reading() as reading:
            rows = {
                row.container_id: row for row in reading.connection.execute(_UNSPUN, {"awaited": awaited})
            }
            kinds, catalog = reading.catalog.containers, reading.catalog
        return [
            Waiting(name, kinds[row.type], TubeTimes(row.collected_at, row.clotting_at, row.spin_at, None))
            for name in awaited
            if (row := rows.get(name))
            and row.type in kinds
            and kinds[row.type].centrifuge
            and is_separated(row.material, catalog)
            and not self._looks_apart(name)
        ]

    def _looks_apart(self, container: str) -> bool:
        tube = self._world.bench.tubes.get(self._tubes.get(container, ""))
        return tube is not None and tube.is_separated

    def _let_clot(self, waiting: list[Waiting]) -> None:
        """Set upright what has not clotted yet, or of which nobody knows when it was drawn."""
        fresh = [one.container for one in waiting if _is_to_be_set(one, self._world.now)]
        if fresh:
            with self._lab.work(self._who) as work:
                processing.start_clotting(work, fresh)

    def _spin(self, waiting: list[Waiting]) -> None:
        """Fill the centrifuges that are free, each with tubes that are spun for the same time; urgent ones first."""
        now = self._world.now
        groups: dict[int, list[str]] = {}
        for one in waiting:
            if spin_objection(one.kind, one.times, now) is None and self._is_within_reach(one.container):
                groups.setdefault(one.kind.spin_min or 0, []).append(one.container)
        free = [one for one in self._world.bench.centrifuges() if not one.is_running and not one.tubes]
        for machine, group in zip(free, groups.values(), strict=False):
            batch = group[: machine.places]
            tubes = [self._tubes[container] for container in batch]
            self._world.spin(tubes, by=self._who.code, centrifuge=machine.code)
            with self._lab.work(self._who) as work:
                processing.start_spin(work, batch, centrifuge=machine.code)

    def _is_within_reach(self, container: str) -> bool:
        tube = self._world.bench.tubes.get(self._tubes.get(container, ""))
        return tube is not None and tube.spot in WITHIN_REACH


def _unspun() -> Select[Any]:
    c, s = t.container, t.specimen
    return (
        select(c, s.c.type.label("material"), s.c.collected_at)
        .join(s, s.c.id == c.c.specimen_id)
        .where(
            c.c.container_id.in_(bindparam("awaited", expanding=True)),
            c.c.separated_at.is_(None),
            c.c.state.in_(IN_LAB),
        )
    )


_UNSPUN = _unspun()


def _is_to_be_set(one: Waiting, now: datetime) -> bool:
    if not one.kind.clot_time_min or one.times.clotting_at or one.times.spin_at:
        return False
    ready = clot_ready_at(one.kind, one.times)
    return ready is None or now < ready
