"""An ASTM link, both directions of one line: LIS01-A2 below, LIS02-A2 records above.

    link = Link(host=True)
    for event in link.feed(data, now): ...      # also link.tick(now) when link.deadline has come
    Send: write it. NeedCommit: store it, then link.commit_done(True, now). Incomplete: keep it for a person.

Only one side sends at a time: the tables of `astm_receiver` and `astm_sender` say who. Frames are in
`astm_frames`, records in `lis02`. `now` is any clock that only grows, in seconds.
"""

from lis.wire.astm_events import Aborted, Delivered, Event, Incomplete, NeedCommit, Send
from lis.wire.astm_frames import FrameError, FrameReader, Token, checksum, records_from_text
from lis.wire.astm_receiver import Receiver
from lis.wire.astm_sender import Sender, Sending
from lis.wire.lis02 import ASTM, Record, Records, Transfer, build_records, split_messages

__all__ = [
    "ASTM",
    "Aborted",
    "Delivered",
    "Event",
    "FrameError",
    "Incomplete",
    "Link",
    "NeedCommit",
    "Record",
    "Records",
    "Send",
    "Transfer",
    "build_records",
    "checksum",
    "records_from_text",
    "split_messages",
]


class Link:
    """One line to one peer. The host is the laboratory's side; an analyzer's side has `host=False`."""

    def __init__(self, host: bool = True, sequential: bool = True) -> None:
        self._reader = FrameReader()
        self._receiver = Receiver(sequential)
        self._sender = Sender(host)

    @property
    def busy(self) -> bool:
        """Whether an ENQ is answered NAK, to make the peer wait."""
        return self._receiver.busy

    @busy.setter
    def busy(self, busy: bool) -> None:
        self._receiver.busy = busy

    @property
    def sending(self) -> bool:
        """Whether a message given to `send` is still under way."""
        return self._sender.state is not Sending.NEUTRAL

    @property
    def idle(self) -> bool:
        """Whether neither side has the line and nothing waits for it."""
        return not self.sending and self._receiver.neutral

    @property
    def deadline(self) -> float | None:
        """When `tick` must be called next; None when nothing is waited for."""
        if not self._receiver.neutral:
            return self._receiver.deadline
        return self._sender.deadline

    def feed(self, data: bytes, now: float) -> list[Event]:
        """Take what the line gave."""
        return [event for token in self._reader.feed(data) for event in self._take(token, now)]

    def _take(self, token: Token, now: float) -> list[Event]:
        if self._sender.state in (Sending.ENQUIRING, Sending.SENDING):
            return self._sender.take(token, now)
        return self._receiver.take(token, now)

    def send(self, message: bytes, now: float) -> list[Event]:
        """Send one message, records ended with CR; ValueError while another is under way.

        While the peer has the line, the message waits until it is free.
        """
        self._sender.start(message, now)
        return self.tick(now)

    def commit_done(self, ok: bool, now: float) -> list[Event]:
        """Answer the frame that NeedCommit was about."""
        return self._receiver.commit_done(ok, now)

    def tick(self, now: float) -> list[Event]:
        """Act on what has not happened in time."""
        if self._receiver.neutral:
            return self._sender.tick(now)
        events = self._receiver.tick(now)
        if self._receiver.neutral:
            self._reader.reset()
        return events

    def disconnected(self) -> list[Event]:
        """The line is gone: tell what is lost with it, and begin anew."""
        self._reader.reset()
        return [*self._receiver.drop("disconnected"), *self._sender.abort("disconnected")]
