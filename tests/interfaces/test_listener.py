"""The listener on real sockets: frames split and joined, order, time-outs, a clean end."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import func, select

from lis.interfaces.inbox import Arrival, Inbox
from lis.interfaces.listener import ENDED_AT_ONCE, Listener, Route
from lis.storage import tables as t
from lis.wire.mllp import Framer, Payload, wrap
from tests.interfaces.messages import joined, msa, msh, results
from tests.labs import SmallLab

PATIENCE = 20


class Peer:
    """A client that reads frames; every read has a time-out."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._framer = Framer()
        self._read: list[bytes] = []

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def reply(self) -> bytes:
        while not self._read:
            data = self._socket.recv(65536)
            assert data, "hung up without a reply"
            self._read += [event.data for event in self._framer.feed(data) if isinstance(event, Payload)]
        return self._read.pop(0)

    def says_no_more(self) -> None:
        """Half of the connection is closed: this side only reads from now on."""
        self._socket.shutdown(socket.SHUT_WR)

    def is_closed(self) -> bool:
        """Waits until the other side hangs up."""
        return self._socket.recv(1) == b""

    def close(self) -> None:
        self._socket.close()


def query(number: object) -> bytes:
    """A small message that is answered without filing anything."""
    return joined(msh("QBP^Q11^QBP_Q11", str(number), "CHEM-1"), "QPD|WOS|1|000000000000", "RCP|I").encode()


@pytest.fixture
def listener(inbox: Inbox) -> Iterator[Listener]:
    listener = Listener([Route(inbox)])
    listener.start()
    yield listener
    listener.stop()


@pytest.fixture
def peer(listener: Listener) -> Iterator[Peer]:
    with closing(Peer(listener.ports[0])) as peer:
        yield peer


def stored(small: SmallLab) -> int:
    with small.lab.reading() as reading:
        return int(reading.connection.execute(select(func.count()).select_from(t.inbound)).scalar_one())


def test_several_frames_in_one_packet_are_answered_in_order(peer: Peer) -> None:
    peer.send(b"".join(wrap(query(number)) for number in range(5)))

    assert [msa(peer.reply()) for _ in range(5)] == [("AA", str(number)) for number in range(5)]


def test_a_frame_in_many_packets_is_one_message(peer: Peer, small: SmallLab) -> None:
    framed = wrap(query(1))
    for start in range(0, len(framed), 7):
        peer.send(framed[start : start + 7])

    assert msa(peer.reply()) == ("AA", "1")
    assert stored(small) == 1


def test_junk_and_a_missing_last_cr_do_not_matter(peer: Peer, listener: Listener) -> None:
    peer.send(b"\r\nnoise" + wrap(query(1))[:-1])
    assert msa(peer.reply()) == ("AA", "1")

    peer.send(b"\x0b half" + wrap(query(2)))
    assert msa(peer.reply()) == ("AA", "2")
    assert dict(listener.counts) == {"junk": 1, "restarted": 1}


def test_a_sender_that_only_listens_when_it_has_spoken_gets_its_answers(peer: Peer) -> None:
    peer.send(wrap(query(1)) + wrap(query(2)))
    peer.says_no_more()

    assert [msa(peer.reply())[1] for _ in range(2)] == ["1", "2"]
    assert peer.is_closed()


def test_an_undecodable_message_leaves_the_connection_usable(peer: Peer) -> None:
    raw = results("1", "101|1|mmol/L", pid="PID|||M1||M\xfcller").encode("latin-1")

    peer.send(wrap(raw) + wrap(query(2)))

    assert [msa(peer.reply()) for _ in range(2)] == [("AE", "1"), ("AA", "2")]


def test_many_connections_each_get_their_own_replies(listener: Listener, small: SmallLab) -> None:
    answers: dict[int, list[str]] = {}

    def talk(number: int) -> None:
        with closing(Peer(listener.ports[0])) as one:
            for turn in range(3):
                one.send(wrap(query(f"{number}-{turn}")))
                answers.setdefault(number, []).append(msa(one.reply())[1])

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert answers == {number: [f"{number}-{turn}" for turn in range(3)] for number in range(6)}
    assert stored(small) == 18


