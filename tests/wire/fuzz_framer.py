"""Fuzz target: no bytes whatever may raise, hang or change with the way they are cut.

Run it with `python tests/wire/fuzz_framer.py` where atheris is installed; the suite calls `check` with examples.
"""

import sys

from lis.wire.astm import FrameError, Link, Records, records_from_text, split_messages
from lis.wire.er7 import CharsetError, Message, MessageError, decode, split_batch
from lis.wire.mllp import Framer, Payload


def check(data: bytes) -> None:
    """Everything that the wire does with bytes nobody vouches for."""
    whole = [event for event in Framer(1000).feed(data) if isinstance(event, Payload)]
    framer = Framer(1000)
    pieces = [framer.feed(data[start : start + 3]) for start in range(0, len(data), 3)]
    assert [event for piece in pieces for event in piece if isinstance(event, Payload)] == whole
    Link().feed(b"\x05" + data, 0)
    for payload in [data, *(event.data for event in whole)]:
        read_hl7(payload)
        read_astm(payload)


def read_hl7(payload: bytes) -> None:
    try:
        text, charset = decode(payload, "8859/1")
        messages = [Message.parse(part, charset) for part in split_batch(text).messages]
    except (CharsetError, MessageError):
        return
    for message in messages:
        assert str(Message.parse(str(message), charset)) == str(message)
        for segment in message.segments:
            for number in range(len(segment.fields) + 1):
                segment.value(number, 1, 1)
                segment.tree(number)


def read_astm(payload: bytes) -> None:
    try:
        text = records_from_text(payload).decode("latin-1")
        messages = [Records.parse(part) for part in split_messages(text).messages]
    except (FrameError, MessageError):
        return
    for message in messages:
        assert str(Records.parse(str(message))) == str(message)


if __name__ == "__main__":
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

    atheris.instrument_all()
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
