"""The same bytes over a function call and over TCP, both ways."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from lis.wire.mllp import Framer, Payload, wrap
from simulators.link import TcpLink, WorldServer
from simulators.world import World
from tests.world.fake_lis import START, FakeLis, ack_of, core, label, new_world, work_for


class _Handler(socketserver.BaseRequestHandler):
    """Answers every frame; hangs up after so many when the server says so."""

    def handle(self) -> None:
        framer, answered = Framer(), 0
        while data := self.request.recv(65536):
            for event in framer.feed(data):
                if isinstance(event, Payload):
                    self.request.sendall(wrap(self.server.answer(event.data)))  # type: ignore[attr-defined]
                    answered += 1
                    if answered == self.server.patience:  # type: ignore[attr-defined]
                        return


@contextmanager
def lis_on_a_port(lis: FakeLis, patience: int = 0) -> Iterator[int]:
    """The fake laboratory behind a socket; who speaks is read from MSH-3."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.answer = lambda message: lis.take(message.split(b"|")[2].decode(), message)  # type: ignore[attr-defined]
        server.patience = patience  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_a_world_sends_the_same_bytes_over_tcp_and_loopback() -> None:
    near, far = FakeLis(), FakeLis()
    here = new_world(near)
    here.step(START + timedelta(hours=3))
    with lis_on_a_port(far) as port:
        link = TcpLink("127.0.0.1", port)
        there = World(core(), 7, START, dict.fromkeys(near.links(), link))
        there.step(START + timedelta(hours=3))
        link.close()
    assert far.received == near.received
    assert there.ledger.digest == here.ledger.digest
    assert there.inputs == here.inputs


def test_a_connection_the_peer_closed_is_opened_anew() -> None:
    lis = FakeLis()
    with lis_on_a_port(lis, patience=1) as port:
        link = TcpLink("127.0.0.1", port)
        messages = [b"MSH|^~\\&|A|||||||%d" % number for number in range(3)]
        answers = [link.exchange(message) for message in messages]
        link.close()
    assert answers == [ack_of(message) for message in messages]
    assert [message for _, message in lis.received] == messages


def test_a_peer_that_is_not_there_gives_no_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert TcpLink("127.0.0.1", taken.getsockname()[1]).exchange(b"MSH|^~\\&|A") is None


@contextmanager
def served(world: World) -> Iterator[WorldServer]:
    """The world's own ports, on free numbers."""
    server = WorldServer(world, {"CHEM-1": 0, "HIS": 0}, {"PRINTER-1": 0})
    server.start()
    yield server
    server.close()


def test_messages_reach_analyzers_over_tcp_as_over_a_call() -> None:
    near, far = new_world(), new_world()
    work = work_for("263310001015", "101", "no such code")
    answer = near.receive("CHEM-1", work)
    with served(far) as server:
        link = TcpLink("127.0.0.1", server.ports["CHEM-1"])
        assert link.exchange(work) == answer
        link.close()
    assert far.inputs == near.inputs
    assert b"ORC|OK|263310001015-101" in answer
    assert b"ORC|UA|263310001015-no such code" in answer


def test_a_printer_takes_labels_in_pieces_and_answers_nothing() -> None:
    world = new_world()
    zpl = label("263310001015") + b"\n" + label("263310002011")
    with (
        served(world) as server,
        socket.create_connection(("127.0.0.1", server.ports["PRINTER-1"])) as sender,
    ):
        for start in range(0, len(zpl), 50):
            sender.sendall(zpl[start : start + 50])
        sender.shutdown(socket.SHUT_WR)
        assert sender.recv(10) == b""
    assert [item.barcode for item in world.printed_labels()] == ["263310001015", "263310002011"]
