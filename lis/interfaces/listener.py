"""Sockets: bytes from peers to inboxes, replies back. One thread runs the loop, one worker per laboratory commits.

What has queued up while one transaction ran is the next one (at most 64 messages), so that a crowd costs one commit. A
connection that sends faster than the laboratory stores is not read from until it has caught up.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import queue
import threading
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from lis.interfaces.connections import AstmConnection, Connection, MllpConnection
from lis.interfaces.inbox import ASTM, AT_ONCE, HL7, Arrival, Inbox

log = logging.getLogger(__name__)

STOP_SECONDS = 30
FAREWELL_SECONDS = 2
QUEUED_BYTES = 64 * 1024 * 1024
"""What may wait for one laboratory, in bytes; beyond it nobody is read from."""
ENDED_AT_ONCE = 64
"""Connections that ended before the collector is asked for them: asyncio leaves each to it, and some peers make one for
every message."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Route:
    """A port and the laboratory behind it; `interface` when one device only is connected there. Port 0: a free one."""

    inbox: Inbox
    port: int = 0
    protocol: str = HL7
    interface: str | None = None
    max_size: int | None = None
    half_frame_seconds: float = 30.0
    sequential: bool = True


class Listener:
    """Listens on the ports of its routes from `start` to `stop`. Used once."""

    def __init__(self, routes: Sequence[Route], *, host: str = "127.0.0.1") -> None:
        self._routes = list(routes)
        self._host = host
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="listener", daemon=True)
        self._workers = {id(route.inbox): _Worker(route.inbox, self._loop) for route in routes}
        self._servers: list[asyncio.Server] = []
        self._gates = [_Gate(route, self._workers[id(route.inbox)]) for route in routes]

    def start(self) -> int:
        """Begin, and return the first route's port. OSError when a port is taken; nothing is left running then."""
        self._thread.start()
        for worker in self._workers.values():
            worker.start()
        try:
            self._call(self._open())
        except BaseException:
            self.stop()
            raise
        return self.ports[0]

    def stop(self) -> None:
        """Accept nothing more, store and answer what is queued, then hang up."""
        if self._loop.is_closed():
            return
        if not self._thread.is_alive():
            self._loop.close()
            return
        self._call(self._close_servers())
        self._call(self._hang_up())
        for worker in self._workers.values():
            worker.stop()
        self._call(self._see_them_off())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_SECONDS)
        self._loop.close()

    @property
    def ports(self) -> list[int]:
        """The port of each route."""
        return [int(server.sockets[0].getsockname()[1]) for server in self._servers]

    @property
    def peers(self) -> list[str]:
        """Who is connected now."""
        return sorted(one.peer for gate in self._gates for one in list(gate.connections))

    @property
    def counts(self) -> Counter[str]:
        """What was skipped or given up since the start: junk, restarted, given_up."""
        return sum((gate.counts for gate in self._gates), Counter())

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(STOP_SECONDS)

    async def _open(self) -> None:
        for gate in self._gates:
            self._servers.append(
                await self._loop.create_server(gate.connection, self._host, gate.route.port, backlog=128)
            )

    async def _close_servers(self) -> None:
        for server in self._servers:
            server.close()

    async def _hang_up(self) -> None:
        """Read nothing more; what is cut short by this is still handed to the workers."""
        for connection in self._connected():
            connection.close()
        for _ in range(2):  # closing takes two turns of the loop
            await asyncio.sleep(0)

    async def _see_them_off(self) -> None:
        """Wait until the last replies are written; whoever does not read them is cut off."""
        deadline = self._loop.time() + FAREWELL_SECONDS
        while self._connected() and self._loop.time() < deadline:
            await asyncio.sleep(0.01)
        for connection in self._connected():
            connection.abort()

    def _connected(self) -> list[Connection]:
        return [connection for gate in self._gates for connection in gate.connections]


class _Gate:
    """One route's connections."""

    def __init__(self, route: Route, worker: _Worker) -> None:
        self.route = route
        self.connections: set[Connection] = set()
        self.counts: Counter[str] = Counter()
        self._worker = worker
        self._ended = 0

    def connection(self) -> Connection:
        """The protocol object of a new connection."""
        route = self.route
        if route.protocol == ASTM:
            return AstmConnection(self, sequential=route.sequential)
        return MllpConnection(self, max_size=route.max_size, half_frame=route.half_frame_seconds)

    @property
    def is_full(self) -> bool:
        return self._worker.queued_bytes > QUEUED_BYTES

    def joined(self, connection: Connection) -> None:
        self.connections.add(connection)
        self._worker.connections.add(connection)

    def left(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self._worker.connections.discard(connection)
        self._ended += 1
        if self._ended % ENDED_AT_ONCE == 0:
            gc.collect(1)

    def submit(self, connection: Connection, payload: bytes, note: str = "") -> None:
        route = self.route
        arrival = Arrival(payload, connection.peer, route.interface, protocol=route.protocol, note=note)
        self._worker.submit(connection, arrival)

    def count(self, what: str) -> None:
        self.counts[what] += 1


_Job = tuple[Connection, Arrival]


class _Worker:
    """The thread that stores for one laboratory: whatever is queued, in one transaction, then the replies."""

    def __init__(self, inbox: Inbox, loop: asyncio.AbstractEventLoop) -> None:
        self._inbox = inbox
        self._loop = loop
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self.connections: set[Connection] = set()
        self.queued_bytes = 0  # counted on the loop's thread only

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what is queued."""
        self._queue.put(None)
        self._thread.join(STOP_SECONDS)

    def submit(self, connection: Connection, arrival: Arrival) -> None:
        self.queued_bytes += len(arrival.raw)
        self._queue.put((connection, arrival))

    def _run(self) -> None:
        is_open = True
        while is_open:
            jobs, is_open = self._next()
            if jobs:
                self._store(jobs)

    def _next(self) -> tuple[list[_Job], bool]:
        """What is queued, and whether there will be more."""
        found: list[_Job] = []
        job = self._queue.get()
        while job is not None:
            found.append(job)
            if len(found) == AT_ONCE or self._queue.empty():
                return found, True
            job = self._queue.get()
        return found, False

    def _store(self, jobs: list[_Job]) -> None:
        answers: Sequence[Sequence[bytes] | None]
        try:
            answers = self._inbox.answer_many([arrival for _, arrival in jobs])
        except Exception:
            log.exception("%d messages could not be taken", len(jobs))
            answers = [None] * len(jobs)
        self._loop.call_soon_threadsafe(self._deliver, jobs, answers)

    def _deliver(self, jobs: list[_Job], answers: Sequence[Sequence[bytes] | None]) -> None:
        for (connection, arrival), replies in zip(jobs, answers, strict=True):
            self.queued_bytes -= len(arrival.raw)
            connection.answered(replies)
        for connection in list(self.connections):
            connection.balance()
