"""What may be read at all: known sender, known type, version and processing id, readable bytes, never twice.

HL7 v2.5.1 section 2.9.2: AR for what MSH says and is not acceptable, before any content is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Row, and_, bindparam, literal, or_, select

from lis.interfaces.astm_envelope import AstmEnvelope
from lis.interfaces.hl7 import batches
from lis.interfaces.hl7.ack import ErrorCondition
from lis.interfaces.hl7.envelope import SUPPORTED, Envelope
from lis.interfaces.outcomes import DEAD_LETTER, ERROR, PROCESSED, REJECT, Outcome, held, refused
from lis.interfaces.routing import Line
from lis.storage import tables as t
from lis.storage.questions import Given, Question, Rows
from lis.storage.work import Work

HOLD, REFUSE = "hold", "refuse"
_DONE = ("AA", "CA")


def answered_before(
    work: Work, inbound_id: int, envelope: Envelope | AstmEnvelope, line: Line | None
) -> Row[Any] | None:
    """The earlier message that this one repeats: same interface, sender, number and content, and accepted then."""
    if not envelope.control_id:
        return None
    return work.inbound.one(
        _ANSWERED, before=inbound_id, **dict(zip(_SAME, _identity(envelope, line), strict=True))
    )


class Repeats:
    """Which of some messages may repeat an earlier one, of before or among themselves; `answered_before` then says."""

    def __init__(self, messages: Sequence[tuple[Envelope | AstmEnvelope, Line | None]]) -> None:
        self._places: dict[tuple[str, ...], list[int]] = {}
        for place, (envelope, line) in enumerate(messages):
            if envelope.control_id:
                self._places.setdefault(_identity(envelope, line), []).append(place)

    def questions(self) -> list[tuple[Question, Given]]:
        """What to ask about what is stored; nothing where no message has a number."""
        if not self._places:
            return []
        asked = [*self._places]
        count = 1 << (len(asked) - 1).bit_length()
        given = {
            f"{name}_{at}": part
            for at, one in enumerate([*asked, *[asked[-1]] * (count - len(asked))])
            for name, part in zip(_SAME, one, strict=True)
        }
        return [(_known(count), given)]

    def suspected(self, answers: Sequence[Rows]) -> set[int]:
        """Places of the messages that may be repeats, by the answers."""
        known = {tuple(row) for rows in answers for row in rows}
        found = self._places.items()
        return {place for one, places in found if one in known or len(places) > 1 for place in places}


def _identity(envelope: Envelope | AstmEnvelope, line: Line | None) -> tuple[str, ...]:
    """What tells one message from all others, as `_SAME` names it."""
    return line.code if line else "", envelope.sender, envelope.control_id, envelope.digest


_SAME = ("interface", "sender", "control_id", "digest")
_ACCEPTED = t.inbound.c.ack_code.in_([literal(code) for code in _DONE])


def _answered() -> Question:
    i = t.inbound.c
    same = [i[name] == bindparam(name) for name in _SAME]
    earlier = select(t.inbound).where(*same, _ACCEPTED, i.id < bindparam("before"))
    return Question(earlier.order_by(i.id).limit(1))


_ANSWERED = _answered()


@cache  # of powers of two: a question for every number of messages would be composed, and prepared, and kept for ever
def _known(count: int) -> Question:
    """Which of so many messages were accepted before. One condition for each: so every one goes by the index."""
    i = t.inbound.c
    same = [and_(*(i[name] == bindparam(f"{name}_{at}") for name in _SAME)) for at in range(count)]
    return Question(select(*(i[name] for name in _SAME)).where(or_(*same), _ACCEPTED))


def screen(envelope: Envelope, line: Line | None, environment: str, policy: str) -> Outcome | None:
    """Why a message is not read further; None when it may be."""
    if envelope.problem == batches.COUNT:
        return held(envelope.problem, envelope.problem_text)
    if envelope.message is None or envelope.problem == "header.no_control_id":
        return Outcome(DEAD_LETTER, "", envelope.problem, envelope.problem_text)
    if envelope.is_reply:
        return Outcome(PROCESSED, "AA", "reply.unasked", "An answer to nothing that was asked here.")
    if line is None:
        return unknown_sender(envelope, policy)
    if not line.row.enabled:
        reason = line.row.stopped_reason or "no reason given"
        return _rejected("interface.stopped", "207", f"The interface {line.code} is stopped: {reason}", "")
    return _unacceptable(envelope, line, environment) or _unreadable(envelope)


def unknown_sender(envelope: Envelope, policy: str) -> Outcome:
    """Nobody here is known to send such messages: held for a person, or refused, as the laboratory likes."""
    words = f"No interface is known for {envelope.field(3) or '(none)'} at {envelope.field(4) or '(none)'}."
    if policy == REFUSE:
        return _rejected("sender.unknown", "103", words, "MSH^1^3")
    return held("sender.unknown", words)


def _unacceptable(envelope: Envelope, line: Line, environment: str) -> Outcome | None:
    kind, processing = envelope.kind, envelope.field(11)
    accepts = line.accepts
    if kind not in accepts:
        type_known = any(one.startswith(f"{envelope.field(9)}^") for one in accepts)
        code = "201" if type_known else "200"
        return _rejected("message.type", code, f"{kind or 'No message type'} is not taken here.", "MSH^1^9")
    if envelope.version not in SUPPORTED:
        return _rejected("message.version", "203", f"Version {envelope.version} is not taken.", "MSH^1^12")
    if not line.takes_processing(processing, environment):
        words = f"The processing id {processing or '(none)'} is not taken here."
        return _rejected("message.processing", "202", words, "MSH^1^11")
    return None


def _unreadable(envelope: Envelope) -> Outcome | None:
    if envelope.problem == "header.encoding_characters":
        return _rejected(envelope.problem, "102", envelope.problem_text, "MSH^1^2")
    if envelope.problem:
        code = "103" if envelope.problem == "charset.unknown" else "102"
        return refused(ERROR, envelope.problem, ErrorCondition(code, envelope.problem_text, "MSH^1^18"))
    return _continued(envelope)


def _continued(envelope: Envelope) -> Outcome | None:
    """A message is taken whole or not at all: neither what goes on elsewhere (DSC) nor the rest of one (MSH-14)."""
    message = envelope.message
    if message is not None and message.header[14].strip():
        where, which = "MSH^1^14", "MSH-14"
    elif message is not None and any(dsc.value(1).strip() for dsc in message.all("DSC")):
        where, which = "DSC^1^1", "DSC"
    else:
        return None
    condition = ErrorCondition("199", f"Continued messages ({which}) are not taken.", where)
    return refused(ERROR, "message.continued", condition)


def _rejected(reason: str, code: str, words: str, where: str) -> Outcome:
    return refused(REJECT, reason, ErrorCondition(code, words, where), before_reading=True)
