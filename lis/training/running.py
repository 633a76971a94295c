"""Live worlds: each keeps step with its laboratory's clock and talks to it over TCP as real peers would.

worlds = LiveWorlds(product)        clocks go on from where they stood, ports are open, interfaces know them
worlds.start()                      worlds are lived again in the background, then run
worlds.get("demo") -> LiveWorld     what the bench window acts on; Conflict while it is being set up
worlds.stop()
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

import structlog
from sqlalchemy import select

from lis.domain.events import Verb
from lis.domain.people import system
from lis.kernel.clock import Clock
from lis.kernel.errors import Conflict, NotFound
from lis.lab import Lab
from lis.storage import tables as t
from lis.storage.house import House
from lis.training import chronicle, contents, following, pace
from lis.training.chronicle import Chronicle, Relived, WorldHead
from simulators.inputs import Action
from simulators.link import Link, TcpLink, WorldServer
from simulators.timeline import PULSE, Timeline
from simulators.world import World, WorldContent

HERE = "127.0.0.1"
BY = system("admin", "preparation")
PULSES_PER_KEEPING = 15
PATIENCE = 60.0
PRINTER = "printer"
LEAVING = "The laboratory is being put back to another instant; wait a few seconds."
log = structlog.get_logger(__name__)


class Served(Protocol):
    """A laboratory whose doors are open."""

    lab: Lab
    port: int


class LiveWorld:
    """A world that runs beside its laboratory, every input written down before it is answered."""

    def __init__(self, lab: Lab, control: House) -> None:
        self.lab = lab
        self.chronicle = Chronicle(control.control, lab.slug)
        self._world: World | None = None
        self._ready = threading.Event()
        self._acting = threading.RLock()
        self.failure = ""

    @property
    def is_ready(self) -> bool:
        """Whether it stands where it stood."""
        return self._world is not None

    @property
    def world(self) -> World:
        """The world, once it stands where it stood."""
        if self.failure == LEAVING:
            raise Conflict("world.not_ready", "The bench is being put back.", LEAVING)
        if self.failure:
            raise Conflict("world.failed", "The hospital and the bench have stopped.", self.failure)
        if self._world is None:
            raise Conflict("world.not_ready", "The bench is being set up.", "Wait a few seconds.")
        return self._world

    def open(self, world: World) -> None:
        """From now on it takes messages and acts."""
        self._world = world
        world.after_turn = self.keep
        self._ready.set()

    def fail(self, reason: str) -> None:
        """It has stopped, and why."""
        self.failure = reason
        self._ready.set()

    @contextmanager
    def still(self) -> Iterator[World]:
        """The world between two turns, written down; nobody acts meanwhile."""
        with self._acting:
            world = self.world
            with world.lock:
                self.chronicle.keep(world, max(world.now, self.lab.now()))
                yield world

    def leave(self) -> None:
        """Nobody acts here from now on; what the laboratory still has to say is heard."""
        with self._acting:
            self.failure = self.failure or LEAVING
            self._ready.set()

    def receive(self, peer: str, message: bytes) -> bytes | None:
        """What the laboratory sent to a peer; before the world stands, its peers keep the sender waiting."""
        if not self._ready.wait(PATIENCE) or self._world is None or self.failure not in ("", LEAVING):
            return None
        answer = self._world.receive(peer, message)
        self.keep()
        return answer

    def act(self, verb: str, args: Mapping[str, Any], by: str) -> Any:
        """What a person does at the bench, now."""
        with self._acting:
            world = self.world
            result = world.act(Action(max(self.lab.now(), world.now), verb, args, by))
            self.keep()
        return result

    def keep(self) -> None:
        """Write down what is new. Not in the middle of an act, whose truths come before its input."""
        world = self._world
        if world is not None:
            with self._acting:
                self.chronicle.keep(world, max(world.now, self.lab.now()))


@dataclass(frozen=True, slots=True)
class _Place:
    head: WorldHead
    served: Served
    live: LiveWorld
    server: WorldServer


class LiveWorlds:
    """Every world of a house, run by one thread."""

    def __init__(self, house: House, wall: Clock) -> None:
        self._house, self._wall = house, wall
        self._places: dict[str, _Place] = {}
        self._timeline = Timeline()
        self._stop = threading.Event()
        self._stepping = threading.Lock()
        self._thread: threading.Thread | None = None

    def heads(self) -> list[WorldHead]:
        """The worlds that can be served."""
        labs = {entry.slug for entry in self._house.labs()}
        found = following.open_worlds(self._house)
        return [head for head in found if head.lab in labs and head.prepared_at is not None]

    def continue_clocks(self) -> None:
        """Before a laboratory is served: its time goes on from where it stood."""
        for head in self.heads():
            self.continue_clock(head)

    def continue_clock(self, head: WorldHead) -> None:
        """Before one laboratory is served."""
        lab = Lab(self._house.lab(head.lab), wall=self._wall)
        pace.continue_from(lab, head.stood_at, BY, self._wall)

    def start(self, served: Mapping[str, Served]) -> None:
        """Open the worlds' ports at once, and live their past again in the background."""
        for head in self.heads():
            if head.lab in served:
                self._places[head.lab] = self._open(head, served[head.lab])
        self._thread = threading.Thread(target=self._run, name="worlds", daemon=True)
        self._thread.start()

    def enter(self, head: WorldHead, served: Served) -> None:
        """One more world, or one anew, of a laboratory that is served by now; it stands when this returns."""
        place = self._places[head.lab] = self._open(head, served)
        self._restore(head.lab, place)

    @contextmanager
    def leaving(self, slug: str) -> Iterator[None]:
        """A world stops for good; within, its laboratory's doors are closed, which its peers hear to the end."""
        place = self._places[slug]
        with self._stepping:
            self._timeline.remove(slug)
            self._timeline.failures.pop(slug, None)
        place.live.leave()
        yield
        place.server.close()
        place.live.keep()

    @property
    def slugs(self) -> list[str]:
        """The laboratories whose worlds are here."""
        return list(self._places)

    def get(self, slug: str) -> LiveWorld:
        if slug not in self._places:
            raise NotFound("world.unknown", f"Laboratory {slug} has no hospital and bench around it.")
        return self._places[slug].live

    def stop(self) -> None:
        """Leave every world where it stands, written down."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for place in self._places.values():
            place.server.close()
            place.live.keep()

    def _open(self, head: WorldHead, served: Served) -> _Place:
        live = LiveWorld(served.lab, self._house)
        server = WorldServer(live, *_ports(served.lab))
        _tell_interfaces(served.lab, server.ports)
        server.start()
        return _Place(head, served, live, server)

    def _run(self) -> None:
        for slug, place in list(self._places.items()):
            self._restore(slug, place)
        for pulse in count():
            if self._stop.wait(PULSE):
                return
            with self._stepping:
                self._timeline.catch_up()
            self._look_after(is_due=pulse % PULSES_PER_KEEPING == 0)

    def _restore(self, slug: str, place: _Place) -> None:
        """Live the world's past again; what it had sent without noting the answer goes out once more."""
        try:
            content = contents.load(self._house, place.head)
            peers = (content.place.hospital.peer, *content.place.devices)
            links: dict[str, Link] = {peer: TcpLink(HERE, place.served.port) for peer in peers}
            world = restore(self._house, place.head, content, place.live.chronicle, links)
        except Exception as error:
            log.error("world.not_restored", lab=slug, exc_info=error)
            place.live.fail(str(error))
            return
        place.live.open(world)
        self._timeline.add(slug, world, place.served.lab)

    def _look_after(self, *, is_due: bool) -> None:
        """Write down where the worlds stand now and then; say of a world that broke why it did."""
        for slug, place in list(self._places.items()):
            error = self._timeline.failures.get(slug)
            if error is not None and not place.live.failure:
                log.error("world.stopped", lab=slug, exc_info=error)
                place.live.fail(str(error))
            elif is_due and not place.live.failure:
                place.live.keep()


