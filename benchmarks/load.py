"""Peers that send one message, wait for its reply, and send the next: many at once, in one thread."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.common import percentile
from lis.kernel.clock import monotonic

END = b"\x1c\r"
ANSWER_SECONDS = 60.0


@dataclass
class Load:
    """What came of sending."""

    seconds: float = 0.0
    accepted: int = 0
    refused: int = 0
    latencies: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.accepted / self.seconds if self.seconds else 0.0

    def milliseconds(self, part: float) -> float:
        return percentile(self.latencies, part) * 1000


def send(port: int, frames: Sequence[bytes], *, connections: int, seconds: float) -> Load:
    """Send frames over so many stop-and-wait connections until there are none left or the time is up."""
    return asyncio.run(_send(port, frames, connections, seconds))


async def _send(port: int, frames: Sequence[bytes], connections: int, seconds: float) -> Load:
    load = Load()
    waiting = iter(frames)
    peers = [await asyncio.open_connection("127.0.0.1", port, limit=1 << 24) for _ in range(connections)]
    began = monotonic()
    deadline = began + seconds
    await asyncio.gather(*(_peer(reader, writer, waiting, deadline, load) for reader, writer in peers))
    load.seconds = monotonic() - began
    for _, writer in peers:
        writer.close()
    return load


async def _peer(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    waiting: Iterator[bytes],
    deadline: float,
    load: Load,
) -> None:
    for frame in waiting:
        sent_at = monotonic()
        writer.write(frame)
        reply = await asyncio.wait_for(reader.readuntil(END), ANSWER_SECONDS)
        now = monotonic()
        load.latencies.append(now - sent_at)
        if b"\rMSA|AA|" in reply or b"\rMSA|CA|" in reply:
            load.accepted += 1
        else:
            load.refused += 1
        if now > deadline:
            return
