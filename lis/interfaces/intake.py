"""Messages of one transaction: stored as they came, then each processed, written down and answered.

Together they are quick: what they need to know is read at once, and whatever fails, the transaction is to be given up.
One by one each has a savepoint of its own, so that one that fails takes nothing else with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from lis.domain.events import Verb
from lis.domain.people import system
from lis.interfaces import foreseeing, screening
from lis.interfaces.arrivals import ASTM, HL7, Item, decoded
from lis.interfaces.astm_envelope import AstmEnvelope
from lis.interfaces.handling import handle, is_storage
from lis.interfaces.hl7.ack import ErrorCondition, Reply
from lis.interfaces.hl7.envelope import Envelope
from lis.interfaces.outcomes import (
    DEAD_LETTER,
    ERROR,
    HELD,
    REFUSED,
    UNPROCESSED,
    Outcome,
    by_refusal,
)
from lis.interfaces.records_in import handle_records
from lis.interfaces.replying import Answered, answer, stored_reply
from lis.interfaces.routing import OUR_APPLICATION, OUR_FACILITY, Line, Lines
from lis.interfaces.stored import Stored
from lis.kernel.errors import Refusal
from lis.storage.work import Work
from lis.wire.astm_frames import ACK

log = logging.getLogger(__name__)

Step = Callable[[], Outcome]
Guard = Callable[[Work, int, Step], Outcome]
Taken = tuple[int, tuple[bytes, ...]]
"""The key of a stored message, and its replies."""


class Intake:
    """Takes messages in within one Work, which acts as the system then."""

    def __init__(self, work: Work, lines: Lines, unknown_sender: str) -> None:
        self._work, self._lines, self._unknown_sender = work, lines, unknown_sender

    def take(self, items: Sequence[Item]) -> list[Taken]:
        """Store messages, then process each by itself."""
        return [(one.key, self.settle(one)) for one in self._store(items)]

    def take_together(self, items: Sequence[Item]) -> list[Taken]:
        """Store and process messages. Whatever fails is raised: nothing of this Work may be kept then."""
        stored = self._store(items)
        suspects = foreseeing.read_ahead(self._work, stored)
        return [
            (one.key, self.settle(one, _together, may_repeat=place in suspects))
            for place, one in enumerate(stored)
        ]

    def _store(self, items: Sequence[Item]) -> list[Stored]:
        items = [decoded(item, self._lines) for item in items]
        rows = [self._raw_row(item) for item in items]
        keys = self._work.inbound.add_all(rows)
        return [self.stored(key, item) for key, item in zip(keys, items, strict=True)]

    def stored(self, key: int, item: Item) -> Stored:
        """A message that is stored already."""
        line = self._lines.of(item.envelope, item.arrival.interface)
        return Stored(key, item, line, self._work.head.environment, self._unknown_sender)

    def _raw_row(self, item: Item) -> dict[str, Any]:
        """A message as it came, not yet looked at."""
        envelope, line = item.envelope, self._lines.of(item.envelope, item.arrival.interface)
        return {
            "interface": line.code if line else item.arrival.interface or "",
            "peer": item.arrival.peer,
            "sender": envelope.sender,
            "control_id": envelope.control_id,
            "message_type": envelope.kind,
            "digest": envelope.digest,
            "raw": envelope.raw,
            "received_at": self._work.now,
            "recorded_at": self._work.recorded_at,
            "state": UNPROCESSED,
            "reason": "",
            "detail": "",
            "ack_code": "",
            "accession": "",
        }

    def settle(
        self, stored: Stored, guard: Guard | None = None, *, may_repeat: bool = True
    ) -> tuple[bytes, ...]:
        """Process one stored message, write down what became of it, and make its replies."""
        work, envelope, line = self._work, stored.item.envelope, stored.line
        work.journal.cause = f"inbound:{stored.key}"
        via = ASTM if isinstance(envelope, AstmEnvelope) else HL7
        work.actor = work.journal.actor = system(via, line.code if line else "inbox")
        earlier = screening.answered_before(work, stored.key, envelope, line) if may_repeat else None
        if earlier is not None:
            work.inbound.change(
                stored.key,
                state="duplicate",
                duplicate_of=earlier.id,
                ack_code=earlier.ack_code,
                reply=earlier.reply,
                accession=earlier.accession,
            )
            return _stored_replies(envelope, earlier.reply)
        if isinstance(envelope, AstmEnvelope):
            return self._settle_records(stored, envelope, guard or _by_itself)
        outcome = stored.screened or self._process(stored, envelope, guard or _by_itself)
        answered = answer(envelope, outcome, self._reply(stored), line.profile if line else None)
        self._write_down(stored.key, outcome, answered)
        return answered.replies

    def _process(self, stored: Stored, envelope: Envelope, guard: Guard) -> Outcome:
        received = stored.received
        if received is None:
            return screening.unknown_sender(envelope, self._unknown_sender)
        return guard(self._work, stored.key, lambda: handle(self._work, received))

    def _settle_records(self, stored: Stored, envelope: AstmEnvelope, guard: Guard) -> tuple[bytes, ...]:
        answers: list[bytes] = []
        outcome, line = stored.screened, stored.line
        if outcome is None and line is not None:

            def step(line: Line = line) -> Outcome:
                done, reply = handle_records(self._work, line, stored.key, envelope)
                answers.extend([reply] if reply else [])
                return done

            outcome = guard(self._work, stored.key, step)
        if outcome is None:
            raise ValueError("a message without interface is always screened")
        if outcome.code != "AA":
            answers.clear()
        code = "AE" if outcome.state == UNPROCESSED else "AA"
        self._write_down(stored.key, outcome, Answered(tuple(answers), code))
        return (ACK, *answers)

    def _write_down(self, key: int, outcome: Outcome, answered: Answered) -> None:
        self._work.inbound.change(
            key,
            state=outcome.state,
            reason=outcome.reason,
            detail=outcome.detail,
            ack_code=answered.code,
            reply=b"".join(answered.replies) or None,
            accession=outcome.accession,
        )
        verb = _VERBS.get(outcome.state)
        if verb is not None:
            self._work.journal.append(
                verb,
                f"message:{key}",
                reason=outcome.reason,
                detail=outcome.detail,
                ack=answered.code,
            )

    def _reply(self, stored: Stored) -> Reply:
        line = stored.line
        return Reply(
            line.our_application if line else OUR_APPLICATION,
            line.our_facility if line else OUR_FACILITY,
            f"LIS{stored.key:09d}",
            self._work.now,
            line.zone if line else ZoneInfo(self._work.zone),
        )


def _together(_work: Work, _key: int, step: Step) -> Outcome:
    """Whatever fails, all of it goes back."""
    return step()


def _by_itself(work: Work, key: int, step: Step) -> Outcome:
    """One message in its own savepoint: a refusal is its answer, an error leaves only its raw row."""
    try:
        with work.savepoint():
            return step()
    except Refusal as refusal:
        if is_storage(refusal):
            raise
        return by_refusal(refusal)
    except Exception as error:
        log.exception("message %d could not be processed", key)
        words = f"{type(error).__name__}: {error}"
        condition = ErrorCondition(
            "207", "The message is kept, but could not be processed. It will be tried again."
        )
        return Outcome(UNPROCESSED, ERROR, "message.failed", words, conditions=(condition,))


_VERBS = {
    HELD: Verb.MESSAGE_HELD,
    DEAD_LETTER: Verb.MESSAGE_HELD,
    UNPROCESSED: Verb.MESSAGE_HELD,
    REFUSED: Verb.MESSAGE_REFUSED,
}


def _stored_replies(envelope: Envelope | AstmEnvelope, reply: bytes | None) -> tuple[bytes, ...]:
    if isinstance(envelope, AstmEnvelope):
        return (ACK, reply) if reply else (ACK,)
    return stored_reply(reply)
