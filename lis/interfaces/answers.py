"""Answers of peers to what was sent: found by MSA-2, read with patience, because real peers answer oddly.

Tolerated: no final CR, MSH-9 of `ACK` alone, another version in MSH-12, a constant MSH-10. An answer without MSA-2 is
taken only where the interface's settings say so.
"""

from __future__ import annotations

from dataclasses import dataclass

from lis.wire.er7 import CharsetError, Message, MessageError, decode

COMMITTED = "CA"
ACCEPTED, FAILED, REJECTED = ("AA", COMMITTED), ("AE", "CE"), ("AR", "CR")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a peer answered: MSA-1, whose number it carries, and words if it gave any."""

    code: str
    answers: str
    words: str
    message: Message

    @property
    def is_positive(self) -> bool:
        return self.code in ACCEPTED


def read_answer(raw: bytes) -> Answer | None:
    """The answer in a payload; None when it is none."""
    try:
        message = Message.parse(_text(raw))
    except MessageError:
        return None
    msa = message.first("MSA")
    if msa is None:
        return None
    errors = [
        text for err in message.all("ERR") for text in (err.value(8), err.value(7), err.value(3, 2)) if text
    ]
    words = "; ".join([text for text in [msa.value(3), *errors[:2]] if text])
    return Answer(msa.value(1, 1).strip(), msa[2].strip(), words, message)


def _text(raw: bytes) -> str:
    """The text, in whatever character set: an answer is understood by its codes."""
    try:
        return decode(raw, "8859/1")[0]
    except CharsetError:
        return raw.decode("latin-1")


def is_answer_to(raw: bytes, control_id: str, *, without_number: bool = False) -> bool:
    """Whether a payload answers the message of this number."""
    answer = read_answer(raw)
    if answer is None:
        return False
    return answer.answers == control_id or (without_number and not answer.answers)


def is_commit(raw: bytes) -> bool:
    """Whether a payload says only that the message is safely stored: the application may have more to say."""
    answer = read_answer(raw)
    return answer is not None and answer.code == COMMITTED
