"""One part of the world alone, against anybody's laboratory system: a hospital, or an analyzer with its tubes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from simulators.analyzers.events import Work
from simulators.collecting import Asked
from simulators.hl7.hospital import Encounter
from simulators.hl7.reading import ContainerWork
from simulators.link import Link
from simulators.place import DevicePlan, Orderable
from simulators.printer import PrintedLabel
from simulators.tubes import Tube
from simulators.world import World
from simulators.world_content import WorldContent

Mode = Literal["broadcast", "query", "unsolicited"]
HOSPITAL = "hospital"
FETCHING = timedelta(minutes=3)
"""From the work's arrival to the tube's being loaded, when the laboratory sends work unasked."""


@dataclass(frozen=True, slots=True)
class Solo:
    """What is to be played: `hospital` or a kind of analyzer, its rate per hour, how it speaks and gets its work."""

    part: str
    rate: float
    law: bool = False
    mode: Mode = "broadcast"
    containers: tuple[str, ...] = ()


def solo_world(content: WorldContent, solo: Solo, seed: int, start: datetime, link: Link) -> World:
    """A world that has this part only, ready to be stepped."""
    if solo.part == HOSPITAL:
        return _hospital(content, solo, seed, start, link)
    plan = device_of(content, solo.part)
    traits = {**plan.traits, "host_query": solo.mode == "query", "centrifuges": True}
    changed = replace(plan, profile="law" if solo.law else "generic-oru", traits=traits)
    alone = replace(content, place=replace(content.place, devices={plan.code: changed}))
    world = World(alone, seed, start, {plan.code: link})
    world.hospital.rate = 0.0
    Feeder(world, changed, solo).start()
    return world


def device_of(content: WorldContent, kind: str) -> DevicePlan:
    """The pack's first analyzer of a kind; KeyError names the kinds there are."""
    kinds = {plan.kind.replace("_", ""): plan for plan in reversed(list(content.place.devices.values()))}
    return kinds[kind]


def _hospital(content: WorldContent, solo: Solo, seed: int, start: datetime, link: Link) -> World:
    place = replace(content.place, devices={})
    world = World(replace(content, place=place), seed, start, {place.hospital.peer: link})
    world.hospital.rate = solo.rate * 24 / place.hospital.requisitions_per_day
    return world


class Feeder:
    """Gives a lonely analyzer its tubes: for the work it was sent, for a list to ask about, or for work of its own."""

    def __init__(self, world: World, plan: DevicePlan, solo: Solo) -> None:
        self._world = world
        self._stage = world.stage
        self._plan = plan
        self._solo = solo
        self._place = world.content.place
        self._station = world.stations[plan.code]
        self._dice = world.stage.dice.fork("solo")
        self._people = world.content.people(self._dice)
        self._panels = self._runnable()
        self._made = self._people_seen = 0

    def start(self) -> None:
        """Wait for work, or begin to bring tubes at the rate asked for. Somebody keeps the device going."""
        self._world.attending.do("attend", {"on": True}, "")
        if self._solo.mode == "broadcast":
            self._station.on_work = self._fetch
        else:
            names = self._names()
            self._stage.plan(self._stage.now, lambda: self._next_tube(names))

    def _runnable(self) -> list[Orderable]:
        """Panels (else single tests) of which the device can do every test but the calculated ones."""
        menu = {assay.test for assay in self._plan.menu}
        requests = [code for request in self._place.hospital.requests for code in request.orders]
        wanted = [self._place.orderables[code] for code in dict.fromkeys(requests)]
        found = [order for order in wanted if menu & set(order.tests)]
        return found or [self._place.orderables[assay.test] for assay in self._plan.menu]

    def _names(self) -> Iterator[str]:
        """The containers that were named, else numbers of its own without end."""
        yield from self._solo.containers
        while not self._solo.containers:
            self._made += 1
            yield f"S{self._made:09d}"

    def _next_tube(self, names: Iterator[str]) -> None:
        container = next(names, None)
        if container is None:
            return
        dice = self._dice.fork(f"panel/{container}")
        order = dice.choice(self._panels)
        if self._solo.mode == "unsolicited":
            tests = [test for test in order.tests if test in self._station.dialect.assays]
            self._station.take_on([Work(container, test, test, "", "R") for test in tests])
        self._bring(container, order)
        gap = timedelta(hours=dice.exponential(1 / self._solo.rate))
        self._stage.plan(self._stage.now + gap, lambda: self._next_tube(names))

    def _fetch(self, asked: ContainerWork) -> None:
        """Work came: somebody finds the tube and loads it."""
        tests = [
            test for item in asked.tests if not item.is_cancel for test in self._station.tests_of(item.code)
        ]
        if tests:
            order = self._place.orderables[tests[0]]
            self._stage.plan(self._stage.now + FETCHING, lambda: self._bring(asked.container, order))

    def _bring(self, container: str, order: Orderable) -> None:
        tube = self._tube(container, order)
        label = PrintedLabel(container, "", self._stage.now, container, (), {}, "")
        tube.lab_labels.append(label)
        self._world.bench.arrive(tube)
        self._world.bench.load(self._plan.code, [tube.id], by="")

    def _tube(self, container: str, order: Orderable) -> Tube:
        """A tube from somebody who was never seen before."""
        hospital, now = self._place.hospital, self._stage.now
        dice = self._dice.fork(f"tube/{container}")
        ward = hospital.wards[0]
        self._people_seen += 1
        person = self._people.person(self._people_seen, ward.population, now)
        encounter = Encounter(person, ward, "", "", hospital.providers[0], now)
        asked = Asked(container, ward, (order,), "R", dice)
        tubes = self._world.hospital.collecting.draw(asked, encounter, "", self._people.values(person, now))
        return next(iter(tubes.values()))


def kinds(content: WorldContent) -> Sequence[str]:
    """What can be played."""
    return [HOSPITAL, *dict.fromkeys(plan.kind.replace("_", "") for plan in content.place.devices.values())]


def counts(world: World) -> Mapping[str, int]:
    """What happened so far, for a progress view: messages out and in, tubes, answers that were missing or bad."""
    sent = [item for item in world.inputs if item.kind == "reply"]
    return {
        "sent": len(sent),
        "unanswered": sum(item.data is None for item in sent),
        "received": sum(item.kind == "message" for item in world.inputs),
        "tubes": len(world.bench.tubes),
    }
