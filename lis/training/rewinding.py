"""Back to an instant: a laboratory and its world as they were then.

What the crew did in the past is a function of content and seed: it is lived again from its beginning to any instant.
What people did since is not; for that there are snapshots, and scripts whose acts carry their lab instants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from lis.domain.people import system
from lis.kernel.clock import Clock
from lis.kernel.errors import Conflict
from lis.lab import Lab
from lis.storage import control
from lis.storage.house import House
from lis.training import chronicle, contents, following, pace, preparing, snapshots
from lis.training.chronicle import Chronicle, WorldHead
from lis.training.people import Hash
from lis.training.preparing import BY, Connect, Prepared, Progress, WorldClock, loopback
from lis.training.running import restore
from lis.training.tables import world as world_table
from simulators.world import World

ACTOR = system("admin", BY)


@dataclass(frozen=True, slots=True)
class ScriptedAct:
    """Something somebody does, in the laboratory or at the bench, at its lab instant."""

    at: datetime
    do: Callable[[Lab, World], object]


class Standing:
    """A laboratory and its world without sockets and without waiting, where they stood; it lives on by script."""

    def __init__(self, made: Prepared, connect: Connect = loopback) -> None:
        self.lab, self.world, self.chronicle = made.lab, made.world, made.chronicle
        self._step = connect(made.lab, made.world)
        self.world.after_turn = self._say

    def live(self, script: Iterable[ScriptedAct], until: datetime) -> None:
        """Go on to an instant; the acts from here up to and at that instant are done, each in its order."""
        since = self.world.now
        for act in sorted(script, key=lambda one: one.at):
            if since < act.at <= until:
                self.world.step(act.at)
                act.do(self.lab, self.world)
                self._say()
        self.world.step(until)
        self.chronicle.keep(self.world, until)

    def keep(self, house: House, label: str, by: str, wall: Clock) -> snapshots.Snapshot:
        """A snapshot of this instant."""
        now = self.world.now
        with self.lab.work(ACTOR, at=now) as work:
            pace.store(work, self.lab.clock_state().moved_to(now, wall.now()))
        self.chronicle.keep(self.world, now)
        return snapshots.take(house, self.lab.slug, label, by, wall=wall)

    def _say(self) -> None:
        while self._step():
            pass


def stand(house: House, slug: str, wall: Clock) -> Standing:
    """A laboratory that nobody serves and its world, lived again to where they stood."""
    following.open_worlds(house)
    with house.control.reading() as connection:
        head = chronicle.head_of(connection, slug)
    clock = WorldClock(head.stood_at)
    lab = Lab(house.lab(slug), wall=wall, clock=clock)
    kept = Chronicle(house.control, slug)
    clock.world = restore(house, head, contents.load(house, head), kept)
    return Standing(Prepared(lab, clock.world, kept))


def relive(
    house: House,
    slug: str,
    new: str,
    until: datetime,
    *,
    hashed: Hash,
    wall: Clock,
    progress: Progress | None = None,
) -> None:
    """A new laboratory whose past is that of another one up to an instant, lived again from its beginning."""
    head = _head(house, slug)
    if head.planned_until is None or head.past_until is None or not within_past(head, until):
        raise _not_in_the_past(house, head, until)
    with contents.folder_of(house, head) as folder:
        preparing.prepare(
            house,
            new,
            preparing.Past(folder, head.seed, head.started_at, head.planned_until, until),
            hashed=hashed,
            wall=wall,
            progress=progress,
        )
    with house.control.writing() as connection:
        connection.execute(update(world_table).where(world_table.c.lab == new).values(pack=head.pack))
        control.let_in(connection, slug, new)


def within_past(head: WorldHead, at: datetime) -> bool:
    """Whether only the crew worked until then."""
    return head.past_until is not None and head.started_at <= at <= head.past_until


def _head(house: House, slug: str) -> WorldHead:
    following.open_worlds(house)
    with house.control.reading() as connection:
        return chronicle.head_of(connection, slug)


def _not_in_the_past(house: House, head: WorldHead, until: datetime) -> Conflict:
    """People worked by then: the words say what there is instead."""
    before = snapshots.nearest(house, head.lab, until)
    return Conflict(
        "world.not_replayable",
        f"What people did in laboratory {head.lab} until {until:%Y-%m-%d %H:%M} UTC cannot be lived again by itself.",
        f"The nearest snapshot before is {before.label} of {before.at:%Y-%m-%d %H:%M} UTC."
        if before
        else "No snapshot was taken before.",
    )
