"""Cables over TCP for a headless past: the laboratory's own listener and sender, the world's own ports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lis.domain.people import system
from lis.interfaces.inbox import Inbox
from lis.interfaces.listener import Listener, Route
from lis.interfaces.sender import Sender
from lis.lab import Lab
from lis.training.preparing import Connect, Say
from simulators.link import TcpLink, WorldServer
from simulators.world import World

HERE = "127.0.0.1"


@contextmanager
def tcp_cables() -> Iterator[Connect]:
    """What `prepare` takes to connect a laboratory and its world; hung up in the end."""
    hang_up = []

    def connect(lab: Lab, world: World) -> Say:
        place = world.content.place
        peers = (place.hospital.peer, *place.devices)
        listener = Listener([Route(Inbox(lab))])
        port = listener.start()
        server = WorldServer(world, dict.fromkeys(peers, 0), dict.fromkeys(place.printers, 0))
        server.start()
        sender = Sender(lab)
        world.links.update({peer: TcpLink(HERE, port) for peer in peers})
        with lab.work(system("admin")) as work:
            for code, its_port in server.ports.items():
                work.interfaces.change(code, host=HERE, port=its_port)
        hang_up.extend([sender.stop, listener.stop, server.close])
        hang_up.extend(link.close for link in world.links.values())
        return sender.step

    try:
        yield connect
    finally:
        for end in hang_up:
            end()
