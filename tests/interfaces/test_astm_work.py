"""Work handed to an ASTM analyzer that is called up: an analyzer of sockets takes it, refuses it, or wants to talk."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Row, select

from lis.interfaces import copying
from lis.interfaces.sender import Sender
from lis.kernel.clock import monotonic
from lis.services import cancelling
from lis.storage import tables as t
from lis.wire.astm import Link, NeedCommit, Records, Send
from lis.wire.astm_frames import ENQ, EOT, NAK
from tests.labs import SmallLab

PATIENCE = 20
Serve = Callable[[socket.socket, list[str]], None]


def takes(connection: socket.socket, got: list[str]) -> None:
    """The instrument's side: every message is taken."""
    link = Link(host=False)
    while data := connection.recv(4096):
        events = link.feed(data, monotonic())
        while events:
            event = events.pop(0)
            if isinstance(event, Send):
                connection.sendall(event.data)
            elif isinstance(event, NeedCommit):
                got.append(event.message.decode())
                events += link.commit_done(True, monotonic())


def refuses(connection: socket.socket, got: list[str]) -> None:
    """ENQ is taken, every frame is not."""
    while data := connection.recv(4096):
        got.append(data.decode("latin-1"))
        connection.sendall(b"\x06" if data == ENQ else b"" if data == EOT else NAK)


def hangs_up(connection: socket.socket, got: list[str]) -> None:
    got.append(connection.recv(4096).decode("latin-1"))


@contextmanager
def analyzer(small: SmallLab, serve: Serve, calls: int = 1) -> Iterator[list[str]]:
    """An analyzer that waits to be called up, and what it got."""
    got: list[str] = []
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(PATIENCE)

    def run() -> None:
        for _ in range(calls):
            connection, _ = listening.accept()
            with connection:
                serve(connection, got)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    with small.work("lis_admin") as work:
        port = int(listening.getsockname()[1])
        work.interfaces.change("CHEM-1", profile="generic-astm", host="127.0.0.1", port=port)
        work.interfaces.change("PRINTER-1", enabled=False)
    yield got
    thread.join(PATIENCE)
    listening.close()


def tube(small: SmallLab) -> str:
    container = small.order("LYTES").container_ids[0]
    small.receive(container)
    return container


def work_rows(small: SmallLab) -> Sequence[Row[Any]]:
    query = select(t.outbox).where(t.outbox.c.peer == "CHEM-1").order_by(t.outbox.c.id)
    with small.lab.reading() as reading:
        return reading.connection.execute(query).all()


def test_work_is_handed_over_as_records_and_its_end_too(small: SmallLab) -> None:
    container = tube(small)

    with analyzer(small, takes, calls=2) as got:
        Sender(small.lab).step()
        with small.work() as work:
            cancelling.cancel_order(work, container[:9], reason="not wanted")
        Sender(small.lab).step()

    messages = [Records.parse(text) for text in got]
    orders = [record for message in messages for record in message.all("O")]
    assert [(order[3], order[12], order[26]) for order in orders] == [
        (container, "N", "O"),
        (container, "C", "O"),
    ]
    codes = [order.value(5, 4, rep=place) for order in orders for place in range(4)]
    assert codes == ["101", "102", "103", "104"] * 2
    assert [message.header[3] for message in messages] == [row.control_id for row in work_rows(small)]
    assert messages[0].all("P")[0].value(6, 1) == "Archer"
    assert [row.state for row in work_rows(small)] == ["sent", "sent"]


@pytest.mark.parametrize(
    ("serve", "words"), [(refuses, "did not take the message: refused"), (hangs_up, "hung up in the middle")]
)
def test_what_an_analyzer_does_not_take_is_tried_again_later(
    small: SmallLab, serve: Serve, words: str
) -> None:
    tube(small)

    with analyzer(small, serve):
        Sender(small.lab).step()

    [row] = work_rows(small)
    assert (row.state, row.attempts) == ("queued", 1)
    assert words in row.last_error


def test_an_edited_copy_goes_out_as_records_under_a_number_of_its_own(small: SmallLab) -> None:
    tube(small)

    with analyzer(small, takes, calls=2) as got:
        Sender(small.lab).step()
        with small.work("lis_admin") as work:
            text = got[0].replace("Archer", "Archer-Smith")
            key = copying.make_outbound(work, work_rows(small)[0].id, text, reason="to see it on the screen")
        Sender(small.lab).step()

    copy = Records.parse(got[1])
    assert (copy.header[3], copy.all("P")[0].value(6, 1)) == (f"OUT{key:09d}", "Archer-Smith")
    assert [row.state for row in work_rows(small)] == ["sent", "sent"]
