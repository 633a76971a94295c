"""What every message has: who sends to whom, when, under which number; and the answers to what came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from lis.wire.er7 import Message
from simulators.hl7.skeleton import Line, Skeleton

CHARSET = "UNICODE UTF-8"


def msh(message_type: str) -> Line:
    """The header of one type of message, with marks for what changes."""
    return Line(
        (),
        "MSH",
        {
            3: "@@app@@",
            4: "@@facility@@",
            5: "@@to_app@@",
            6: "@@to_facility@@",
            7: "@@at@@",
            9: message_type,
            10: "@@control@@",
            11: "@@processing@@",
            12: "2.5.1",
            18: CHARSET,
        },
    )


@dataclass(frozen=True, slots=True)
class Envelope:
    """Sender, receiver, instant and control id of one message; times are written in the zone, with offset."""

    app: str
    facility: str
    to_app: str
    to_facility: str
    at: datetime
    control: str
    processing: str
    zone: ZoneInfo

    def values(self) -> dict[str, str]:
        """The marks of MSH."""
        return {
            "app": self.app,
            "facility": self.facility,
            "to_app": self.to_app,
            "to_facility": self.to_facility,
            "at": self.time(self.at),
            "control": self.control,
            "processing": self.processing,
        }

    def time(self, at: datetime | None) -> str:
        """An instant as HL7 writes it (DTM), to the second, with offset."""
        return f"{at.astimezone(self.zone):%Y%m%d%H%M%S%z}" if at else ""


def day(on: date) -> str:
    """A date as HL7 writes it."""
    return f"{on:%Y%m%d}"


_ACK_LINES = (
    Line((), "MSA", {1: "@@code@@", 2: "@@their_control@@"}),
    Line((), "ERR", {2: "@@location@@", 3: "@@error@@^@@error_text@@^HL70357", 4: "E", 8: "@@user_text@@"}),
)


@cache
def _ack(trigger: str) -> Skeleton:
    return Skeleton("ACK", (msh(f"ACK^{trigger}^ACK"), *_ACK_LINES))


def acknowledge(
    envelope: Envelope, message: Message, code: str = "AA", error: Mapping[str, str] | None = None
) -> bytes:
    """The ACK for a message; `error` fills ERR when the code is not AA."""
    header = message.header
    parts = [
        ("MSH", envelope.values()),
        ("MSA", {"code": code, "their_control": header.value(10)}),
    ]
    if error:
        parts.append(("ERR", dict(error)))
    return _ack(header.value(9, 2) if header.value(9, 2).isalnum() else "R01").fill(parts)


def answers_positively(answer: bytes) -> bool:
    """Whether an acknowledgement says AA or CA; anything unreadable does not."""
    for segment in answer.split(b"\r"):
        if segment.startswith(b"MSA|"):
            return segment.split(b"|")[1] in (b"AA", b"CA")
    return False