def test_a_sender_that_reads_nothing_is_answered_in_the_end(peer: Peer) -> None:
    count = 100  # more than a connection may have waiting

    peer.send(b"".join(wrap(query(number)) for number in range(count)))

    assert [msa(peer.reply())[1] for _ in range(count)] == [str(number) for number in range(count)]


def test_a_frame_beyond_the_limit_ends_the_connection_after_what_came_before(inbox: Inbox) -> None:
    listener = Listener([Route(inbox, max_size=1000)])
    with closing(Peer(listener.start())) as peer:
        peer.send(wrap(query(1)) + b"\x0b" + b"x" * 2000)

        assert msa(peer.reply()) == ("AA", "1")
        assert peer.is_closed()
    listener.stop()


def test_half_a_frame_is_given_up(inbox: Inbox, small: SmallLab) -> None:
    listener = Listener([Route(inbox, half_frame_seconds=0.01)])
    with closing(Peer(listener.start())) as peer:
        peer.send(b"\x0bMSH|^~\\&|half")

        assert peer.is_closed()
    listener.stop()
    assert stored(small) == 0


def test_a_reset_before_the_reply_and_a_repeat_file_once(listener: Listener, small: SmallLab) -> None:
    container = small.order("LYTES").container_ids[0]
    small.receive(container)
    raw = wrap(results(container, "101|141|mmol/L").encode())
    lost = Peer(listener.ports[0])
    lost.send(raw)
    lost.close()

    with closing(Peer(listener.ports[0])) as again:
        again.send(raw)
        assert msa(again.reply()) == ("AA", "1")

    with small.lab.reading() as reading:
        assert len(reading.connection.execute(select(t.observation)).all()) == 1


def test_a_lab_has_a_port_of_its_own_and_a_device_too(inbox: Inbox, small: SmallLab) -> None:
    listener = Listener([Route(inbox), Route(inbox, interface="COAG-1")])
    listener.start()
    with closing(Peer(listener.ports[1])) as peer:
        peer.send(wrap(query(1).replace(b"|CHEM-1|", b"|WHOEVER|")))
        assert msa(peer.reply()) == ("AA", "1")
    listener.stop()

    with small.lab.reading() as reading:
        assert reading.connection.execute(select(t.inbound.c.interface)).scalar_one() == "COAG-1"


def test_stop_answers_what_is_queued(listener: Listener, peer: Peer) -> None:
    peer.send(b"".join(wrap(query(number)) for number in range(20)))
    peer.reply()

    listener.stop()

    assert [msa(peer.reply())[1] for _ in range(19)] == [str(number) for number in range(1, 20)]
    assert peer.is_closed()


def test_a_taken_port_is_refused(listener: Listener, inbox: Inbox) -> None:
    other = Listener([Route(inbox), Route(inbox, port=listener.ports[0])])

    with pytest.raises(OSError, match="in use"):
        other.start()


def test_a_reply_lost_between_commit_and_wire_is_given_again(inbox: Inbox, small: SmallLab) -> None:
    raw = query(7)
    [first] = inbox.answer_many([Arrival(raw)])

    listener = Listener([Route(inbox)])
    with closing(Peer(listener.start())) as peer:
        peer.send(wrap(raw))
        assert (peer.reply(),) == tuple(first)
    listener.stop()
    assert stored(small) == 2


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Nothing is collected unless it is asked for."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_connections_that_ended_do_not_pile_up(listener: Listener) -> None:
    for _ in range(3 * ENDED_AT_ONCE):
        with closing(Peer(listener.ports[0])) as peer:
            peer.says_no_more()
            assert peer.is_closed()

    assert sum(isinstance(one, asyncio.Transport) for one in gc.get_objects()) < ENDED_AT_ONCE
