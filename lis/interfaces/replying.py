"""Which acknowledgements a message gets: the original mode's one, or what MSH-15 and 16 ask for.

HL7 v2.5.1 section 2.9.2 (original mode) and 2.9.3 (enhanced mode).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from lis.interfaces.hl7.ack import ACCEPT, Reply, ack_type, acknowledge
from lis.interfaces.hl7.envelope import Envelope
from lis.interfaces.outcomes import Outcome
from lis.interfaces.profiles import Profile

_BEGIN = re.compile(rb"(?:\A|(?<=\r))(?=MSH[^A-Za-z0-9])")
_OK = ("AA", "CA")


@dataclass(frozen=True, slots=True)
class Answered:
    """The replies in the order they are sent, and the code of the last (MSA-1)."""

    replies: tuple[bytes, ...]
    code: str


def answer(
    envelope: Envelope, outcome: Outcome, reply: Reply, profile: Profile | None, *, stored: bool = True
) -> Answered:
    """Every reply that is due. A reply is never acknowledged, except by a commit that it asks for."""
    if envelope.message is None or not envelope.control_id.strip():
        return Answered((), "")
    if envelope.is_reply:
        return _to_reply(envelope, outcome, reply)
    if not envelope.enhanced:
        return _application(envelope, outcome, reply)
    return _enhanced(envelope, outcome, reply, always=profile is None or profile.answer_always, stored=stored)


def stored_reply(reply: bytes | None) -> tuple[bytes, ...]:
    """The replies that were kept together in one column."""
    if not reply:
        return ()
    starts = [found.start() for found in _BEGIN.finditer(reply)]
    return tuple(reply[a:b] for a, b in zip(starts, [*starts[1:], len(reply)], strict=True))


def _to_reply(envelope: Envelope, outcome: Outcome, reply: Reply) -> Answered:
    if envelope.field(9) != "ACK" and envelope.enhanced and envelope.wants(15, ok=True):
        return _accept(envelope, outcome, reply, "CA")
    return Answered((), "")


def _enhanced(envelope: Envelope, outcome: Outcome, reply: Reply, *, always: bool, stored: bool) -> Answered:
    is_refused = outcome.before_reading or not stored
    if is_refused and envelope.wants(15, ok=False):
        return _accept(envelope, outcome, reply, ACCEPT[outcome.code] if stored else "CE")
    replies: list[bytes] = []
    code = ""
    if not is_refused and envelope.wants(15, ok=True):
        accepted = _accept(envelope, replace(outcome, conditions=()), _numbered(reply), "CA")
        replies, code = [*accepted.replies], accepted.code
    if envelope.wants(16, ok=outcome.code in _OK) or (always and not replies):
        told = _application(envelope, outcome, reply)
        replies, code = [*replies, *told.replies], told.code
    return Answered(tuple(replies), code)


def _numbered(reply: Reply) -> Reply:
    """The accept acknowledgement has a number of its own."""
    return replace(reply, control_id=f"{reply.control_id}C")


def _accept(envelope: Envelope, outcome: Outcome, reply: Reply, code: str) -> Answered:
    return Answered((acknowledge(envelope, reply, code, outcome.conditions),), code)


def _application(envelope: Envelope, outcome: Outcome, reply: Reply) -> Answered:
    kind = outcome.message_type or ack_type(envelope)
    message = acknowledge(
        envelope, reply, outcome.code, outcome.conditions, message_type=kind, body=outcome.body
    )
    return Answered((message,), outcome.code)
