"""Connections to peers: MLLP with one last answer per message, ASTM links, and printers that answer nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from lis.interfaces.answers import is_answer_to, is_commit
from lis.interfaces.astm_peers import deliver
from lis.interfaces.astm_work import is_records
from lis.kernel.clock import monotonic
from lis.storage import outbox
from lis.wire.er7 import msh_fields
from lis.wire.mllp import Framer, Payload, wrap

CHUNK = 65536
HANG_UP_SECONDS = 5.0  # how long a printer may take to hang up after a job


class NotConfigured(Exception):
    """The interface says no host and port: nothing can be sent, and nothing has failed."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """What was sent, as far as answers are concerned.

    `awaits_application`: MSH-16 asked for the application's answer (HL7 table 0155), which may follow a commit accept;
    with ER it comes only when something is wrong, and is not waited for.
    """

    number: str
    awaits_application: bool
    without_number: bool

    @classmethod
    def of(cls, body: bytes, without_number: bool) -> _Sent:
        fields = msh_fields(body) + [""] * 17
        return cls(fields[10], fields[16] in ("AL", "SU"), without_number)

    def is_answered_by(self, raw: bytes) -> bool:
        return is_answer_to(raw, self.number, without_number=self.without_number)


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
        if is_records(body):
            return deliver((interface.host, interface.port), body, self._patience)
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
        sent = _Sent.of(body, bool(interface.settings.get("answers_without_number")))
        commit = None
        try:
            for commit, last in self._arriving(peer, sent):
                if last is not None:
                    return last
                if not sent.awaits_application:
                    return commit
        except OSError as error:
            if commit is None and not isinstance(error, TimeoutError):
                raise
            self._drop(interface.code)  # a late answer must not meet the next message
        return commit

    def _arriving(self, peer: socket.socket, sent: _Sent) -> Iterator[tuple[bytes | None, bytes | None]]:
        """After each packet with an answer: the commit accept and the last word, as far as they have come.

        What answers other messages came too late or twice, and is left. TimeoutError when patience ends.
        """
        framer, deadline = Framer(), monotonic() + self._patience
        commit = None
        while (left := deadline - monotonic()) > 0:
            peer.settimeout(left)
            data = peer.recv(CHUNK)
            if not data:
                raise ConnectionResetError("the peer hung up without an answer")
            answers = [event.data for event in framer.feed(data) if isinstance(event, Payload)]
            answers = [one for one in answers if sent.is_answered_by(one)]
            commit = next((one for one in answers if is_commit(one)), commit)
            if answers:
                yield commit, next((one for one in answers if not is_commit(one)), None)
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
