"""An ASTM link over TCP: frames acknowledged, the last one only when it is stored, a query answered on the line."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import select

from lis.interfaces.inbox import ASTM, Inbox
from lis.interfaces.listener import Listener, Route
from lis.kernel.clock import monotonic
from lis.storage import tables as t
from lis.wire.astm import Delivered, Event, Link, NeedCommit, Send
from tests.interfaces.messages import records
from tests.labs import SmallLab

PATIENCE = 20


class Analyzer:
    """The instrument's side of a link."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._link = Link(host=False)
        self.received: list[str] = []

    def send(self, message: str) -> None:
        """Send one message and wait until its last frame is acknowledged."""
        self._until(self._link.send(message.encode(), monotonic()), Delivered)

    def answer(self) -> str:
        """Wait for a message from the host."""
        self._until([], NeedCommit)
        return self.received.pop()

    def _until(self, events: list[Event], kind: type) -> None:
        while not self._act(events, kind):
            data = self._socket.recv(4096)
            assert data, "the host hung up"
            events = self._link.feed(data, monotonic())

    def _act(self, events: list[Event], kind: type) -> bool:
        seen = False
        for event in events:
            seen = seen or isinstance(event, kind)
            if isinstance(event, Send):
                self._socket.sendall(event.data)
            elif isinstance(event, NeedCommit):
                self.received.append(event.message.decode())
                self._act(self._link.commit_done(True, monotonic()), kind)
        return seen

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def analyzer(small: SmallLab) -> Iterator[Analyzer]:
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", profile="generic-astm")
    listener = Listener([Route(Inbox(small.lab), protocol=ASTM)])
    with closing(Analyzer(listener.start())) as analyzer:
        yield analyzer
    listener.stop()


def kept(small: SmallLab) -> list[tuple[str, str]]:
    o = t.observation.c
    with small.lab.reading() as reading:
        return [tuple(row) for row in reading.connection.execute(select(o.code_sent, o.state).order_by(o.id))]


def test_results_are_stored_before_the_last_frame_is_acknowledged(
    small: SmallLab, analyzer: Analyzer
) -> None:
    container = small.order("LYTES").container_ids[0]
    small.receive(container)

    analyzer.send(records(container, "101|141|mmol/L", "102|4.2|mmol/L"))

    assert kept(small) == [("101", "filed"), ("102", "filed")]
    analyzer.send(records(container, "103|104|mmol/L", number="A2"))
    assert len(kept(small)) == 3


def test_a_query_is_answered_on_the_same_line(small: SmallLab, analyzer: Analyzer) -> None:
    container = small.order("LYTES").container_ids[0]
    small.receive(container)

    analyzer.send(f"H|\\^&|||CHEM-1|||||LIS||P\rQ|1|^{container}||ALL||||||||O\rL|1|N\r")

    assert f"O|1|{container}||^^^101\\^^^102" in analyzer.answer()


def test_a_message_that_is_cut_off_is_kept_and_held(small: SmallLab) -> None:
    listener = Listener([Route(Inbox(small.lab), protocol=ASTM)])
    with closing(Analyzer(listener.start())) as analyzer:
        analyzer.send(records("1", "101|1|mmol/L").replace("L|1|N\r", ""))
    listener.stop()

    with small.lab.reading() as reading:
        rows = reading.connection.execute(select(t.inbound)).all()
    assert [(row.state, row.reason) for row in rows] == [("held", "message.incomplete")]
