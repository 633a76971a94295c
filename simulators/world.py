"""The world around a laboratory: one single-threaded loop in simulated time.

    content = load_world(Path("seed/packs/core"))
    world = World(content, seed=7, start=datetime(2026, 11, 27, 12, tzinfo=UTC), links={"HIS": link, ...})
    world.step(until)                              everything up to and at this instant happens
    world.receive("CHEM-1", oml_o33) -> bytes      what the laboratory sends to a peer; printers answer b""
    world.act(Action(at, "affix", {...}, by=who))  what a person does at the bench; BenchRefusal when it cannot be
    world.now, world.inputs, world.ledger          where it stands, what came in, the truth
    World.restore(..., past=inputs, until=at)      the same world lived again; nothing is sent twice

The bench window reads what eyes see and acts by name; every action takes `at` (default: now) and `by`:

    world.tray() -> list[TubeView]      world.tubes() -> list[TubeView] (all that ever arrived)
    world.printed_labels() -> list[PrintedLabel]
    world.analyzers_status() -> list[DeviceStatus]
    world.look(tube) -> TubeView        world.affix(label, tube)        world.spin([tubes])
    world.load(analyzer, [tubes])       world.discard(tube)             world.discard_label(label)
    world.run_controls(analyzer)

Actions `phone`, `answer`, `say` …: the telephone (`simulators.telephone`); `inject`, `withdraw`: what goes wrong;
`open_bag`, `unload`, `rim`, `aliquot`, `store`, `retrieve`: what hands do with tubes (`simulators.processing`);
`load_reagent`, `calibrate`, `maintain`, `rerun` …: what is done at an analyzer (`simulators.attending`).

A link is asked for one answer per message (`simulators.link`); a peer without link is a world without that cable.
`after_turn` is called after every turn that sent something: the place where a headless laboratory empties its outbox.
The `lock` is held for one turn, action or message; the laboratory may write while its answer is awaited on this thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from simulators.analyzers.parts.screen import DeviceStatus
from simulators.attending import Attending
from simulators.bench import VERBS, Bench, BenchRefusal
from simulators.by_name import ByName
from simulators.dice import Dice
from simulators.hl7.reading import read
from simulators.hospital import Hospital
from simulators.injecting import Injecting
from simulators.inputs import Action, Input
from simulators.ledger import Ledger, MemorySink, Sink
from simulators.link import Link
from simulators.printer import PrintedLabel
from simulators.stage import Outgoing, Stage
from simulators.station import Station, make_station
from simulators.tubes import TubeView
from simulators.world_content import WorldContent, load_world

__all__ = ["Action", "BenchRefusal", "Input", "World", "WorldContent", "load_world"]


class World(ByName):
    """Hospital, bench and analyzers on one stage, with everything that comes from outside written down."""

    def __init__(
        self,
        content: WorldContent,
        seed: int | str,
        start: datetime,
        links: Mapping[str, Link] | None = None,
        *,
        sink: Sink | None = None,
        held: int = 0,
        past: Iterable[Input] = (),
        after_turn: Callable[[], None] | None = None,
    ) -> None:
        self.content = content
        self.links = dict(links or {})
        self.inputs: list[Input] = []
        self.turns = 0
        self.after_turn = after_turn
        self._past = deque(past)
        self.lock = threading.RLock()
        self._has_sent = False
        self.sink = sink if sink is not None else MemorySink()
        self.ledger = Ledger(self.sink, held)
        dice = Dice(seed)
        self.stage = Stage(start.astimezone(UTC), content.place.zone, dice, self.ledger, self._exchange)
        self.stations = {
            code: make_station(plan, content.place, self.stage, content.analytes, content.value_sets)
            for code, plan in content.place.devices.items()
        }
        self.bench = Bench(content.place, self.stage, self.stations, content.ageing, content.bench)
        self.injecting = Injecting(content.faults, self.stage, self.bench)
        self.attending = Attending(self.stage, self.stations, self.bench)
        self.hospital = Hospital(
            content.place, self.stage, content.people(dice.fork("people")), self.bench.arrive
        )
        for station in self.stations.values():
            station.come_off = self.bench.come_off
        self._open()

    @classmethod
    def restore(
        cls,
        content: WorldContent,
        seed: int | str,
        start: datetime,
        links: Mapping[str, Link] | None = None,
        *,
        past: Iterable[Input],
        until: datetime,
        sink: Sink | None = None,
        held: int = 0,
        after_turn: Callable[[], None] | None = None,
    ) -> World:
        """Live the recorded past again up to `until`; `held` says how many truths the sink has already."""
        world = cls(content, seed, start, links, sink=sink, held=held, past=past, after_turn=after_turn)
        world.step(until)
        if world._past:
            raise RuntimeError(f"{len(world._past)} inputs of the past fit nowhere: this is another world")
        return world

    # time

    @property
    def now(self) -> datetime:
        """The world's instant."""
        return self.stage.now

    def step(self, until: datetime) -> int:
        """Let everything happen up to and at this instant; how many turns that took."""
        before = self.turns
        until = until.astimezone(UTC)
        while self._turn(until):
            pass
        with self.lock:
            self.stage.now = max(self.stage.now, until)
        return self.turns - before

    def _turn(self, until: datetime) -> bool:
        """One thing of the past or of the agenda; False when nothing is left to do by then."""
        with self.lock:
            if self._relive(until):
                return True
            due = self.stage.next_at()
            if due is None or due > until:
                return False
            self.turns += 1
            self._has_sent = False
            self.stage.turn()
        if self._has_sent and self.after_turn:
            self.after_turn()
        return True

    # what comes from outside

    def act(self, action: Action) -> Any:
        """What a person does; first everything happens that was due by then. A refused action leaves no trace."""
        self.step(action.at)
        with self.lock:
            self._note("action", action.verb, dict(action.args), action.by)
            try:
                return self._do(action.verb, action.args, action.by)
            except BenchRefusal:
                self.inputs.pop()  # refused before anything happened
                raise

    def receive(self, peer: str, message: bytes) -> bytes:
        """A message from the laboratory to one of this world's peers, answered as that peer would."""
        place = self.content.place
        if peer not in (place.hospital.peer, *place.printers, *self.stations):
            raise KeyError(f"this world has no peer {peer}")
        with self.lock:
            self._note("message", peer, message)
            return self._take(peer, message)

    def _do(self, verb: str, args: Mapping[str, Any], by: str) -> Any:
        if verb in Attending.VERBS:
            return self.attending.do(verb, args, by)
        if verb in self.hospital.telephone.VERBS:
            return self.hospital.telephone.do(verb, args, by)
        if verb in Injecting.VERBS:
            return self.injecting.do(verb, args)
        if verb not in VERBS:
            raise BenchRefusal("action.unknown", f"Nobody can {verb} here.")
        return getattr(self.bench, verb)(**args, by=by)

    def _take(self, peer: str, message: bytes) -> bytes:
        if peer in self.content.place.printers:
            self.bench.print(peer, message)
            return b""
        parsed = read(message)
        if parsed is None:
            self.stage.tell("message.unreadable", peer, {"bytes": message.decode("latin-1")})
            return b""
        if peer == self.content.place.hospital.peer:
            return self.hospital.receive(parsed)
        return self._station_of(peer).receive(parsed)

    def _station_of(self, code: str) -> Station:
        if code not in self.stations:
            raise BenchRefusal("analyzer.unknown", f"There is no analyzer {code}.")
        return self.stations[code]

    # what goes out, and what is written down

    def _exchange(self, peer: str, message: Outgoing) -> bytes | None:
        if self._past:
            return self._relived_reply(peer)
        link = self.links.get(peer)
        if link is None:
            return b""
        self._has_sent = True
        reply = link.exchange(message.content)
        self._note("reply", peer, reply)
        return reply

    def _note(self, kind: Any, name: str, data: Mapping[str, Any] | bytes | None, by: str = "") -> None:
        self.inputs.append(Input(self.turns, self.now, kind, name, data, by))

    def _relive(self, until: datetime) -> bool:
        """Let the next input of the past happen if it is its turn."""
        if not self._past or self._past[0].turn != self.turns or self._past[0].at > until:
            return False
        self._repeat(self._past.popleft())
        return True

    def _relived_reply(self, peer: str) -> bytes | None:
        """The answer that came then, after what came while it was awaited; b"" when there was no cable."""
        of_this_turn = takewhile(lambda item: item.turn == self.turns, self._past)
        reply = next((item for item in of_this_turn if item.kind == "reply"), None)
        if reply is None or reply.name != peer:
            return b""
        while (item := self._past.popleft()) is not reply:
            self._repeat(item)
        self.inputs.append(reply)
        return reply.data if isinstance(reply.data, bytes) else None

    def _repeat(self, item: Input) -> None:
        self.inputs.append(item)
        self.stage.now = max(self.stage.now, item.at)
        if item.kind == "message" and isinstance(item.data, bytes):
            self._take(item.name, item.data)
        elif item.kind == "action" and isinstance(item.data, Mapping):
            self._do(item.name, item.data, item.by)

    # the bench, by name

    def tray(self) -> list[TubeView]:
        """The tubes in the tray as they look."""
        with self.lock:
            return self.bench.tray()

    def tubes(self) -> list[TubeView]:
        """Every tube that arrived, wherever it is now, as it looks."""
        with self.lock:
            return [self.bench.view(tube) for tube in self.bench.tubes.values()]

    def printed_labels(self) -> list[PrintedLabel]:
        """Labels that lie on the bench."""
        with self.lock:
            return list(self.bench.labels.values())

    def analyzers_status(self) -> list[DeviceStatus]:
        """The analyzers' own screens."""
        with self.lock:
            return [station.status() for station in self.stations.values()]

    def _open(self) -> None:
        self.injecting.open(self.content.place.faults)
        self.hospital.open()
        for station in self.stations.values():
            self.stage.plan(self.now, station.open)
        self.attending.open()