def restore(
    house: House,
    head: WorldHead,
    content: WorldContent,
    kept: Chronicle,
    links: Mapping[str, Link] | None = None,
) -> World:
    """The world as it stood, lived again from its inputs; refused when its past comes out otherwise.

    What it had sent without having the answer written down goes out again over the links; the laboratory knows it.
    """
    with house.control.reading() as connection:
        past = chronicle.past_of(connection, head.lab)
        written = list(chronicle.entries_of(connection, head.lab))
    sink = Relived(kept, written)
    return World.restore(
        content, head.seed, head.started_at, links, past=past, until=head.stood_at, sink=sink
    )


def _ports(lab: Lab) -> tuple[dict[str, int], dict[str, int]]:
    """Where the laboratory looks for its peers and for its printers, as far as those ports are free."""
    with lab.reading() as reading:
        rows = reading.connection.execute(select(t.interface).order_by(t.interface.c.code)).all()
    ports = {row.code: free_or_any(row.port) for row in rows}
    printers = {row.code: ports.pop(row.code) for row in rows if row.kind == PRINTER}
    return ports, printers


def free_or_any(port: int | None) -> int:
    """The port when nobody has it, else 0: any free one."""
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((HERE, port or 0))
        except OSError:
            return 0
    return port or 0


def _tell_interfaces(lab: Lab, ports: Mapping[str, int]) -> None:
    """Write the addresses of the world's peers into the laboratory's interfaces, as its administrator would."""
    with lab.work(BY) as work:
        for code, port in ports.items():
            row = work.interfaces.find(code)
            if row is not None and (row.host, row.port) != (HERE, port):
                work.interfaces.change(code, host=HERE, port=port)
                work.journal.append(Verb.INTERFACE_CHANGED, f"interface:{code}", host=HERE, port=port)
