"""The framer finds the same payloads however the stream is cut."""

import itertools
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lis.wire.mllp import Event, Framer, Junk, Oversize, Payload, Restarted, wrap

CASES: list[tuple[str, bytes, list[Event]]] = [
    ("one frame", b"\x0bA\x1c\r", [Payload(b"A")]),
    ("two frames in one packet", b"\x0bA\x1c\r\x0bB\x1c\r", [Payload(b"A"), Payload(b"B")]),
    ("no CR after FS", b"\x0bA\x1c\x0bB\x1c", [Payload(b"A"), Payload(b"B")]),
    (
        "LF or CRLF after FS",
        b"\x0bA\x1c\n\x0bB\x1c\r\n\x0bC\x1c",
        [Payload(b"A"), Payload(b"B"), Payload(b"C")],
    ),
    ("a second CR is junk", b"\x0bA\x1c\r\r", [Payload(b"A"), Junk(1)]),
    ("CRLF before the first VT", b"\r\n\x0bA\x1c\r", [Junk(2), Payload(b"A")]),
    ("stray FS outside a frame", b"\x1c\r\x0bA\x1c\r", [Junk(2), Payload(b"A")]),
    ("VT in a frame restarts it", b"\x0bAB\x0bC\x1c\r", [Restarted(3), Payload(b"C")]),
    ("only the last restart ends", b"\x0bA\x0bB\x0bC\x1c\r", [Restarted(4), Payload(b"C")]),
    ("empty frame", b"\x0b\x1c\r", [Payload(b"")]),
    ("exactly the limit", b"\x0b12345678\x1c\r", [Payload(b"12345678")]),
    ("one over the limit", b"\x0b123456789\x1c\r\x0bA\x1c", [Oversize(10), Payload(b"A")]),
]


@pytest.mark.parametrize(
    ("stream", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_feed_gives_events_in_order(stream: bytes, expected: list[Event]) -> None:
    assert Framer(max_size=8).feed(stream) == expected


def payloads(framer: Framer, chunks: list[bytes]) -> list[bytes]:
    return [event.data for chunk in chunks for event in framer.feed(chunk) if isinstance(event, Payload)]


@settings(max_examples=50, deadline=None)
@given(
    stream=st.lists(st.sampled_from([b"\x0b", b"\x1c", b"\r", b"\n", b"A", b"BC"]), max_size=60).map(
        b"".join
    ),
    cuts=st.lists(st.integers(0, 120), max_size=8),
)
def test_any_split_gives_the_payloads_of_the_whole(stream: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[a:b] for a, b in itertools.pairwise(edges)]
    expected = re.findall(rb"\x0b([^\x0b\x1c]{0,8})\x1c", stream)
    assert payloads(Framer(max_size=8), chunks) == expected
    assert payloads(Framer(max_size=8), [bytes([byte]) for byte in stream]) == expected


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=40).filter(lambda data: b"\x0b" not in data and b"\x1c" not in data))
def test_wrapped_payload_comes_back(payload: bytes) -> None:
    assert Framer().feed(wrap(payload)) == [Payload(payload)]


@pytest.mark.parametrize("payload", [b"A\x0bB", b"A\x1cB"])
def test_wrap_refuses_frame_characters(payload: bytes) -> None:
    with pytest.raises(ValueError, match="VT or FS"):
        wrap(payload)


def test_pending_counts_the_half_frame() -> None:
    framer = Framer()
    seen = []
    for chunk in (b"junk", b"\x0b", b"AB", b"C\x1c", b"\r"):
        framer.feed(chunk)
        seen.append(framer.pending)
    assert seen == [0, 1, 3, 0, 0]


def test_oversize_is_told_before_the_frame_ends() -> None:
    framer = Framer(max_size=4)
    assert framer.feed(b"\x0b1234") == []
    assert framer.feed(b"5") == [Oversize(6)]
    assert framer.pending == 0


def test_time_is_linear_in_restarts_and_in_single_bytes() -> None:
    """A quadratic framer needs minutes for this; the bound is generous to a busy machine."""
    started = time.process_time()
    assert Framer().feed(b"\x0b" * 2_000_000)[-1] == Restarted(1_999_999)
    framer = Framer()
    framer.feed(b"\x0b")
    for _ in range(200_000):
        framer.feed(b"x")
    assert framer.feed(b"\x1c") == [Payload(b"x" * 200_000)]
    assert time.process_time() - started < 10
