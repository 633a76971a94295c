"""Servers as one would write them in an afternoon on the libraries that are there: parse, store, acknowledge.

They do a part of the job only: no journal, no matching, no rules. Their numbers are an upper bound of that way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread

from benchmarks.floors import Result, SqliteStore
from benchmarks.load import END
from benchmarks.serving import attend

Parse = Callable[[bytes], tuple[str, list[Result], bytes]]  # control id, observations, acknowledgement
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]
PYTHON_HL7, HL7APY = "python-hl7", "hl7apy"


def with_python_hl7(payload: bytes) -> tuple[str, list[Result], bytes]:
    """Everything by the library `hl7`, its own acknowledgement too."""
    import hl7  # type: ignore[import-untyped]  # noqa: PLC0415 -- only this contestant needs it

    message = hl7.parse(payload.decode())
    rows = [
        (int(str(obx[1])), str(obx[3][0][0]), str(obx[5]), str(obx[6][0][0]))
        for obx in message.segments("OBX")
    ]
    return str(message.segment("MSH")[10]), rows, str(message.create_ack()).encode()


def with_hl7apy(payload: bytes) -> tuple[str, list[Result], bytes]:
    """Everything by hl7apy, as its manual shows it; the acknowledgement as a text."""
    from hl7apy.parser import parse_message  # noqa: PLC0415 -- only this contestant needs it

    message = parse_message(payload.decode(), find_groups=False)
    control = message.msh.msh_10.to_er7()
    rows = [
        (
            int(obx.obx_1.to_er7()),
            obx.obx_3.obx_3_1.to_er7(),
            obx.obx_5.to_er7(),
            obx.obx_6.obx_6_1.to_er7(),
        )
        for obx in message.obx
    ]
    header = "MSH|^~\\&|LIS|LAB|BENCH-1|LAB|20260302060500||ACK|1|T|2.5.1"
    return control, rows, f"{header}\rMSA|AA|{control}\r".encode()


PARSERS: dict[str, Parse] = {PYTHON_HL7: with_python_hl7, HL7APY: with_hl7apy}


def serve(path: Path, door: Connection) -> None:
    """A process that opens one naive server after another: `open` with a library, and whether it stores."""
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, daemon=True).start()
    servers: list[asyncio.Server] = []
    stores: list[SqliteStore] = []

    def open_(library: str, stores_too: bool) -> int:
        if stores_too:
            path.unlink(missing_ok=True)
            stores.append(SqliteStore(path))
        opening = asyncio.start_server(_peer(PARSERS[library], stores[-1:]), "127.0.0.1", 0, limit=1 << 24)
        servers.append(asyncio.run_coroutine_threadsafe(opening, loop).result(30))
        return int(servers[-1].sockets[0].getsockname()[1])

    def close() -> None:
        loop.call_soon_threadsafe(servers.pop().close)
        while stores:
            stores.pop().close()

    attend(door, open=open_, close=close)


def _peer(parse: Parse, stores: list[SqliteStore]) -> Peer:
    """What is done on one connection: each message parsed, stored where there is a store, and acknowledged."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                payload = (await reader.readuntil(END))[1:-2]
                control, rows, reply = parse(payload)
                for store in stores:
                    store.add(control, payload, rows)
                writer.write(b"\x0b" + reply + END)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    return peer
