"""Two ends of an ASTM line, and one end against bytes written by hand."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lis.wire.astm import Aborted, Delivered, Event, Incomplete, Link, NeedCommit, Send, checksum

ENQ, ACK, NAK, EOT = b"\x05", b"\x06", b"\x15", b"\x04"
MESSAGE = b"H|\\^&|||XN\rP|1\rO|1|260010001012\rR|1|^^^WBC|9.81\rL|1|N\r"


def frame(number: int, text: bytes, end: bytes = b"\x03") -> bytes:
    body = b"%d" % number + text + end
    return b"\x02" + body + checksum(body) + b"\r\n"


def receiving(sequential: bool = True) -> Link:
    link = Link(sequential=sequential)
    assert link.feed(ENQ, 0) == [Send(ACK)]
    return link


def test_checksum_as_printed_by_a_real_analyzer() -> None:
    assert checksum(b"5L|1|N\r\x03") == b"08"


# A conversation: what the peer sends, what we answer. Every one starts after ENQ and ACK.
HEADER, RESULT, END = frame(1, b"H|\\^&\r"), frame(2, b"R|1\r"), frame(3, b"L|1|N\r")
WHOLE = NeedCommit(b"H|\\^&\rR|1\rL|1|N\r")
CONVERSATIONS: list[tuple[str, list[tuple[bytes, list[Event]]]]] = [
    ("a record in each frame", [(HEADER, [Send(ACK)]), (RESULT, [Send(ACK)]), (END, [WHOLE])]),
    ("all records in one frame", [(frame(1, b"H|\\^&\rR|1\rL|1|N\r"), [WHOLE])]),
    ("final CR left out", [(frame(1, b"H|\\^&\rR|1\rL|1|N"), [WHOLE])]),
    ("L without fields", [(HEADER, [Send(ACK)]), (frame(2, b"L"), [NeedCommit(b"H|\\^&\rL\r")])]),
    (
        "a record over two frames",
        [(frame(1, b"H|\\^&\rR|", b"\x17"), [Send(ACK)]), (frame(2, b"1\rL|1|N\r"), [WHOLE])],
    ),
    (
        "the end of L in the next frame",
        [(frame(1, b"H|\\^&\rR|1\rL|1|", b"\x17"), [Send(ACK)]), (frame(2, b"N\r"), [WHOLE])],
    ),
    ("lower case checksum", [(frame(1, b"H|\\^&|||||||\r").replace(b"E7", b"e7"), [Send(ACK)])]),
    ("wrong checksum", [(HEADER[:-4] + b"00\r\n", [Send(NAK)]), (HEADER, [Send(ACK)])]),
    ("first number is not 1", [(frame(0, b"H|\\^&\r"), [Send(NAK)])]),
    ("number out of sequence", [(HEADER, [Send(ACK)]), (END, [Send(NAK)])]),
    ("no number", [(b"\x02H\x03" + checksum(b"H\x03") + b"\r\n", [Send(NAK)])]),
    (
        "retransmitted frame",
        [(HEADER, [Send(ACK)]), (HEADER, [Send(ACK)]), (RESULT, [Send(ACK)]), (END, [WHOLE])],
    ),
    ("same number, other text", [(HEADER, [Send(ACK)]), (frame(1, b"R|1\r"), [Send(NAK)])]),
    ("noise before STX", [(b"\r\nxyz" + HEADER, [Send(ACK)])]),
    ("frame begun again", [(HEADER[:5] + HEADER, [Send(ACK)])]),
    ("no CR LF", [(HEADER[:-2] + RESULT, [Send(ACK), Send(ACK)])]),
    ("EOT at once", [(EOT, [])]),
    (
        "EOT in a frame",
        [(HEADER, [Send(ACK)]), (b"\x022R|1" + EOT, [Incomplete(b"H|\\^&\r", "no_terminator")])],
    ),
    ("EOT without L", [(HEADER, [Send(ACK)]), (EOT, [Incomplete(b"H|\\^&\r", "no_terminator")])]),
    ("ENQ again", [(HEADER, [Send(ACK)]), (ENQ, [Incomplete(b"H|\\^&\r", "restarted"), Send(ACK)])]),
    ("EOT then frames", [(EOT, []), (HEADER, [])]),
    ("too long", [(frame(1, b"x" * 64_001), [Send(NAK)]), (frame(1, b"x" * 64_000), [Send(ACK)])]),
]


@pytest.mark.parametrize(
    "conversation", [case[1] for case in CONVERSATIONS], ids=[case[0] for case in CONVERSATIONS]
)
def test_receiver_answers(conversation: list[tuple[bytes, list[Event]]]) -> None:
    link = receiving()
    assert [link.feed(data, 1) for data, _ in conversation] == [events for _, events in conversation]


def test_numbers_run_through_zero() -> None:
    link = receiving()
    frames = [frame(number % 8, b"R|%d\r" % number) for number in range(1, 18)]
    assert [link.feed(data, 1) for data in frames] == [[Send(ACK)]] * 17


def test_analyzer_that_numbers_at_will_loses_nothing() -> None:
    link = receiving(sequential=False)
    for data in (frame(1, b"H|\\^&\r"), frame(1, b"M|1\r"), frame(1, b"M|1\r"), frame(4, b"R|1\r")):
        assert link.feed(data, 1) == [Send(ACK)]
    assert link.feed(frame(1, b"L|1\r"), 1) == [NeedCommit(b"H|\\^&\rM|1\rR|1\rL|1\r")]


def test_last_frame_is_acknowledged_only_after_the_commit() -> None:
    link = receiving()
    assert link.feed(frame(1, MESSAGE), 1) == [NeedCommit(MESSAGE)]
    assert link.deadline is None
    assert link.commit_done(True, 5) == [Send(ACK)]
    assert link.feed(EOT, 6) == []
    assert link.idle


def test_failed_commit_makes_the_sender_send_the_frame_again() -> None:
    link = receiving()
    link.feed(HEADER + RESULT, 1)
    assert link.feed(END, 1) == [WHOLE]
    assert link.commit_done(False, 2) == [Send(NAK)]
    assert link.feed(END, 3) == [WHOLE]
    assert link.commit_done(True, 4) == [Send(ACK)]


def test_second_message_in_the_same_transfer() -> None:
    link = receiving()
    assert link.feed(frame(1, b"H|\\^&\rL|1\r"), 1) == [NeedCommit(b"H|\\^&\rL|1\r")]
    link.commit_done(True, 2)
    assert link.feed(frame(2, b"H|\\^&\rR|2\r"), 3) == [Send(ACK)]
    assert link.feed(frame(3, b"L|1\r"), 3) == [NeedCommit(b"H|\\^&\rR|2\rL|1\r")]


def test_sender_that_gave_up_during_the_commit_gets_no_stale_answer() -> None:
    link = receiving()
    link.feed(frame(1, MESSAGE), 1)
    assert link.feed(EOT + ENQ, 17) == []
    assert link.commit_done(True, 18) == [Send(ACK)]  # the answer to ENQ, none to the frame
    assert link.feed(frame(1, MESSAGE), 19) == [NeedCommit(MESSAGE)]


def test_receiver_drops_a_transfer_that_stops() -> None:
    link = receiving()
    link.feed(HEADER + b"\x022R|1", 10)
    assert (link.deadline, link.tick(39.9)) == (40, [])
    assert link.tick(40) == [Incomplete(b"H|\\^&\r", "time_out")]
    assert (link.idle, link.feed(ENQ, 41)) == (True, [Send(ACK)])


def test_busy_receiver_says_nak() -> None:
    link = Link()
    link.busy = True
    assert link.feed(ENQ, 0) == [Send(NAK)]
    assert link.idle


def test_lost_line_tells_what_was_not_stored() -> None:
    link = receiving()
    link.feed(HEADER, 1)
    assert link.disconnected() == [Incomplete(b"H|\\^&\r", "disconnected")]
    assert link.send(MESSAGE, 2) == [Send(ENQ)]
    assert link.disconnected() == [Aborted("disconnected")]


def test_sender_sends_each_record_in_frames_of_its_own() -> None:
    link = Link(host=False)
    assert link.send(b"H|\\^&\n" + b"C|" + b"x" * 300 + b"\nL|1", 0) == [Send(ENQ)]
    answers = [link.feed(ACK, 1) for _ in range(5)]
    assert answers == [
        [Send(frame(1, b"H|\\^&\r"))],
        [Send(frame(2, b"C|" + b"x" * 238, b"\x17"))],
        [Send(frame(3, b"x" * 62 + b"\r"))],
        [Send(frame(4, b"L|1\r"))],
        [Send(EOT), Delivered()],
    ]
    assert link.idle


def test_sender_repeats_a_refused_frame_and_aborts_after_six() -> None:
    link = Link()
    link.send(b"L|1\r", 0)
    first = link.feed(ACK, 1)
    assert [link.feed(NAK, 2) for _ in range(6)] == [first] * 5 + [[Send(EOT), Aborted("refused")]]


def test_sender_aborts_without_an_answer() -> None:
    link = Link()
    link.send(b"L|1\r", 0)
    assert (link.deadline, link.tick(14)) == (15, [])
    assert link.tick(15) == [Send(EOT), Aborted("no_answer")]
    link.send(b"L|1\r", 20)
    link.feed(ACK, 21)
    assert link.tick(36) == [Send(EOT), Aborted("no_answer")]


def test_sender_waits_for_a_busy_receiver() -> None:
    link = Link()
    link.send(b"L|1\r", 0)
    assert (link.feed(NAK, 1), link.deadline, link.tick(11)) == ([], 11, [Send(ENQ)])
    for start in (12, 30, 50, 70):
        link.feed(NAK, start)
        link.tick(start + 10)
    assert link.feed(NAK, 90) == [Aborted("busy")]


@pytest.mark.parametrize(
    ("acks", "expected"),
    [(1, [Send(EOT), Aborted("interrupted")]), (2, [Send(EOT), Delivered()])],
)
def test_sender_stops_when_the_receiver_asks(acks: int, expected: list[Event]) -> None:
    link = Link()
    link.send(b"H|\\^&\rL|1\r", 0)
    for _ in range(acks):
        link.feed(ACK, 1)
    assert link.feed(EOT, 2) == expected


def test_contention_is_won_by_the_instrument() -> None:
    host, instrument = Link(host=True), Link(host=False)
    assert host.send(b"H|\\^&\rL|1\r", 0) == instrument.send(MESSAGE, 0) == [Send(ENQ)]
    assert (host.feed(ENQ, 0.1), instrument.feed(ENQ, 0.1)) == ([], [])
    assert (host.deadline, instrument.deadline) == (20.1, 1.1)
    assert instrument.tick(1.1) == [Send(ENQ)]
    assert host.feed(ENQ, 1.2) == [Send(ACK)]
    carry(instrument, host, instrument.feed(ACK, 1.3), 2)
    assert host.tick(25) == [Send(ENQ)]  # its turn now


def test_message_waits_while_the_peer_has_the_line() -> None:
    link = receiving()
    assert link.send(b"L|1\r", 1) == []
    assert link.feed(frame(1, MESSAGE), 2) == [NeedCommit(MESSAGE)]
    link.commit_done(True, 3)
    assert link.feed(EOT, 4) == []
    assert (link.deadline, link.tick(4)) == (1, [Send(ENQ)])


@pytest.mark.parametrize("message", [b"", b"\r\n", b"L|\x02\r"])
def test_what_cannot_be_sent_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"nothing to send|control characters"):
        Link().send(message, 0)


def test_one_message_at_a_time() -> None:
    link = Link()
    link.send(MESSAGE, 0)
    with pytest.raises(ValueError, match="still being sent"):
        link.send(MESSAGE, 0)


def carry(sender: Link, receiver: Link, events: list[Event], now: float) -> list[bytes]:
    """Bytes to and fro until the line is quiet; every message is committed. Returns the messages."""
    stored = []
    while events:
        data = b"".join(event.data for event in events if isinstance(event, Send))
        replies = receiver.feed(data, now)
        for event in list(replies):
            if isinstance(event, NeedCommit):
                stored.append(event.message)
                replies += receiver.commit_done(True, now)
        events = sender.feed(b"".join(event.data for event in replies if isinstance(event, Send)), now)
    assert sender.sending is False
    return stored


records = st.lists(
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=400), max_size=4
)


@settings(max_examples=25, deadline=None)
@given(records)
def test_what_one_end_sends_the_other_stores(texts: list[str]) -> None:
    message = "".join(["H|\\^&\r", *(f"C|{text}\r" for text in texts), "L|1\r"]).encode("latin-1")
    sender, receiver = Link(host=False), Link()
    assert carry(sender, receiver, sender.send(message, 0), 1) == [message]


pieces = st.sampled_from([ENQ, EOT, HEADER, RESULT, HEADER[:7], b"\x02", b"\x03", b"\x17", b"A", b"\r"])


@settings(max_examples=50, deadline=None)
@given(parts=st.lists(pieces, max_size=12), cuts=st.lists(st.integers(0, 150), max_size=6))
def test_any_split_gives_the_events_of_the_whole(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    whole, cut, single = Link(), Link(), Link()
    expected = whole.feed(stream, 0)
    assert [event for a, b in pairwise(edges) for event in cut.feed(stream[a:b], 0)] == expected
    assert [event for byte in stream for event in single.feed(bytes([byte]), 0)] == expected
