"""python-hl7: its command, its blocking client, its asyncio client and server."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hl7
import pytest
from hl7.client import MLLPClient
from hl7.mllp import open_hl7_connection, start_hl7_server

from lis.wire.mllp import wrap
from tests.interfaces.messages import msa
from tests.labs import SmallLab
from tests.peers.talk import ANSWERS, CONVERSATION, WAIT, plain, said, send_work, stored

MLLP_SEND = [sys.executable, "-c", "from hl7.client import mllp_send; mllp_send()"]


@pytest.mark.parametrize(("options", "suffix"), [([], "bin"), (["--loose"], "hl7")])
def test_mllp_send_gets_an_answer_to_each_message(
    options: list[str], suffix: str, small: SmallLab, port: int, tmp_path: Path
) -> None:
    """Framed as it is to be sent, or loose with line feeds, which it sends on as they are."""
    texts = [plain("S1"), plain("S2")]
    file = tmp_path / f"messages.{suffix}"
    framed = b"".join(wrap(text.encode()) for text in texts)
    file.write_bytes("".join(texts).replace("\r", "\n").encode() if options else framed)

    run = subprocess.run(
        [*MLLP_SEND, "-p", str(port), "-f", str(file), *options, "127.0.0.1"],
        capture_output=True,
        timeout=3 * WAIT,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, b"")
    answers = [part.split(b"\x1c")[0] for part in run.stdout.split(b"\x0b")[1:]]
    assert [msa(answer) for answer in answers] == [("AA", "S1"), ("AA", "S2")]
    assert [number for number, _ in stored(small)] == ["S1", "S2"]


def test_the_blocking_client_gets_every_answer(small: SmallLab, port: int) -> None:
    with MLLPClient("127.0.0.1", port) as client:
        client.socket.settimeout(WAIT)
        answers = [client.send_message(text.rstrip("\r")) for text in CONVERSATION]

    assert [list(msa(answer.strip(b"\x0b\x1c\r"))) for answer in answers] == ANSWERS
    assert stored(small) == said()


def test_the_asyncio_client_gets_every_answer(small: SmallLab, port: int) -> None:
    async def talk() -> list[list[str]]:
        reader, writer = await open_hl7_connection("127.0.0.1", port, encoding="utf-8")
        answers = []
        for text in CONVERSATION:
            writer.writemessage(hl7.parse(text))
            await writer.drain()
            answer = await asyncio.wait_for(reader.readmessage(), WAIT)
            answers.append([str(answer.segment("MSA")[1]), str(answer.segment("MSA")[2])])
        writer.close()
        return answers

    assert asyncio.run(talk()) == ANSWERS
    assert stored(small) == said()


@contextmanager
def serving(took: list[str], code: str = "AA") -> Iterator[int]:
    """python-hl7's server in a thread; its port."""
    loop = asyncio.new_event_loop()

    async def answer(reader: hl7.mllp.HL7StreamReader, writer: hl7.mllp.HL7StreamWriter) -> None:
        while not reader.at_eof():
            try:
                message = await reader.readmessage()
            except asyncio.IncompleteReadError:
                break
            took.append(str(message.segment("MSH")[10]))
            writer.writemessage(message.create_ack(code, application="PEER", facility="PEER"))
            await writer.drain()
        writer.close()

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    start = start_hl7_server(answer, "127.0.0.1", 0, encoding="utf-8")
    server = asyncio.run_coroutine_threadsafe(start, loop).result(WAIT)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(WAIT)
        loop.close()


@pytest.mark.parametrize(("code", "state"), [("AA", "answered"), ("AE", "dead")])
def test_its_server_takes_every_message_once(small: SmallLab, code: str, state: str) -> None:
    took: list[str] = []
    with serving(took, code) as port:
        rows = send_work(small, port)

    assert [(row.state, row.answer_code, row.attempts) for row in rows] == [(state, code, 1)] * 3
    assert took == [row.control_id for row in rows]
