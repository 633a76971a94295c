"""What an ASTM link asks of its owner, or tells it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes to the line, in one piece."""

    data: bytes


@dataclass(frozen=True, slots=True)
class NeedCommit:
    """A whole message (or several), H to L. The line waits: store it, then say `commit_done`."""

    message: bytes


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Records that were acknowledged, whose L never came: no_terminator, time_out, restarted or disconnected."""

    message: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The message that was to be sent has been acknowledged to its last frame."""


@dataclass(frozen=True, slots=True)
class Aborted:
    """The message was not delivered: no_answer, refused, busy, interrupted or disconnected."""

    reason: str


Event = Send | NeedCommit | Incomplete | Delivered | Aborted
