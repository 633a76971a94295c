"""Preparing a laboratory: content, staff, and a past of some days, lived headless through the real inbox and services.

    prepare(house, "demo", pack, seed="demo", start=…, end=…, hashed=passwords.hash, progress=…)

The past is made by the same code as the present: analyzers and hospital send bytes to the inbox, people act through
services and on the bench, the outbox is emptied into the world. Nothing is inserted by hand, no time is waited for.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from lis.domain.people import system
from lis.interfaces.inbox import Inbox
from lis.interfaces.sender import Sender
from lis.kernel.clock import Clock, ClockState, WallClock
from lis.lab import Lab
from lis.services import cataloguing
from lis.storage import directory
from lis.storage.house import House
from lis.storage.packs import PackContent, read_pack
from lis.training import chronicle, contents, pace, people, snapshots
from lis.training.chronicle import Chronicle, WorldHead
from lis.training.crew import Crew
from lis.training.tables import TRAINING
from simulators.dice import Dice
from simulators.inputs import Action
from simulators.link import Link, LoopbackLink
from simulators.world import World, load_world

BY = "preparation"
Progress = Callable[[datetime, datetime, datetime], None]  # from, now, to
Say = Callable[[], int]  # carries what the laboratory has to say to its peers; how many messages that were
Connect = Callable[[Lab, World], Say]
HANDOVER = timedelta(minutes=90)
"""So long before the end only urgent tubes are received: a routine tube takes about this from tray to report, and who
begins one later goes home in the middle of it."""
LAST_DECISION = timedelta(hours=2)
"""So long before the end the last value on hold is decided about: the next shift finds none that waited longer."""
LEFT_SHARE = 5
"""One part in so many of a short past is left to the next shift: nobody stops earlier than that."""
NOW = timedelta(0)
ROUND_SECONDS = (420, 1020)
KEEP_EVERY = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A laboratory with its past behind it, and the world that made it, both at the same instant."""

    lab: Lab
    world: World
    chronicle: Chronicle


class WorldClock:
    """Lab time is the world's, while nobody waits."""

    def __init__(self, started_at: datetime) -> None:
        self.world: World | None = None
        self._started_at = started_at

    def now(self) -> datetime:
        return self.world.now if self.world else self._started_at


def loopback(lab: Lab, world: World) -> Say:
    """Cables without sockets in both directions."""
    inbox = Inbox(lab)
    sender = Sender(lab, lambda interface, _kind, message: world.receive(interface.code, message))

    def link_from(peer: str) -> Link:
        return LoopbackLink(lambda message: inbox.receive(message, peer=peer, interface=peer, at=world.now))

    place = world.content.place
    world.links.update({peer: link_from(peer) for peer in (place.hospital.peer, *place.devices)})

    def say() -> int:
        """Nobody but this laboratory queues here: the outbox is looked into when something was."""
        if not lab.queued.is_set():
            return 0
        lab.queued.clear()
        return sender.step()

    return say


def prepare(
    house: House,
    slug: str,
    pack: Path,
    *,
    seed: str,
    start: datetime,
    end: datetime,
    hashed: people.Hash,
    wall: Clock | None = None,
    progress: Progress | None = None,
    connect: Connect = loopback,
    until: datetime | None = None,
) -> Prepared:
    """Make the laboratory `slug` and live its past from `start` to `end`; one that fails half-way is removed.

    `until` stops at an earlier instant of the same past.
    """
    until = min(until or end, end)
    wall = wall or WallClock()
    house.add_to_control(TRAINING)
    directory.check_free(slug, house.entries())
    try:
        made = _begin(house, slug, pack, seed=seed, start=start, end=end, until=until, wall=wall)
        people.open_accounts(house, slug, hashed, wall)
        with made.lab.database.relaxed(), _garbage_left():
            _live(made, connect(made.lab, made.world), Dice(seed, "crew"), start, end, until, progress)
        _set_clock(made.lab, until, wall)
        with house.control.writing() as connection:
            chronicle.finish(connection, slug, wall.now())
    except BaseException:
        remove(house, slug)
        raise
    return made


@contextmanager
def _garbage_left() -> Iterator[None]:
    """The garbage collector runs when `_live` calls it, over what is new; not again and again over all there is."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _begin(
    house: House,
    slug: str,
    pack: Path,
    *,
    seed: str,
    start: datetime,
    end: datetime,
    until: datetime,
    wall: Clock,
) -> Prepared:
    content = read_pack(pack)
    about = content.catalog.laboratory
    database = house.create_lab(
        slug, name=about.name, zone=about.zone, environment=about.environment, lab_anchor=start, actor=BY
    )
    clock = WorldClock(start)
    lab = Lab(database, wall=wall, clock=clock)
    _furnish(lab, content)
    with house.control.writing() as connection:
        kept_as = contents.keep(connection, pack)
        head = WorldHead(slug, seed, chronicle.pack_name(pack), start, start, None, end, until, kept_as)
        chronicle.open_head(connection, head)
    kept = Chronicle(house.control, slug)
    clock.world = World(load_world(pack), seed, start, sink=kept)
    return Prepared(lab, clock.world, kept)


def _furnish(lab: Lab, content: PackContent) -> None:
    with lab.work(system("admin", BY)) as work:
        cataloguing.load_pack(work, content.files)
        people.add_staff(work)


def _live(
    made: Prepared,
    step: Say,
    dice: Dice,
    start: datetime,
    end: datetime,
    until: datetime,
    progress: Progress | None,
) -> None:
    """Round after round: the world goes on for some minutes, then the people do what there is to do."""
    world = made.world

    def say() -> None:
        while step():
            pass

    world.after_turn = say
    crew = Crew(made.lab, world, dice, say)
    world.act(Action(start, "attend", {"on": True}, BY))  # whoever looked after the analyzers then
    kept_at, longest, is_decided = start, (end - start) / LEFT_SHARE, False
    last_decision, handover = end - min(LAST_DECISION, longest), end - min(HANDOVER, longest / 2)
    while world.now < until:
        due = min(world.now + timedelta(seconds=dice.integer(*ROUND_SECONDS)), end)
        world.step(min(due, until))
        if due > until:
            break
        if world.now < last_decision:
            crew.work()
        elif is_decided:
            crew.hand_over(only_urgent=world.now >= handover)
        else:
            crew.run_controls()
            crew.work(late=NOW)
            crew.work(late=NOW)  # what hung on something that was refused just now
            is_decided = True
        if progress:
            progress(start, world.now, until)
        if world.now - kept_at >= KEEP_EVERY:
            made.chronicle.keep(world, world.now)
            kept_at = world.now
            gc.collect(1)
    world.act(Action(until, "attend", {"on": False}, BY))
    world.act(Action(until, "take_calls", {"on": True}, BY))  # the next shift has the telephone
    made.chronicle.keep(world, until)


def _set_clock(lab: Lab, at: datetime, wall: Clock) -> None:
    with lab.work(system("admin", BY), at=at) as work:
        pace.store(work, ClockState(lab_anchor=at, wall_anchor=wall.now()))


def remove(house: House, slug: str) -> None:
    """Take a laboratory and its world away, whole or half made; of its snapshots those that nobody asked for."""
    for one in snapshots.of(house, slug):
        if one.kind == snapshots.AUTOMATIC:
            snapshots.drop(house, one, BY)
    if any(entry.slug == slug for entry in house.labs()):
        house.drop(slug, BY)
    with house.control.writing() as connection:
        chronicle.forget(connection, slug)
