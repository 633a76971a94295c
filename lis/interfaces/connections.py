"""One connection of a peer: bytes to messages and replies to bytes, without a thread or a database in it.

A connection hands messages on in the order they came and gets their replies in the same order. It stops reading while
too much of it waits, or while the peer does not read its replies.
"""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from lis.kernel.clock import monotonic
from lis.wire import astm
from lis.wire.astm_frames import ACK
from lis.wire.mllp import Framer, Junk, Oversize, Payload, Restarted, wrap

log = logging.getLogger(__name__)

WAITING_AT_MOST = 32
"""Messages of one connection that wait for their reply before it is no longer read from."""
HALF_FRAME_SECONDS = 30.0
"""How long the rest of a frame may take before the connection is given up."""


class Hub(Protocol):
    """What connections belong to."""

    @property
    def is_full(self) -> bool: ...

    def joined(self, connection: Connection) -> None: ...

    def left(self, connection: Connection) -> None: ...

    def submit(self, connection: Connection, payload: bytes, note: str = "") -> None: ...

    def count(self, what: str) -> None: ...


class Connection(asyncio.Protocol):
    """What both protocols share: waiting messages, pausing, and closing once everything is answered."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._transport: asyncio.Transport | None = None
        self._waiting = 0
        self._is_paused = False
        self._peer_is_slow = False
        self._is_closing = False
        self._timer: asyncio.TimerHandle | None = None
        self.peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        name = transport.get_extra_info("peername") or ("", 0)
        self.peer = f"{name[0]}:{name[1]}"
        self._hub.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._set_timer(None)
        self._transport = None
        self._hub.left(self)

    def eof_received(self) -> bool:
        """The peer has said all it will say and may still read: what waits is answered before we hang up."""
        self.close()
        return True

    def pause_writing(self) -> None:
        self._peer_is_slow = True
        self.balance()

    def resume_writing(self) -> None:
        self._peer_is_slow = False
        self.balance()

    def balance(self) -> None:
        """Read from the peer only while there is room for what it sends."""
        should_pause = self._waiting >= WAITING_AT_MOST or self._peer_is_slow or self._hub.is_full
        if self._transport is None or should_pause == self._is_paused or self._is_closing:
            return
        self._is_paused = should_pause
        if should_pause:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def answered(self, replies: Sequence[bytes] | None) -> None:
        """The oldest waiting message is done; None: it could not be, and the peer will send it again elsewhere."""
        self._waiting -= 1
        if replies is None:
            self.close()
        else:
            self._reply(replies)
        if self._is_closing and not self._waiting and self._transport is not None:
            self._transport.close()
        self.balance()

    def close(self) -> None:
        """Read nothing more; hang up when what waits is answered."""
        if self._transport is None or self._is_closing:
            return
        self._is_closing = True
        self._transport.pause_reading()
        if not self._waiting:
            self._transport.close()

    def abort(self) -> None:
        """Hang up now."""
        if self._transport is not None:
            self._transport.abort()

    def _submit(self, payload: bytes, note: str = "") -> None:
        self._waiting += 1
        self._hub.submit(self, payload, note)

    def _write(self, data: bytes) -> None:
        """In one piece: naive peers read once."""
        if self._transport is not None:
            self._transport.write(data)

    def _set_timer(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(max(seconds, 0.0), self._time_out)

    @abstractmethod
    def _reply(self, replies: Sequence[bytes]) -> None: ...

    @abstractmethod
    def _time_out(self) -> None: ...


class MllpConnection(Connection):
    """HL7 over MLLP: frames in, a frame per reply out, the connection kept."""

    def __init__(
        self, hub: Hub, *, max_size: int | None = None, half_frame: float = HALF_FRAME_SECONDS
    ) -> None:
        super().__init__(hub)
        self._framer = Framer(max_size) if max_size else Framer()
        self._half_frame = half_frame

    def data_received(self, data: bytes) -> None:
        for event in self._framer.feed(data):
            match event:
                case Payload():
                    self._submit(event.data)
                case Junk() | Restarted():
                    self._hub.count(type(event).__name__.lower())
                case Oversize():
                    self._give_up(f"a frame of more than {self._framer.max_size} bytes")
                    return
        self._set_timer(self._half_frame if self._framer.pending else None)
        self.balance()

    def _reply(self, replies: Sequence[bytes]) -> None:
        for reply in replies:
            self._write(wrap(reply))

    def _time_out(self) -> None:
        self._give_up(f"the rest of a frame of {self._framer.pending} bytes did not come")

    def _give_up(self, reason: str) -> None:
        log.warning("connection from %s closed: %s", self.peer, reason)
        self._hub.count("given_up")
        self.close()


class AstmConnection(Connection):
    """LIS02 records over a LIS01 link on TCP; the frame with the L record is answered when it is stored."""

    def __init__(self, hub: Hub, *, sequential: bool = True) -> None:
        super().__init__(hub)
        self._link = astm.Link(host=True, sequential=sequential)
        self._to_send: list[bytes] = []
        self._notes: list[str] = []

    def data_received(self, data: bytes) -> None:
        self._act(self._link.feed(data, monotonic()))

    def connection_lost(self, exc: Exception | None) -> None:
        self._act(self._link.disconnected())
        super().connection_lost(exc)

    def _reply(self, replies: Sequence[bytes]) -> None:
        """First whether the records were stored (ACK), then what is to be sent back: the answer to a query."""
        note = self._notes.pop(0)
        self._to_send += replies[1:]
        if not note:
            self._act(self._link.commit_done(bool(replies) and replies[0] == ACK, monotonic()))

    def _time_out(self) -> None:
        self._act(self._link.tick(monotonic()))

    def _act(self, events: list[astm.Event]) -> None:
        for event in events:
            match event:
                case astm.Send():
                    self._write(event.data)
                case astm.NeedCommit():
                    self._take(event.message, "")
                case astm.Incomplete():
                    self._take(event.message, event.reason)
                case astm.Aborted():
                    log.warning("an answer to %s was not delivered: %s", self.peer, event.reason)
        if self._to_send and self._link.idle:
            self._act(self._link.send(self._to_send.pop(0), monotonic()))
        deadline = self._link.deadline
        if self._transport is not None:
            self._set_timer(None if deadline is None else deadline - monotonic())
        self.balance()

    def _take(self, message: bytes, note: str) -> None:
        self._notes.append(note)
        self._submit(message, note)
