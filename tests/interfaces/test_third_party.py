"""Peers that other people wrote, on loopback: the `hl7` package as client and as server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import hl7
import pytest
from hl7.client import MLLPClient
from hl7.mllp import start_hl7_server
from sqlalchemy import select

from lis.interfaces.inbox import Inbox
from lis.interfaces.listener import Listener, Route
from lis.interfaces.sender import Sender
from lis.storage import tables as t
from tests.interfaces.messages import msa, order, results
from tests.labs import SmallLab

PATIENCE = 20


def test_its_client_gets_an_answer_to_every_message_on_one_connection(small: SmallLab, inbox: Inbox) -> None:
    listener = Listener([Route(inbox)])
    port = listener.start()

    with MLLPClient("127.0.0.1", port) as client:
        first = client.send_message(order("LYTES"))
        second = client.send_message(hl7.parse(results("1", "101|1|mmol/L", control="2")))
    listener.stop()

    assert [msa(reply.strip(b"\x0b\x1c\r")) for reply in (first, second)] == [("AA", "1"), ("AA", "2")]


class Server:
    """Its server in a thread of its own; it answers with its own create_ack."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        starting = start_hl7_server(self._serve, host="127.0.0.1", port=0, encoding="utf-8")
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(PATIENCE)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _serve(self, reader: hl7.mllp.HL7StreamReader, writer: hl7.mllp.HL7StreamWriter) -> None:
        try:
            while True:
                message = await reader.readmessage()
                self.got.append(str(message.segment("MSH")[9]))
                writer.writemessage(message.create_ack())
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def test_its_server_answers_our_work(small: SmallLab, server: Server) -> None:
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", port=server.port)
        work.interfaces.change("PRINTER-1", enabled=False)
    for number in ("H0001", "H0002"):
        placed = small.order("RENAL", numbers=[number])
        small.receive(placed.container_ids[0])
    sender = Sender(small.lab)

    sender.step()
    sender.stop()

    assert server.got == ["OML^O33^OML_O33"] * 2
    with small.lab.reading() as reading:
        rows = reading.connection.execute(select(t.outbox).where(t.outbox.c.peer == "CHEM-1")).all()
    assert [(row.state, row.answer_code) for row in rows] == [("answered", "AA")] * 2
