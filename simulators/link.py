"""Cables between the world and a laboratory: the same bytes over a function call or over TCP.

A link hands over one message and waits for its answer. None is no answer: the peer is not there, or hung up.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lis.wire.mllp import Framer, Payload, wrap

Exchange = Callable[[bytes], bytes | None]
CHUNK = 65536


class Link(Protocol):
    """One direction of one connection, from the world outwards."""

    def exchange(self, message: bytes) -> bytes | None:
        """Hand over one message and return its answer; None when there was none."""

    def close(self) -> None:
        """Hang up."""


class LoopbackLink:
    """A link without sockets: the laboratory's inbox as a function."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def exchange(self, message: bytes) -> bytes | None:
        """The answer the function gives."""
        return self._exchange(message)

    def close(self) -> None:
        """Nothing to hang up."""


class TcpLink:
    """MLLP over one connection that is kept; a connection lost is opened anew once for each message.

    `patience` is wall seconds until a silent peer counts as absent: a safety for real peers, never a modelled delay.
    """

    def __init__(self, host: str, port: int, patience: float = 30.0) -> None:
        self._address = (host, port)
        self._patience = patience
        self._socket: socket.socket | None = None

    def exchange(self, message: bytes) -> bytes | None:
        """Send in one write, read one frame."""
        was_open = self._socket is not None
        answer = self._attempt(message)
        return self._attempt(message) if answer is None and was_open else answer

    def close(self) -> None:
        """Hang up; the next message opens again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _attempt(self, message: bytes) -> bytes | None:
        try:
            connection = self._connected()
            connection.sendall(wrap(message))
            return self._read(connection)
        except OSError:
            self.close()
            return None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=self._patience)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _read(self, connection: socket.socket) -> bytes | None:
        framer = Framer()
        while data := connection.recv(CHUNK):
            for event in framer.feed(data):
                if isinstance(event, Payload):
                    return event.data
        self.close()
        return None


class Receiver(Protocol):
    """What a server hands messages to: the world."""

    def receive(self, peer: str, message: bytes) -> bytes | None:
        """Take one message that came for this peer and answer it."""


class WorldServer:
    """The world's own ports: MLLP for analyzers and the hospital, plain ZPL for printers. A thin shell."""

    def __init__(self, world: Receiver, ports: Mapping[str, int], printers: Mapping[str, int]) -> None:
        self._servers = {
            peer: _listen(world, peer, port, handler)
            for handler, group in ((_MllpHandler, ports), (_PrinterHandler, printers))
            for peer, port in group.items()
        }

    @property
    def ports(self) -> dict[str, int]:
        """Where each peer listens; a port asked for as 0 is the one that was free."""
        return {peer: int(server.server_address[1]) for peer, server in self._servers.items()}

    def start(self) -> None:
        """Answer from now on, each port in its own thread."""
        for peer, server in self._servers.items():
            threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.05}, name=peer, daemon=True
            ).start()

    def close(self) -> None:
        """Stop answering and free the ports."""
        for server in self._servers.values():
            server.shutdown()
            server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.deliver: Callable[[bytes], bytes | None] = lambda message: None


def _listen(world: Receiver, peer: str, port: int, handler: Any) -> _Server:
    server = _Server(port, handler)
    server.deliver = lambda message: world.receive(peer, message)
    return server


class _MllpHandler(socketserver.BaseRequestHandler):
    """One connection of a laboratory to an analyzer or the hospital."""

    server: _Server

    def handle(self) -> None:
        framer = Framer()
        while data := self.request.recv(CHUNK):
            for event in framer.feed(data):
                if isinstance(event, Payload):
                    self._answer(event.data)

    def _answer(self, message: bytes) -> None:
        answer = self.server.deliver(message)
        if answer is not None:
            self.request.sendall(wrap(answer))


class _PrinterHandler(socketserver.BaseRequestHandler):
    """One print job: ZPL until the sender hangs up, each label taken when its ^XZ has come."""

    server: _Server
    END = b"^XZ"

    def handle(self) -> None:
        held = b""
        while data := self.request.recv(CHUNK):
            *labels, held = (held + data).split(self.END)
            for label in labels:
                self.server.deliver(label + self.END)
