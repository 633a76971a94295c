"""Signals for live pages: one follower of each laboratory's journal per process, any number of tabs listening.

A signal is a topic and a subject; the page fetches again what it shows. A stream holds no session and no thread, and
ends after a while, so that the browser's next one shows that its person is still signed in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, func, select
from starlette.concurrency import run_in_threadpool

from lis.lab import Lab
from lis.storage import tables as t
from lis.storage.journal import follow

LOOK_EVERY = 0.4  # seconds of wall time between looks at the journal while somebody listens
STREAM_LOOKS = 1500
HEARTBEAT_LOOKS = 40
LONGEST_QUEUE = 200

# First word of a verb → topics of the pages that it concerns.
TOPICS = {
    "specimen": "specimens",
    "receipt": "specimens",
    "collection": "specimens",
    "identity": "specimens",
    "label": "specimens",
    "recollection": "specimens",
    "order": "specimens",
    "test": "specimens",
    "clotting": "specimens",
    "spin": "specimens",
    "condition": "specimens",
    "aliquot": "specimens",
    "volume": "specimens",
    "container": "specimens",
    "work": "specimens",
    "result": "results",
    "rerun": "results",
    "report": "results",
    "control": "qc",
    "message": "messages",
    "observation": "messages",
    "interface": "messages",
    "call": "calls",
    "occurrence": "occurrences",
    "handoff": "occurrences",
    "clock": "clock",
}


@dataclass(frozen=True, slots=True)
class Signal:
    """Something of a topic happened to a subject; `seq` is its place in the journal."""

    seq: int
    topic: str
    subject: str


@dataclass
class _Follower:
    """Reads one laboratory's journal along, while anybody listens."""

    lab: Lab
    listeners: set[asyncio.Queue[Signal]] = field(default_factory=set)
    task: asyncio.Task[None] | None = None
    position: int | None = None

    async def run(self) -> None:
        while self.listeners:
            for signal in await run_in_threadpool(self._look):
                for queue in self.listeners:
                    if queue.full():
                        queue.get_nowait()
                    queue.put_nowait(signal)
            await asyncio.sleep(LOOK_EVERY)
        self.task = self.position = None

    def _look(self) -> list[Signal]:
        """What is new. A journal that became shorter is of a laboratory put back: all is shown anew."""
        with self.lab.database.reading() as connection:
            last = int(connection.execute(_LAST).scalar_one())
            before, self.position = self.position, last
            if before is None or last == before:
                return []
            if last < before:
                return [Signal(last, topic, "") for topic in sorted(set(TOPICS.values()))]
            events = follow(connection, before)
        self.position = events[-1].seq
        return signals(events)


_LAST = select(func.coalesce(func.max(t.journal.c.seq), 0))


def signals(events: Sequence[Row[Any]]) -> list[Signal]:
    """Journal rows as signals, one per topic and subject: many events of one tube are one reason to look again."""
    found: dict[tuple[str, str], Signal] = {}
    for event in events:
        topic = TOPICS.get(event.verb.partition(".")[0])
        if topic:
            subject = event.accession or event.subject
            found[(topic, subject)] = Signal(event.seq, topic, subject)
    return sorted(found.values(), key=lambda signal: signal.seq)


class Feed:
    """All followers of this process."""

    def __init__(self) -> None:
        self._followers: dict[str, _Follower] = {}
        self._closing = False

    def close(self) -> None:
        """Let every stream end at its next look: the server can stop."""
        self._closing = True

    def followed(self) -> list[str]:
        """The laboratories whose journal is being read along: somebody listens, and the place to begin is known."""
        return [slug for slug, one in self._followers.items() if one.position is not None]

    async def stream(self, lab: Lab) -> AsyncIterator[str]:
        """Server-sent events for one tab."""
        queue: asyncio.Queue[Signal] = asyncio.Queue(LONGEST_QUEUE)
        follower = self._follower(lab)
        follower.listeners.add(queue)
        if follower.task is None:
            follower.task = asyncio.create_task(follower.run())
        try:
            yield "retry: 2000\nevent: ready\ndata: \n\n"
            for look in range(STREAM_LOOKS):
                if self._closing:
                    return
                async for text in _waiting(queue):
                    yield text
                if look % HEARTBEAT_LOOKS == HEARTBEAT_LOOKS - 1:
                    yield ": still here\n\n"
        finally:
            follower.listeners.discard(queue)

    def _follower(self, lab: Lab) -> _Follower:
        known = self._followers.get(lab.slug)
        if known is None or known.lab is not lab:
            known = self._followers[lab.slug] = _Follower(lab)
        return known


async def _waiting(queue: asyncio.Queue[Signal]) -> AsyncIterator[str]:
    """What is in the queue, after waiting a little for the first."""
    try:
        first = await asyncio.wait_for(queue.get(), LOOK_EVERY)
    except TimeoutError:
        return
    yield event_text(first)
    while not queue.empty():
        yield event_text(queue.get_nowait())


def event_text(signal: Signal) -> str:
    """One server-sent event."""
    return f"id: {signal.seq}\nevent: {signal.topic}\ndata: {signal.subject}\n\n"
