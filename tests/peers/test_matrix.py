"""Every case in which one of the common libraries was seen to fail, with our listener and our sender: all right.

A bare socket is at the other end, because the libraries cannot be made to send most of these.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

import pytest

from lis.wire.mllp import Framer, Payload, wrap
from tests.interfaces.messages import msa
from tests.interfaces.test_listener import Peer
from tests.labs import SmallLab
from tests.peers.talk import LONG, NOT_ASCII, WAIT, plain, send_work

ONE, TWO = plain("1").encode(), plain("2").encode()
LATIN_1 = plain("1", NOT_ASCII).encode("latin-1")

# What is sent, packet by packet, and the answers it must get.
LISTENER_ROWS: dict[str, tuple[Sequence[bytes], list[tuple[str, str]]]] = {
    "two frames in one packet": ([wrap(ONE) + wrap(TWO)], [("AA", "1"), ("AA", "2")]),
    "two messages on one connection": ([wrap(ONE), wrap(TWO)], [("AA", "1"), ("AA", "2")]),
    "a frame split anywhere": ([wrap(ONE)[:1], wrap(ONE)[1:40], wrap(ONE)[40:-1], b"\r"], [("AA", "1")]),
    "CR LF before the frame": ([b"\r\n" + wrap(ONE)], [("AA", "1")]),
    "a Latin-1 byte": ([wrap(LATIN_1), wrap(TWO)], [("AE", "1"), ("AA", "2")]),
    "70 KB": ([wrap(plain("1", LONG).encode())], [("AA", "1")]),
    "line feeds in the frame": ([wrap(ONE.replace(b"\r", b"\n"))], [("AA", "1")]),
    "a blank segment": ([wrap(ONE.replace(b"\rOBR", b"\r\rOBR"))], [("AA", "1")]),
    "an end without CR": ([wrap(ONE)[:-1]], [("AA", "1")]),
    "an end without CR, then another frame": ([wrap(ONE)[:-1] + wrap(TWO)], [("AA", "1"), ("AA", "2")]),
}


@pytest.fixture
def peer(port: int) -> Iterator[Peer]:
    with closing(Peer(port)) as peer:
        yield peer


@pytest.mark.parametrize("row", LISTENER_ROWS)
def test_the_listener_gives_the_right_number_of_answers(row: str, peer: Peer) -> None:
    packets, expected = LISTENER_ROWS[row]
    for packet in packets:
        peer.send(packet)
    last = wrap(plain("LAST").encode())
    peer.send(last)  # its answer comes next if no answer too many was given, and the connection was kept

    answers = [msa(peer.reply()) for _ in range(len(expected) + 1)]

    assert answers == [*expected, ("AA", "LAST")]


def ack(number: str, code: str = "AA", *, version: str = "2.5.1", kind: str = "ACK^O33^ACK") -> bytes:
    return f"MSH|^~\\&|PEER|PEER|LIS|LAB|20260302||{kind}|1|T|{version}\rMSA|{code}|{number}\r".encode()


Answer = Callable[[socket.socket, str], None]


def whole(*frames: Callable[[str], bytes]) -> Answer:
    """An answer in one packet."""
    return lambda peer, number: peer.sendall(b"".join(frame(number) for frame in frames))


def byte_by_byte(peer: socket.socket, number: str) -> None:
    for byte in wrap(ack(number)):
        peer.sendall(bytes([byte]))


def and_hang_up(peer: socket.socket, number: str) -> None:
    peer.sendall(wrap(ack(number)))
    peer.shutdown(socket.SHUT_RDWR)


REFUSAL = "ERR||OBR^1^4|103^Table value not found^HL70357|E\r"

# How a peer answers, and what becomes of the message.
SENDER_ROWS: dict[str, tuple[Answer, str, str]] = {
    "in fragments": (byte_by_byte, "answered", "AA"),
    "commit, then application": (
        whole(lambda n: wrap(ack(n, "CA")), lambda n: wrap(ack(n))),
        "answered",
        "AA",
    ),
    "commit alone": (whole(lambda n: wrap(ack(n, "CA"))), "answered", "CA"),
    "hanging up after the answer": (and_hang_up, "answered", "AA"),
    "with an error": (whole(lambda n: wrap(ack(n, "AE") + REFUSAL.encode())), "dead", "AE"),
    "without the last CR": (whole(lambda n: wrap(ack(n))[:-1]), "answered", "AA"),
    "without the payload's last CR": (whole(lambda n: wrap(ack(n)[:-1])), "answered", "AA"),
    "as plain ACK of version 2.3": (
        whole(lambda n: wrap(ack(n, version="2.3", kind="ACK"))),
        "answered",
        "AA",
    ),
    "after an answer to something else": (
        whole(lambda n: wrap(ack("OTHER")), lambda n: wrap(ack(n))),
        "answered",
        "AA",
    ),
    "twice": (whole(lambda n: wrap(ack(n)), lambda n: wrap(ack(n))), "answered", "AA"),
    "with line feeds": (whole(lambda n: wrap(ack(n).replace(b"\r", b"\n"))), "answered", "AA"),
    "with a byte order mark": (whole(lambda n: wrap(b"\xef\xbb\xbf" + ack(n))), "answered", "AA"),
    "with a blank segment": (whole(lambda n: wrap(ack(n).replace(b"\rMSA", b"\r\rMSA"))), "answered", "AA"),
    "in Latin-1": (whole(lambda n: wrap(ack(n) + "NTE|1||Größe\r".encode("latin-1"))), "answered", "AA"),
    "after junk": (whole(lambda n: b"\r\n" + wrap(ack(n))), "answered", "AA"),
}


@contextmanager
def answering(answer: Answer, took: list[str]) -> Iterator[int]:
    """A peer that answers each message in its own way; its port."""

    def serve(door: socket.socket) -> None:
        while True:
            try:
                peer, _ = door.accept()
            except OSError:
                return
            with peer:
                talk(peer)

    def talk(peer: socket.socket) -> None:
        framer = Framer()
        try:
            while data := peer.recv(65536):
                for event in framer.feed(data):
                    assert isinstance(event, Payload)
                    took.append(event.data.split(b"|")[9].decode())
                    answer(peer, took[-1])
        except OSError:
            return

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=serve, args=(door,), daemon=True)
        thread.start()
        yield door.getsockname()[1]
        door.shutdown(socket.SHUT_RDWR)
    thread.join(WAIT)


@pytest.mark.parametrize("row", SENDER_ROWS)
def test_the_sender_understands_an_answer(row: str, small: SmallLab) -> None:
    answer, state, code = SENDER_ROWS[row]
    took: list[str] = []
    with answering(answer, took) as port:
        rows = send_work(small, port, tubes=2)

    assert [(one.state, one.answer_code, one.attempts) for one in rows] == [(state, code, 1)] * 2
    assert took == [one.control_id for one in rows]


def one_after_the_other(*codes: str, hangs_up: bool = False) -> Answer:
    """Answers in packets of their own, with an answer to something else between them."""

    def answer(peer: socket.socket, number: str) -> None:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for code in codes:
            peer.sendall(wrap(ack(number, code)))
            peer.sendall(wrap(ack("OTHER", "AE")))
        if hangs_up:
            peer.shutdown(socket.SHUT_RDWR)

    return answer


# The same of a peer that was asked for its application's answer (LAW: MSH-15 NE, MSH-16 AL).
ASKED_ROWS: dict[str, tuple[Answer, str, str]] = {
    "commit, then application": (one_after_the_other("CA", "AA"), "answered", "AA"),
    "commit, then an error of the application": (one_after_the_other("CA", "AE"), "dead", "AE"),
    "commit twice, then application": (one_after_the_other("CA", "CA", "AA"), "answered", "AA"),
    "application alone": (one_after_the_other("AA"), "answered", "AA"),
    "commit, then hanging up": (one_after_the_other("CA", hangs_up=True), "answered", "CA"),
    "commit refused": (one_after_the_other("CE"), "dead", "CE"),
}


@pytest.mark.parametrize("row", ASKED_ROWS)
def test_the_sender_awaits_the_answer_of_an_application_that_it_asked_for(row: str, small: SmallLab) -> None:
    answer, state, code = ASKED_ROWS[row]
    took: list[str] = []
    with answering(answer, took) as port:
        rows = send_work(small, port, tubes=2, profile="ihe-law")

    assert [(one.state, one.answer_code, one.attempts) for one in rows] == [(state, code, 1)] * 2
    assert took == [one.control_id for one in rows]


def test_a_commit_is_the_answer_when_the_application_says_nothing_in_time(small: SmallLab) -> None:
    took: list[str] = []
    with answering(one_after_the_other("CA"), took) as port:
        rows = send_work(small, port, tubes=1, profile="ihe-law", patience=0.2)

    assert [(one.state, one.answer_code, one.attempts) for one in rows] == [("answered", "CA", 1)]


def test_an_answer_without_number_is_taken_where_the_interface_says_so(small: SmallLab) -> None:
    with answering(whole(lambda n: wrap(ack(""))), []) as port:
        rows = send_work(small, port, tubes=2, answers_without_number=True)

    assert [(one.state, one.answer_code) for one in rows] == [("answered", "AA")] * 2
