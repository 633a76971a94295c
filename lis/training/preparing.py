"""Preparing a laboratory: content, staff, and a past of some days, lived headless through the real inbox and services.

    prepare(house, "demo", Past(pack, "seed", start, end), hashed=passwords.hash, progress=…)

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
HANDOVER = timedelta(minutes=20)
"""So long before the end only urgent tubes are received: the next shift finds what came last in the tray, and what came
before it somewhere between label and report."""
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


@dataclass(frozen=True, slots=True)
class Past:
    """What a past is made from: content, seed, and from when to when. `until` stops at an earlier instant of it."""

    pack: Path
    seed: str
    start: datetime
    end: datetime
    until: datetime | None = None

    @property
    def stops_at(self) -> datetime:
        return min(self.until or self.end, self.end)


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
    past: Past,
    *,
    hashed: people.Hash,
    wall: Clock | None = None,
    progress: Progress | None = None,
    connect: Connect = loopback,
) -> Prepared:
    """Make the laboratory `slug` and live its past; one that fails half-way is removed."""
    wall = wall or WallClock()
    house.add_to_control(TRAINING)
    directory.check_free(slug, house.entries())
    try:
        made = _begin(house, slug, past, wall)
        people.open_accounts(house, slug, hashed, wall)
        with made.lab.database.relaxed(), _garbage_left():
            _live(made, past, connect(made.lab, made.world), progress)
        _set_clock(made.lab, past.stops_at, wall)
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


def _begin(house: House, slug: str, past: Past, wall: Clock) -> Prepared:
    content = read_pack(past.pack)
    about = content.catalog.laboratory
    start = past.start
    database = house.create_lab(
        slug, name=about.name, zone=about.zone, environment=about.environment, lab_anchor=start, actor=BY
    )
    clock = WorldClock(start)
    lab = Lab(database, wall=wall, clock=clock)
    _furnish(lab, content)
    with house.control.writing() as connection:
        head = WorldHead(
            slug,
            past.seed,
            chronicle.pack_name(past.pack),
            started_at=start,
            stood_at=start,
            prepared_at=None,
            planned_until=past.end,
            past_until=past.stops_at,
            content=contents.keep(connection, past.pack),
        )
        chronicle.open_head(connection, head)
    kept = Chronicle(house.control, slug)
    clock.world = World(load_world(past.pack), past.seed, start, sink=kept)
    return Prepared(lab, clock.world, kept)


def _furnish(lab: Lab, content: PackContent) -> None:
    with lab.work(system("admin", BY)) as work:
        cataloguing.load_pack(work, content.files)
        people.add_staff(work)


def _live(made: Prepared, past: Past, step: Say, progress: Progress | None) -> None:
    """Round after round: the world goes on for some minutes, then the people do what there is to do."""
    world, until = made.world, past.stops_at

    def say() -> None:
        while step():
            pass

    world.after_turn = say
    dice = Dice(past.seed, "crew")
    crew = Crew(made.lab, world, dice, say)
    work = _people(crew, past)
    world.act(Action(past.start, "attend", {"on": True}, BY))  # whoever looked after the analyzers then
    kept_at = past.start
    while world.now < until:
        in_a_while = world.now + timedelta(seconds=dice.integer(*ROUND_SECONDS))
        due = min(in_a_while, crew.next_stop() or past.end, past.end)
        world.step(min(due, until))
        if due > until:
            break
        work(world.now)
        if progress:
            progress(past.start, world.now, until)
        if world.now - kept_at >= KEEP_EVERY:
            made.chronicle.keep(world, world.now)
            kept_at = world.now
            gc.collect(1)
    world.act(Action(until, "attend", {"on": False}, BY))
    world.act(Action(until, "take_calls", {"on": True}, BY))  # the next shift has the telephone
    made.chronicle.keep(world, until)


def _people(crew: Crew, past: Past) -> Callable[[datetime], None]:
    """What the people do in a round: the work; towards the end the last decisions, and then the hand-over."""
    longest, is_decided = (past.end - past.start) / LEFT_SHARE, False
    last_decision = past.end - min(LAST_DECISION, longest)
    handover = past.end - min(HANDOVER, longest / 2)

    def work(now: datetime) -> None:
        nonlocal is_decided
        if now < last_decision:
            crew.work()
        elif is_decided:
            crew.hand_over(only_urgent=now >= handover)
        else:
            crew.run_controls()
            crew.work(late=NOW)
            crew.work(late=NOW)  # what hung on something that was refused just now
            is_decided = True

    return work


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
