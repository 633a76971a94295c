"""LIS01-A2 (ASTM E1381) frames: bytes of the line in, control characters and judged frames out.

Rules (LIS01-A2, data link layer, transfer phase, with the tolerance that real senders need):

- A frame is STX FN text (ETB | ETX) C1 C2 CR LF. FN is one digit 0-7; ETB says that more of this record follows.
- C1 C2 is the sum, modulo 256, of everything from FN through ETB or ETX, as two hexadecimal digits. Lower case
  is taken. A frame ends at its CR; when that is missing, at whatever comes instead. LF is not waited for.
- Text is limited to 64 000 characters. The 247 of E1381-95 is not enforced: senders do not keep it.
- Characters outside a frame other than ENQ, ACK, NAK and EOT mean nothing.
- STX, ENQ or EOT inside a frame mean that the sender gave it up.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

STX, ETX, EOT, ENQ, ACK, NAK, ETB = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x15", b"\x17"
CR = b"\r"
MAX_FRAME = 64_000
SAFE_TEXT = 240  # what every receiver takes, E1381-95 ones too

_OUTSIDE = re.compile(rb"[\x02\x04\x05\x06\x15]")
_INSIDE = re.compile(rb"[\x02\x03\x04\x05\x17]")


class FrameError(ValueError):
    """A framed file cannot be trusted: `reason` is checksum or truncated."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. `last` when it ended with ETX; not `sound` when checksum, number or size were wrong."""

    number: int
    text: bytes
    last: bool
    sound: bool = True


@dataclass(frozen=True, slots=True)
class Control:
    """ENQ, ACK, NAK or EOT by itself."""

    char: bytes


Token = Frame | Control


def checksum(body: bytes) -> bytes:
    """Two digits for FN through ETB or ETX."""
    return b"%02X" % (sum(body) % 256)


def write_frame(frame: Frame) -> bytes:
    """The bytes of a frame."""
    if _INSIDE.search(frame.text):
        raise ValueError("frame text cannot hold control characters of the link")
    body = b"%d" % frame.number + frame.text + (ETX if frame.last else ETB)
    return STX + body + checksum(body) + CR + b"\n"


def split_frames(message: bytes, size: int = SAFE_TEXT) -> Iterator[Frame]:
    """Frames for a message: each record in frames of its own, numbered from 1."""
    number = 0
    for record in (line + CR for line in message.splitlines() if line):
        for start in range(0, len(record), size):
            number = (number + 1) % 8
            yield Frame(number, record[start : start + size], start + size >= len(record))


class FrameReader:
    """Cuts what a line gives into tokens, whatever the pieces it comes in."""

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self.max_frame = max_frame
        self.reset()

    def reset(self) -> None:
        """Forget a half frame."""
        self._step: Callable[[bytes, int, list[Token]], int] = self._outside
        self._body = bytearray()  # FN and text
        self._sum = bytearray()  # the two digits
        self._end = b""  # ETB or ETX

    @property
    def pending(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._step != self._outside

    def feed(self, data: bytes) -> list[Token]:
        """Take bytes; return the tokens that they complete, in order."""
        tokens: list[Token] = []
        position = 0
        while position < len(data):
            position = self._step(data, position, tokens)
        return tokens

    def _outside(self, data: bytes, position: int, tokens: list[Token]) -> int:
        found = _OUTSIDE.search(data, position)
        if found is None:
            return len(data)
        if found.group() == STX:
            self._step = self._inside
        else:
            tokens.append(Control(found.group()))
        return found.end()

    def _inside(self, data: bytes, position: int, tokens: list[Token]) -> int:
        found = _INSIDE.search(data, position)
        end = found.start() if found else len(data)
        room = self.max_frame + 2 - len(self._body)  # FN, and one too many shows that the limit is passed
        self._body += data[position : min(end, position + room)]
        if found is None:
            return end
        if found.group() in (ETX, ETB):
            self._end = found.group()
            self._step = self._trailer
            return found.end()
        self.reset()
        return end

    def _trailer(self, data: bytes, position: int, tokens: list[Token]) -> int:
        byte = data[position : position + 1]
        if len(self._sum) < 2 and not _OUTSIDE.match(byte):
            self._sum += byte
            return position + 1
        tokens.append(self._judge())
        self.reset()
        return position + (byte == CR)

    def _judge(self) -> Frame:
        number, text = bytes(self._body[:1]), bytes(self._body[1:])
        right = checksum(bytes(self._body) + self._end) == self._sum.upper()
        legal = number in (b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7") and len(text) <= self.max_frame
        return Frame(int(number) if legal else -1, text, self._end == ETX, right and legal)


def text_of(frame: Frame) -> bytes:
    """What a frame adds to the message: ETX ends a record, also when the sender left its CR out."""
    return frame.text + CR if frame.last and not frame.text.endswith(CR) else frame.text


def records_from_text(data: bytes) -> bytes:
    """Record text of a file: bare records as they are, a captured transfer without its frames.

    Frame numbers are not judged, for a capture shows what was sent; a frame sent twice in a row counts once.
    """
    if STX not in data:
        return data
    reader, text, previous = FrameReader(), bytearray(), None
    for token in reader.feed(data + CR):
        if isinstance(token, Control) or token == previous:
            continue
        if not token.sound:
            raise FrameError("checksum")
        text += text_of(token)
        previous = token
    if reader.pending:
        raise FrameError("truncated")
    return bytes(text)
