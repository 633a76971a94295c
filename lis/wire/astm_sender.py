"""The sending role of an ASTM link (LIS01-A2, data link layer) as a state table.

| state     | ACK                     | NAK                       | EOT                     | ENQ        | time-out   |
|-----------|-------------------------|---------------------------|-------------------------|------------|------------|
| NEUTRAL   | -                       | -                         | -                       | -          | -          |
| WAITING   | -                       | -                         | -                       | -          | ENQ        |
| ENQUIRING | SENDING: first frame    | WAITING, 10 s; 6th: abort | -                       | WAITING    | EOT, abort |
| SENDING   | next frame; after the   | same frame; 6th: EOT,     | last frame: delivered;  | as NAK     | EOT, abort |
|           | last: EOT, delivered    | abort                     | else EOT, abort         |            |            |

- 15 s for each answer. ENQ against ENQ is contention: the instrument wins. It asks again after 1 s, the host
  waits 20 s for its ENQ first.
- EOT as an answer accepts the frame and asks for the line; the message is sent anew later, by its owner.
- Each record goes in frames of its own, which every receiver takes.
"""

from collections.abc import Callable
from enum import Enum, auto

from lis.wire.astm_events import Aborted, Delivered, Event, Send
from lis.wire.astm_frames import ACK, ENQ, EOT, NAK, Frame, Token, split_frames, write_frame

ANSWER_TIME = 15.0
BUSY_TIME = 10.0
HOST_CONTENTION_TIME = 20.0
INSTRUMENT_CONTENTION_TIME = 1.0
MAX_FAILURES = 6


class Sending(Enum):
    """States of the sender."""

    NEUTRAL = auto()
    ENQUIRING = auto()
    SENDING = auto()
    WAITING = auto()


class Sender:
    """Takes tokens, gives events, for one message at a time. `host` says who yields on contention."""

    def __init__(self, host: bool) -> None:
        self.contention_time = HOST_CONTENTION_TIME if host else INSTRUMENT_CONTENTION_TIME
        self._neutral()

    def _neutral(self) -> None:
        self.state = Sending.NEUTRAL
        self.deadline: float | None = None
        self._frames: list[bytes] = []
        self._position = 0
        self._failures = 0

    def start(self, message: bytes, now: float) -> None:
        """Take a message to send; the next `tick` asks for the line."""
        if self.state is not Sending.NEUTRAL:
            raise ValueError("the last message is still being sent")
        self._frames = [write_frame(frame) for frame in split_frames(message)]
        if not self._frames:
            raise ValueError("there is nothing to send")
        self._wait(now)

    def _wait(self, until: float) -> list[Event]:
        self.state = Sending.WAITING
        self.deadline = until
        return []

    def take(self, token: Token, now: float) -> list[Event]:
        """One token from the line."""
        if isinstance(token, Frame):
            return []
        handler = _SENDER.get((self.state, token.char))
        return handler(self, now) if handler else []

    def _send(self, data: bytes, now: float) -> list[Event]:
        self.deadline = now + ANSWER_TIME
        return [Send(data)]

    def _begin(self, now: float) -> list[Event]:
        self.state = Sending.SENDING
        self._position = self._failures = 0
        return self._send(self._frames[0], now)

    def _busy(self, now: float) -> list[Event]:
        self._failures += 1
        return self.abort("busy") if self._failures >= MAX_FAILURES else self._wait(now + BUSY_TIME)

    def _contend(self, now: float) -> list[Event]:
        return self._wait(now + self.contention_time)

    def _next(self, now: float) -> list[Event]:
        self._position += 1
        self._failures = 0
        if self._position < len(self._frames):
            return self._send(self._frames[self._position], now)
        self._neutral()
        return [Send(EOT), Delivered()]

    def _again(self, now: float) -> list[Event]:
        self._failures += 1
        if self._failures >= MAX_FAILURES:
            return [Send(EOT), *self.abort("refused")]
        return self._send(self._frames[self._position], now)

    def _interrupted(self, now: float) -> list[Event]:
        if self._position + 1 == len(self._frames):
            return self._next(now)  # EOT accepts the frame as ACK does
        return [Send(EOT), *self.abort("interrupted")]

    def abort(self, reason: str) -> list[Event]:
        """Give the message up."""
        if self.state is Sending.NEUTRAL:
            return []
        self._neutral()
        return [Aborted(reason)]

    def tick(self, now: float) -> list[Event]:
        """Time has passed."""
        if self.deadline is None or now < self.deadline:
            return []
        if self.state is Sending.WAITING:
            self.state = Sending.ENQUIRING
            return self._send(ENQ, now)
        return [Send(EOT), *self.abort("no_answer")]


_SENDER: dict[tuple[Sending, bytes], Callable[[Sender, float], list[Event]]] = {
    (Sending.ENQUIRING, ACK): Sender._begin,
    (Sending.ENQUIRING, NAK): Sender._busy,
    (Sending.ENQUIRING, ENQ): Sender._contend,
    (Sending.SENDING, ACK): Sender._next,
    (Sending.SENDING, NAK): Sender._again,
    (Sending.SENDING, ENQ): Sender._again,
    (Sending.SENDING, EOT): Sender._interrupted,
}
