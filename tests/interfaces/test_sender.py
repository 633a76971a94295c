"""What goes out: composed once, sent in order, retried as the same bytes, answered or given up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select

from lis.interfaces.sender import Sender
from lis.kernel.clock import FixedClock
from lis.services import resending
from lis.storage import tables as t
from lis.storage.database import StorageFailed
from lis.wire.mllp import Framer, Payload, wrap
from tests.labs import SmallLab
from tests.storage.failing import unreadable

PATIENCE = 20


class Peers:
    """Peers of the laboratory without sockets: what they got, and how they answer."""

    def __init__(self, code: str = "AA", body: str = "") -> None:
        self.got: list[tuple[str, str, bytes]] = []
        self.code, self.body = code, body

    def __call__(self, interface: Row[Any], kind: str, body: bytes) -> bytes | None:
        self.got.append((interface.code, kind, body))
        return b"" if kind == "label" else ack(body, self.code, self.body)

    def texts(self, kind: str) -> list[str]:
        return [body.decode() for _, one, body in self.got if one == kind]


def number_of(body: bytes) -> str:
    return body.decode().split("|")[9]


def ack(body: bytes, code: str = "AA", more: str = "") -> bytes:
    return f"MSH|^~\\&|X|Y|LIS|LAB|20260302||ACK|77|T|2.3\rMSA|{code}|{number_of(body)}{more}".encode()


def outgoing(small: SmallLab) -> Sequence[Row[Any]]:
    with small.lab.reading() as reading:
        return reading.connection.execute(select(t.outbox).order_by(t.outbox.c.id)).all()


def queue_work(small: SmallLab, *codes: str) -> str:
    """A labelled tube, so that a label and analyzer work are in the outbox."""
    placed = small.order(*(codes or ("LYTES",)))
    small.receive(placed.container_ids[0])
    return placed.container_ids[0]


def work_state(small: SmallLab) -> dict[str, str]:
    with small.lab.reading() as reading:
        rows = reading.connection.execute(select(t.analyzer_work)).all()
    return {row.test: row.state for row in rows}


def wall(small: SmallLab) -> FixedClock:
    assert isinstance(small.lab.wall, FixedClock)
    return small.lab.wall


def test_work_and_labels_go_to_their_peers(small: SmallLab) -> None:
    container = queue_work(small)
    peers = Peers()

    Sender(small.lab, peers).step()

    assert [(code, kind) for code, kind, _ in peers.got] == [
        ("PRINTER-1", "label"),
        ("CHEM-1", "analyzer_work"),
    ]
    [zpl] = peers.texts("label")
    assert zpl.startswith("^XA")
    assert container in zpl
    [oml] = peers.texts("analyzer_work")
    assert f"\rSAC|||{container}\r" in oml
    assert [line.split("|")[4] for line in oml.split("\r") if line.startswith("OBR")][:2] == [
        "101^Sodium^99CHEM-1",
        "102^Potassium^99CHEM-1",
    ]
    assert [row.state for row in outgoing(small)] == ["sent", "answered"]


def test_an_answer_says_what_the_analyzer_takes_on(small: SmallLab) -> None:
    queue_work(small)

    def answer(interface: Row[Any], kind: str, body: bytes) -> bytes:
        if kind == "label":
            return b""
        orcs = [line.split("|")[2] for line in body.decode().split("\r") if line.startswith("ORC")]
        said = {orcs[1]: "UA", orcs[2]: "CR"}
        lines = "".join(f"\rORC|{said.get(number, 'OK')}|{number}" for number in orcs)
        return ack(body, "AA", lines)

    Sender(small.lab, answer).step()

    states = work_state(small)
    assert (states["NA"], states["K"], states["CL"]) == ("accepted", "unable", "cancelled")


def test_a_refused_row_is_given_up_and_the_next_goes_on(small: SmallLab) -> None:
    queue_work(small)
    second = small.order("COAGS", numbers=["H0008"])
    small.receive(second.container_ids[0])

    Sender(small.lab, Peers("AE")).step()

    assert [(row.kind, row.state, row.answer_code) for row in outgoing(small)] == [
        ("label", "sent", ""),
        ("analyzer_work", "dead", "AE"),
        ("label", "sent", ""),
        ("analyzer_work", "dead", "AE"),
    ]
    assert set(work_state(small).values()) == {"unable"}
    assert [verb for verb in small.journal() if verb == "message.given_up"] == ["message.given_up"] * 2


def test_retries_are_the_same_bytes_later_and_later_until_given_up(small: SmallLab) -> None:
    queue_work(small)
    peers = Peers("AR")
    sender = Sender(small.lab, peers, attempts=3)
    sender.step()
    sender.step()
    assert len(peers.texts("analyzer_work")) == 1
    small.clock.advance(timedelta(hours=1))  # lab time does not matter
    sender.step()
    assert len(peers.texts("analyzer_work")) == 1

    for seconds in (1, 2):
        wall(small).advance(timedelta(seconds=seconds))
        sender.step()

    sent = peers.texts("analyzer_work")
    assert len(sent) == 3
    assert len(set(sent)) == 1
    assert [row.state for row in outgoing(small)] == ["sent", "dead"]


def test_a_later_row_waits_behind_one_that_fails(small: SmallLab) -> None:
    for tube in ("H0001", "H0002"):
        placed = small.order("RENAL", numbers=[tube])
        small.receive(placed.container_ids[0])
    peers = Peers("AR")

    Sender(small.lab, peers).step()

    assert len(peers.texts("analyzer_work")) == 1
    assert [row.attempts for row in outgoing(small) if row.kind == "analyzer_work"] == [1, 0]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"garbage",
        b"MSH|^~\\&|||||||ACK|1|T|2.5\rMSA|AA|OTHER\r",
        b"MSH|^~\\&|||||||ACK|1|T|2.5\rMSA|AA\r",
    ],
)
def test_an_answer_to_something_else_is_no_answer(small: SmallLab, answer: bytes | None) -> None:
    queue_work(small)

    Sender(small.lab, lambda interface, kind, body: answer).step()

    assert [row.state for row in outgoing(small)] == ["sent", "queued"]


def test_an_answer_without_number_is_taken_where_the_settings_say_so(small: SmallLab) -> None:
    queue_work(small)
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", settings={"answers_without_number": True})

    Sender(small.lab, lambda interface, kind, body: b"MSH|^~\\&|||||||ACK\rMSA|AA").step()

    assert [row.state for row in outgoing(small)] == ["sent", "answered"]


def test_a_stopped_interface_keeps_its_rows(small: SmallLab) -> None:
    queue_work(small)
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", enabled=False)
    peers = Peers()
    sender = Sender(small.lab, peers)

    sender.step()

    assert [code for code, _, _ in peers.got] == ["PRINTER-1"]
    assert [row.state for row in outgoing(small)] == ["sent", "queued"]


def test_an_interface_without_address_is_not_tried(small: SmallLab) -> None:
    queue_work(small)
    with small.work("lis_admin") as work:
        work.interfaces.change("PRINTER-1", port=None)

    Sender(small.lab).step()

    assert [(row.state, row.attempts) for row in outgoing(small)] == [("queued", 0), ("queued", 0)]


def test_what_cannot_be_composed_is_given_up_and_told(small: SmallLab) -> None:
    with small.by_wire() as work:
        work.outbox.add("no_such_kind", "HIS")
        work.outbox.add("result_report", "HIS", accession="nowhere", order=1, versions=[1])

    Sender(small.lab, Peers()).step()

    assert [row.state for row in outgoing(small)] == ["dead", "dead"]
    assert "There is no accession nowhere" in outgoing(small)[1].last_error


def test_a_row_is_not_given_up_because_the_storage_failed_under_it(small: SmallLab) -> None:
    queue_work(small)
    peers = Peers()
    before = outgoing(small)[1]
    with unreadable("patient"), pytest.raises(StorageFailed):
        Sender(small.lab, peers).step()
    assert outgoing(small)[1] == before

    Sender(small.lab, peers).step()

    assert [row.state for row in outgoing(small)] == ["sent", "answered"]
    assert "message.given_up" not in small.journal()


def test_started_it_tries_again_what_the_storage_kept_from_it(small: SmallLab) -> None:
    failed, done = threading.Event(), threading.Event()
    sent: set[str] = set()

    def exchange(interface: Row[Any], kind: str, body: bytes) -> bytes:
        sent.add(kind)
        if sent == {"label", "analyzer_work"}:
            done.set()
        return ack(body) if kind != "label" else b""

    queue_work(small)
    sender = Sender(small.lab, exchange)
    with unreadable("patient", failed):
        sender.start()
        assert failed.wait(PATIENCE)

    assert done.wait(PATIENCE)
    sender.stop()
    assert [row.state for row in outgoing(small)] == ["sent", "answered"]


def test_waits_grow_and_stay_below_the_longest(small: SmallLab) -> None:
    queue_work(small)
    sender = Sender(small.lab, Peers("AR"))
    waits = []
    for _ in range(9):
        sender.step()
        row = outgoing(small)[1]
        waits.append((row.next_try_at - wall(small).now()).total_seconds())
        wall(small).advance(timedelta(seconds=waits[-1]))

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    sender.step()
    assert (outgoing(small)[1].state, outgoing(small)[1].attempts) == ("dead", 10)
    assert outgoing(small)[1].last_error == "answered AR"


def test_what_was_given_up_and_is_sent_again_is_the_same_bytes(small: SmallLab) -> None:
    queue_work(small)
    Sender(small.lab, Peers("AE")).step()
    given_up = outgoing(small)[1]
    with small.work("lis_admin") as work:
        resending.resend_message(work, given_up.id, reason="The analyzer was taught the code")
    peers = Peers()

    Sender(small.lab, peers).step()

    assert [body for _, _, body in peers.got] == [given_up.body]
    row = outgoing(small)[1]
    assert (row.state, row.answer_code, row.attempts) == ("answered", "AA", 1)


def test_two_senders_never_send_a_row_at_once(small: SmallLab) -> None:
    queue_work(small)
    entered, leave = threading.Event(), threading.Event()
    seen: list[str] = []

    def slow(interface: Row[Any], kind: str, body: bytes) -> bytes:
        seen.append(kind)
        if kind == "analyzer_work":
            entered.set()
            leave.wait(PATIENCE)
        return ack(body) if kind != "label" else b""

    first = threading.Thread(target=Sender(small.lab, slow).step)
    first.start()
    assert entered.wait(PATIENCE)

    Sender(small.lab, slow).step()
    leave.set()
    first.join(PATIENCE)

    assert seen == ["label", "analyzer_work"]
    assert [row.state for row in outgoing(small)] == ["sent", "answered"]


def test_a_row_claimed_by_a_sender_that_died_is_sent_again(small: SmallLab) -> None:
    queue_work(small)

    def dies(interface: Row[Any], kind: str, body: bytes) -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Sender(small.lab, dies).step()
    peers = Peers()
    Sender(small.lab, peers).step()
    assert [kind for _, kind, _ in peers.got] == ["analyzer_work"]

    wall(small).advance(timedelta(minutes=3))
    Sender(small.lab, peers).step()

    assert [row.state for row in outgoing(small)] == ["sent", "answered"]


@contextmanager
def server(*replies: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that reads frames and writes what it was given, `{number}` being the message's."""
    got: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(PATIENCE)

    def serve() -> None:
        rest = list(replies)
        while rest:
            connection, _ = listening.accept()
            with connection:
                framer, reply = Framer(), b""
                while rest and reply != b"hang up" and (data := connection.recv(65536)):
                    for event in framer.feed(data):
                        if isinstance(event, Payload):
                            got.append(event.data)
                            reply = rest.pop(0).replace(b"{number}", number_of(event.data).encode())
                            connection.sendall(b"" if reply == b"hang up" else reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield int(listening.getsockname()[1]), got
    thread.join(PATIENCE)
    listening.close()


def to_port(small: SmallLab, port: int) -> None:
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", port=port)
        work.interfaces.change("PRINTER-1", enabled=False)


def test_over_tcp_stale_answers_are_left_and_a_fragmented_one_is_joined(small: SmallLab) -> None:
    queue_work(small)
    good = wrap(b"MSH|^~\\&|||||||ACK|ACK|T|2.3\rMSA|AA|{number}")
    stale = wrap(b"MSH|^~\\&|||||||ACK|ACK|T|2.3\rMSA|AA|OUT000000000\r")
    with server(b"noise" + stale + good) as (port, got):
        to_port(small, port)

        Sender(small.lab).step()

        assert len(got) == 1
    assert [row.state for row in outgoing(small)] == ["queued", "answered"]


def test_over_tcp_a_peer_that_hangs_up_gets_the_same_bytes_on_a_new_connection(small: SmallLab) -> None:
    queue_work(small)
    second = small.order("RENAL", numbers=["H0008"])
    small.receive(second.container_ids[0])
    good = wrap(b"MSH|^~\\&|||||||ACK|ACK|T|2.3\rMSA|AA|{number}")
    with server(good, b"hang up", good) as (port, got):
        to_port(small, port)

        Sender(small.lab).step()

        assert got[1] == got[2]
    work = [row.state for row in outgoing(small) if row.kind == "analyzer_work"]
    assert work == ["answered", "answered"]


def test_nobody_listening_is_a_failure_with_words(small: SmallLab) -> None:
    queue_work(small)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    to_port(small, port)

    Sender(small.lab).step()

    row = outgoing(small)[1]
    assert (row.state, row.attempts) == ("queued", 1)
    assert "refused" in row.last_error


def test_started_it_sends_what_is_queued(small: SmallLab) -> None:
    done = threading.Event()

    def exchange(interface: Row[Any], kind: str, body: bytes) -> bytes:
        if kind == "analyzer_work":
            done.set()
        return ack(body) if kind != "label" else b""

    sender = Sender(small.lab, exchange)
    sender.start()
    queue_work(small)

    assert done.wait(PATIENCE)
    sender.stop()
    assert [row.state for row in outgoing(small)] == ["sent", "answered"]
