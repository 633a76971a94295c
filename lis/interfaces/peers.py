"""Connections to peers: MLLP with one answer per message, and printers that answer nothing."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

from sqlalchemy import Row

from lis.interfaces.answers import is_answer_to
from lis.kernel.clock import monotonic
from lis.storage import outbox
from lis.wire.er7 import msh_fields
from lis.wire.mllp import Framer, Payload, wrap

CHUNK = 65536
HANG_UP_SECONDS = 5.0  # how long a printer may take to hang up after a job


class NotConfigured(Exception):
    """The interface says no host and port: nothing can be sent, and nothing has failed."""


class TcpPeers:
    """An `exchange` over TCP. A connection is kept per interface; one that was lost is opened anew once.

    `patience` is how long a peer may take to answer, in wall seconds.
    """

    def __init__(self, patience: float = 20.0) -> None:
        self._patience = patience
        self._open: dict[str, tuple[tuple[str, int], socket.socket]] = {}
        self._guard = threading.Lock()

    def __call__(self, interface: Row[Any], kind: str, body: bytes) -> bytes | None:
        """Send a message and give the answer to it; None when none came. OSError when the peer is not there."""
        if not interface.host or not interface.port:
            raise NotConfigured(f"{interface.code} has no host and port")
        if kind == outbox.LABEL:
            return self._print(interface, body)
        was_open = self._is_open(interface)
        try:
            return self._exchange(interface, body)
        except OSError:
            self._drop(interface.code)
            if not was_open:
                raise
        return self._exchange(interface, body)

    def close(self) -> None:
        """Hang up everywhere."""
        for code in list(self._open):
            self._drop(code)

    def _print(self, interface: Row[Any], body: bytes) -> bytes:
        with socket.create_connection((interface.host, interface.port), timeout=self._patience) as printer:
            printer.sendall(body)
            printer.shutdown(socket.SHUT_WR)
            printer.settimeout(HANG_UP_SECONDS)
            with suppress(OSError):  # taken or not, a job that was written must not be printed twice
                while printer.recv(CHUNK):
                    pass
        return b""

    def _exchange(self, interface: Row[Any], body: bytes) -> bytes | None:
        peer = self._connected(interface)
        peer.settimeout(self._patience)
        peer.sendall(wrap(body))
        fields = msh_fields(body)
        number = fields[10] if len(fields) > 10 else ""
        lenient = bool(interface.settings.get("answers_without_number"))
        try:
            return self._read(peer, number, lenient)
        except TimeoutError:
            self._drop(interface.code)  # a late answer must not meet the next message
            return None

    def _read(self, peer: socket.socket, number: str, lenient: bool) -> bytes | None:
        """The answer to this number; what answers others came too late or twice, and is left."""
        framer, deadline = Framer(), monotonic() + self._patience
        while (left := deadline - monotonic()) > 0:
            peer.settimeout(left)
            data = peer.recv(CHUNK)
            if not data:
                raise ConnectionResetError("the peer hung up without an answer")
            for event in framer.feed(data):
                if isinstance(event, Payload) and is_answer_to(event.data, number, without_number=lenient):
                    return event.data
        raise TimeoutError

    def _is_open(self, interface: Row[Any]) -> bool:
        held = self._open.get(interface.code)
        return held is not None and held[0] == (interface.host, interface.port)

    def _connected(self, interface: Row[Any]) -> socket.socket:
        if not self._is_open(interface):
            self._drop(interface.code)
            address = (interface.host, interface.port)
            connection = socket.create_connection(address, timeout=self._patience)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._guard:
                self._open[interface.code] = (address, connection)
        return self._open[interface.code][1]

    def _drop(self, code: str) -> None:
        with self._guard:
            held = self._open.pop(code, None)
        if held is not None:
            held[1].close()
