"""The receiving role of an ASTM link (LIS01-A2, data link layer) as a state table.

| state      | ENQ                   | sound frame                       | bad frame | EOT        | time-out      |
|------------|-----------------------|-----------------------------------|-----------|------------|---------------|
| NEUTRAL    | ACK, or NAK when busy | -                                 | -         | -          | -             |
| RECEIVING  | drop, then as NEUTRAL | ACK, or NAK; with L: COMMITTING   | NAK       | NEUTRAL    | drop, NEUTRAL |
| COMMITTING | remembered            | -                                 | -         | remembered | -             |

- The ACK of a frame is the only acknowledgement there is, so the frame that holds the L record is answered when
  the laboratory has committed the message (`commit_done`), never before.
- Expected is the last number + 1 modulo 8, starting at 1. The last frame again, same number and same text, is a
  retransmission: ACK, discard. The same number with another text is refused: discarding it would lose results.
- Some analyzers number frames at will (`sequential=False`): any number is taken, retransmissions still found.
- 30 s without frame or EOT: what came is dropped, told as Incomplete, and the line is neutral.
"""

from collections import deque
from enum import Enum, auto

from lis.wire.astm_events import Event, Incomplete, NeedCommit, Send
from lis.wire.astm_frames import ACK, CR, ENQ, EOT, NAK, Control, Frame, Token, text_of

FRAME_TIME = 30.0
MAX_MESSAGE = 8 * 1024 * 1024


class Receiving(Enum):
    """States of the receiver."""

    NEUTRAL = auto()
    RECEIVING = auto()
    COMMITTING = auto()


class Receiver:
    """Takes tokens, gives events. `busy` answers ENQ with NAK: the sender comes again in 10 s or more."""

    def __init__(self, sequential: bool = True, max_message: int = MAX_MESSAGE) -> None:
        self.sequential = sequential
        self.max_message = max_message
        self.busy = False
        self._neutral()

    def _neutral(self) -> None:
        self.state = Receiving.NEUTRAL
        self.deadline: float | None = None
        self._held = bytearray()  # records of the message that is coming
        self._record = 0  # where its last, unfinished record begins
        self._last: Frame | None = None
        self._uncommitted: tuple[Frame, int, int, int] | None = None
        self._remembered: deque[Control] = deque(maxlen=4)

    @property
    def neutral(self) -> bool:
        """Whether the peer does not have the line."""
        return self.state is Receiving.NEUTRAL

    def take(self, token: Token, now: float) -> list[Event]:
        """One token from the line."""
        if self.state is Receiving.COMMITTING:
            if isinstance(token, Control) and token.char in (ENQ, EOT):
                self._remembered.append(token)
            return []
        if isinstance(token, Control):
            return self._control(token.char, now)
        return self._frame(token, now) if self.state is Receiving.RECEIVING else []

    def _control(self, char: bytes, now: float) -> list[Event]:
        if char == ENQ:
            dropped = self.drop("restarted")
            if self.busy:
                return [*dropped, Send(NAK)]
            self.state = Receiving.RECEIVING
            return [*dropped, self._reply(ACK, now)]
        return self.drop("no_terminator") if char == EOT else []

    def drop(self, reason: str) -> list[Event]:
        """Go neutral, telling what came of a message that has no end."""
        held, frame = bytes(self._held), self._uncommitted
        self._neutral()
        # What waits for its commit was handed over already.
        return [Incomplete(held, reason)] if held and frame is None else []

    def _reply(self, char: bytes, now: float) -> Send:
        self.deadline = now + FRAME_TIME
        return Send(char)

    def _frame(self, frame: Frame, now: float) -> list[Event]:
        if not frame.sound:
            return [self._reply(NAK, now)]
        if frame == self._last:
            return [self._reply(ACK, now)]
        expected = (self._last.number + 1) % 8 if self._last else 1
        text = text_of(frame)
        if (self.sequential and frame.number != expected) or len(self._held) + len(text) > self.max_message:
            return [self._reply(NAK, now)]
        return self._accept(frame, text, now)

    def _accept(self, frame: Frame, text: bytes, now: float) -> list[Event]:
        before, record = len(self._held), self._record
        self._held += text
        end = self._end_of_message(before)
        if not end:
            self._last = frame
            return [self._reply(ACK, now)]
        self._uncommitted = frame, before, record, end
        self.state = Receiving.COMMITTING
        self.deadline = None
        return [NeedCommit(bytes(self._held[:end]))]

    def _end_of_message(self, searched: int) -> int:
        """Where the last L record that is whole ends; 0 if there is none yet."""
        end, position = 0, searched
        while (stop := self._held.find(CR, position)) >= 0:
            if self._is_terminator(self._record, stop):
                end = stop + 1
            self._record = position = stop + 1
        return end

    def _is_terminator(self, start: int, stop: int) -> bool:
        record = bytes(self._held[start : min(stop, start + 3)]).lstrip(b"\n")
        separator = bytes(self._held[1:2]) if self._held.startswith((b"H", b"h")) else b"|"
        return record[:1] in (b"L", b"l") and record[1:2] in (b"", separator)

    def commit_done(self, ok: bool, now: float) -> list[Event]:
        """The laboratory's word: stored (ACK) or not (NAK: the sender sends the frame again)."""
        if self._uncommitted is None:
            return []  # the line was dropped meanwhile; nobody waits for the answer
        frame, before, record, end = self._uncommitted
        self._uncommitted = None
        self.state = Receiving.RECEIVING
        if ok:
            del self._held[:end]
            self._record -= end
            self._last = frame
        else:
            del self._held[before:]
            self._record = record
        if not self._remembered:
            return [self._reply(ACK if ok else NAK, now)]
        return self._catch_up(now)

    def _catch_up(self, now: float) -> list[Event]:
        # The sender gave up waiting, so an answer to its frame would be taken for an answer to its next ENQ.
        waiting = list(self._remembered)
        self._remembered.clear()
        return [event for control in waiting for event in self.take(control, now)]

    def tick(self, now: float) -> list[Event]:
        """Time has passed."""
        return self.drop("time_out") if self.deadline is not None and now >= self.deadline else []
