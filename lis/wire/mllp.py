"""MLLP framing: bytes as they arrive in, whole payloads out.

Rules (HL7 Transport Specification: MLLP, Release 1, with the tolerance that real senders need):

- A frame is VT payload FS [CR]. A packet may hold several frames, a frame may span many packets.
- Outside a frame everything up to VT is junk: skipped, counted, never fatal.
- VT inside a frame means that the sender began again: the half frame is thrown away and reported.
- FS ends the frame at once. The CR that should follow may be late, missing, LF or CRLF, so nobody
  waits for it: one CR and one LF directly after FS are swallowed whenever they come.
- A frame longer than `max_size` is thrown away as soon as that is known; what is left of it is junk.
- Every byte is looked at a fixed number of times, however the input is cut.

So a payload is what `\\x0b([^\\x0b\\x1c]{0,max_size})\\x1c` finds in the whole stream, in order.
"""

from dataclasses import dataclass

VT = b"\x0b"
FS = b"\x1c"
LINE_END = b"\r\n"
DEFAULT_MAX_SIZE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Payload:
    """One whole message, without its frame."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Junk:
    """Bytes skipped because they stood outside any frame."""

    count: int


@dataclass(frozen=True, slots=True)
class Oversize:
    """A frame grew beyond the limit and was thrown away; the connection should be closed."""

    discarded: int


@dataclass(frozen=True, slots=True)
class Restarted:
    """A new frame began before the last one ended; that many bytes (its VT included) were thrown away."""

    discarded: int


Event = Payload | Junk | Oversize | Restarted


class Framer:
    """Cuts one connection's byte stream into payloads. One framer per connection and direction."""

    def __init__(self, max_size: int = DEFAULT_MAX_SIZE) -> None:
        self.max_size = max_size
        self._inside = False
        self._held = bytearray()  # what has come of the frame that is not complete
        self._line_end = b""  # what may still be swallowed after FS

    @property
    def pending(self) -> int:
        """Bytes of a frame that has begun and not ended, its VT included; 0 between frames."""
        return len(self._held) + 1 if self._inside else 0

    def feed(self, data: bytes) -> list[Event]:
        """Take what the socket gave; return what it completed, in order."""
        events: list[Event] = []
        position = 0
        while position < len(data):
            step = self._collect if self._inside else self._seek
            position = step(data, position, events)
        return events

    def _seek(self, data: bytes, position: int, events: list[Event]) -> int:
        position = self._skip_line_end(data, position)
        start = data.find(VT, position)
        end = start if start >= 0 else len(data)
        if end > position:
            events.append(Junk(end - position))
        self._inside = start >= 0
        return end + 1

    def _skip_line_end(self, data: bytes, position: int) -> int:
        while position < len(data):
            found = self._line_end.find(data[position])
            if found < 0:
                self._line_end = b""
                break
            self._line_end = self._line_end[found + 1 :]
            position += 1
        return position

    def _collect(self, data: bytes, position: int, events: list[Event]) -> int:
        stop = data.find(FS, position)
        end = stop if stop >= 0 else len(data)
        restart = data.rfind(VT, position, end)  # the last one counts: whatever began before it never ended
        if restart >= 0:
            events.append(Restarted(self.pending + restart - position))
            self._held.clear()
            position = restart + 1
        if len(self._held) + end - position > self.max_size:
            events.append(Oversize(self.pending + end - position))
            self._leave(stop)
        elif stop >= 0:
            events.append(
                Payload(bytes(self._held) + data[position:end] if self._held else data[position:end])
            )
            self._leave(stop)
        else:
            self._held += data[position:end]
        return end + 1

    def _leave(self, stop: int) -> None:
        self._held.clear()
        self._inside = False
        self._line_end = LINE_END if stop >= 0 else b""


def wrap(payload: bytes) -> bytes:
    """Frame one message for sending, to be written in one piece.

    Refuses a payload that holds a frame character: the peer would see another message than was meant.
    """
    if VT in payload or FS in payload:
        raise ValueError("an MLLP payload cannot contain VT or FS")
    return VT + payload + FS + b"\r"
