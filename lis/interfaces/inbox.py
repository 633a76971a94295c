"""Bytes in, reply out: the one way by which messages enter a laboratory.

Raw bytes are stored before anything is understood, and a reply leaves only after the commit. What is queued together is
one transaction; each message has its own savepoint, so that one that fails takes nothing else with it.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from lis.domain.events import Verb
from lis.domain.people import system
from lis.interfaces import screening
from lis.interfaces.arrivals import ASTM, AT_ONCE, HL7, Arrival, Item, batches, decoded, items_of
from lis.interfaces.astm_envelope import KIND, AstmEnvelope
from lis.interfaces.handling import Received, handle, is_storage
from lis.interfaces.hl7.ack import ErrorCondition, Reply
from lis.interfaces.hl7.envelope import Envelope
from lis.interfaces.outcomes import (
    DEAD_LETTER,
    ERROR,
    HELD,
    REFUSED,
    REJECT,
    UNPROCESSED,
    Outcome,
    by_refusal,
    refused,
)
from lis.interfaces.records_in import handle_records, screen_records
from lis.interfaces.replying import Answered, answer, stored_reply
from lis.interfaces.routing import OUR_APPLICATION, OUR_FACILITY, Line, Lines
from lis.kernel.errors import Refusal
from lis.lab import Lab
from lis.storage import tables as t
from lis.storage.work import Work
from lis.wire.astm_frames import ACK, NAK

log = logging.getLogger(__name__)

__all__ = ["ASTM", "AT_ONCE", "HL7", "Arrival", "Inbox"]


class Inbox:
    """Takes messages for one laboratory. `unknown_sender`: hold what nobody is known to have sent, or refuse it."""

    def __init__(self, lab: Lab, *, unknown_sender: str = screening.HOLD) -> None:
        self._lab = lab
        self._unknown_sender = unknown_sender
        self._unstored = itertools.count(1)

    def receive(
        self, raw: bytes, *, peer: str = "", interface: str | None = None, at: datetime | None = None
    ) -> bytes | None:
        """Take one payload and give its reply, the application's if there are two; None when none is due."""
        return self.receive_many([Arrival(raw, peer, interface, at)])[0]

    def receive_many(self, arrivals: Sequence[Arrival]) -> list[bytes | None]:
        """The same for what is queued, in one transaction."""
        return [replies[-1] if replies else None for replies in self.answer_many(arrivals)]

    def answer_many(self, arrivals: Sequence[Arrival]) -> list[tuple[bytes, ...]]:
        """Every reply to each arrival in the order they are to be sent.

        For records of an ASTM link the first is ACK when they are stored, NAK when not, then come answers to queries.
        """
        answers: list[tuple[bytes, ...]] = [()] * len(arrivals)
        for at, run in itertools.groupby(items_of(arrivals), key=lambda item: item.arrival.at):
            for batch in batches(run):
                for item, replies in zip(batch, self._take(batch, at), strict=True):
                    answers[item.place] += replies
        return [
            _as_one(replies) if arrival.protocol == ASTM else replies
            for arrival, replies in zip(arrivals, answers, strict=True)
        ]

    def recover(self) -> int:
        """Try again what an error left unprocessed, at start-up; how many rows that were."""
        with self._lab.work(system("hl7", "inbox")) as work:
            rows = work.inbound.where(t.inbound.c.state == UNPROCESSED)
            for row in rows:
                self.settle_stored(work, row)
        return len(rows)

    def settle_stored(self, work: Work, row: Row[Any]) -> None:
        """Process a stored message once more, as the laboratory stands now. The Work acts as the system then."""
        protocol = ASTM if row.message_type == KIND else HL7
        arrival = Arrival(row.raw, row.peer, row.interface or None, protocol=protocol)
        lines = _lines(work)
        item = decoded(next(items_of([arrival])), lines)
        line = lines.of(item.envelope, row.interface or None)
        if line is not None and not row.interface:  # the sender has become known since
            work.inbound.change(row.id, interface=line.code)
        self._settle(work, lines, row.id, item)

    def take_in(self, work: Work, items: Sequence[Item]) -> list[tuple[int, tuple[bytes, ...]]]:
        """Store and process messages within a Work, which acts as the system then: each one's key and its replies."""
        lines = _lines(work)
        items = [decoded(item, lines) for item in items]
        ids = work.inbound.add_all([_raw_row(work, lines, item) for item in items])
        return [(key, self._settle(work, lines, key, item)) for key, item in zip(ids, items, strict=True)]

    def _take(self, items: Sequence[Item], at: datetime | None) -> list[tuple[bytes, ...]]:
        try:
            with self._lab.work(system("hl7", "inbox"), at=at) as work:
                return [replies for _, replies in self.take_in(work, items)]
        except Exception as error:
            log.exception("nothing of %d messages was stored", len(items))
            return [self._try_again(item, error) for item in items]

    def _settle(self, work: Work, lines: Lines, inbound_id: int, item: Item) -> tuple[bytes, ...]:
        """Process one stored message, write down what became of it, and make its replies."""
        envelope = item.envelope
        line = lines.of(envelope, item.arrival.interface)
        work.journal.cause = f"inbound:{inbound_id}"
        via = ASTM if isinstance(envelope, AstmEnvelope) else HL7
        work.actor = work.journal.actor = system(via, line.code if line else "inbox")
        earlier = screening.answered_before(work, inbound_id, envelope, line)
        if earlier is not None:
            work.inbound.change(
                inbound_id,
                state="duplicate",
                duplicate_of=earlier.id,
                ack_code=earlier.ack_code,
                reply=earlier.reply,
                accession=earlier.accession,
            )
            return _stored(envelope, earlier.reply)
        if isinstance(envelope, AstmEnvelope):
            return self._settle_records(work, line, inbound_id, envelope)
        outcome = self._process(work, line, inbound_id, envelope)
        answered = answer(envelope, outcome, _reply(work, line, inbound_id), line.profile if line else None)
        self._write_down(work, inbound_id, outcome, answered)
        return answered.replies

    def _process(self, work: Work, line: Line | None, inbound_id: int, envelope: Envelope) -> Outcome:
        screened = screening.screen(envelope, line, work.head.environment, self._unknown_sender)
        if screened is not None or line is None or envelope.message is None:
            return screened or screening.unknown_sender(envelope, self._unknown_sender)
        received = Received(envelope, envelope.message, line, inbound_id)
        return _guarded(work, inbound_id, lambda: handle(work, received))

    def _settle_records(
        self, work: Work, line: Line | None, inbound_id: int, envelope: AstmEnvelope
    ) -> tuple[bytes, ...]:
        answers: list[bytes] = []
        outcome = screen_records(envelope, line)
        if outcome is None and line is not None:

            def step(line: Line = line) -> Outcome:
                done, reply = handle_records(work, line, inbound_id, envelope)
                answers.extend([reply] if reply else [])
                return done

            outcome = _guarded(work, inbound_id, step)
        if outcome is None:
            raise ValueError("a message without interface is always screened")
        if outcome.code != "AA":
            answers.clear()
        code = "AE" if outcome.state == UNPROCESSED else "AA"
        self._write_down(work, inbound_id, outcome, Answered(tuple(answers), code))
        return (ACK, *answers)

    def _write_down(self, work: Work, inbound_id: int, outcome: Outcome, answered: Answered) -> None:
        work.inbound.change(
            inbound_id,
            state=outcome.state,
            reason=outcome.reason,
            detail=outcome.detail,
            ack_code=answered.code,
            reply=b"".join(answered.replies) or None,
            accession=outcome.accession,
        )
        verb = _VERBS.get(outcome.state)
        if verb is not None:
            work.journal.append(
                verb,
                f"message:{inbound_id}",
                reason=outcome.reason,
                detail=outcome.detail,
                ack=answered.code,
            )

    def _try_again(self, item: Item, error: Exception) -> tuple[bytes, ...]:
        """The reply to a message that could not be stored: the sender still has it and is to send it again."""
        envelope = item.envelope
        if isinstance(envelope, AstmEnvelope):
            return (NAK,)
        words = str(error) if isinstance(error, Refusal) else "The message was not stored. Send it again."
        outcome = refused(REJECT, "message.not_stored", ErrorCondition("207", words))
        number = f"LIS-{next(self._unstored)}-UNSTORED"
        now = self._lab.wall.now()
        reply = Reply(OUR_APPLICATION, OUR_FACILITY, number, item.arrival.at or now, ZoneInfo("UTC"))
        return answer(envelope, outcome, reply, None, stored=False).replies


def _raw_row(work: Work, lines: Lines, item: Item) -> dict[str, Any]:
    """A message as it came, not yet looked at."""
    envelope, line = item.envelope, lines.of(item.envelope, item.arrival.interface)
    return {
        "interface": line.code if line else item.arrival.interface or "",
        "peer": item.arrival.peer,
        "sender": envelope.sender,
        "control_id": envelope.control_id,
        "message_type": envelope.kind,
        "digest": envelope.digest,
        "raw": envelope.raw,
        "received_at": work.now,
        "recorded_at": work.recorded_at,
        "state": UNPROCESSED,
        "reason": "",
        "detail": "",
        "ack_code": "",
        "accession": "",
    }


def _guarded(work: Work, inbound_id: int, step: Callable[[], Outcome]) -> Outcome:
    """One message in its own savepoint: a refusal is its answer, an error leaves only its raw row."""
    try:
        with work.savepoint():
            return step()
    except Refusal as refusal:
        if is_storage(refusal):
            raise
        return by_refusal(refusal)
    except Exception as error:
        log.exception("message %d could not be processed", inbound_id)
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


def _as_one(replies: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """One ACK or NAK for all messages of a transfer, then what answers their queries."""
    return (NAK if NAK in replies else ACK, *(reply for reply in replies if reply not in (ACK, NAK)))


def _stored(envelope: Envelope | AstmEnvelope, reply: bytes | None) -> tuple[bytes, ...]:
    if isinstance(envelope, AstmEnvelope):
        return (ACK, reply) if reply else (ACK,)
    return stored_reply(reply)


def _lines(work: Work) -> Lines:
    return Lines(work.interfaces.all(), work.catalog, work.zone)


def _reply(work: Work, line: Line | None, inbound_id: int) -> Reply:
    return Reply(
        line.our_application if line else OUR_APPLICATION,
        line.our_facility if line else OUR_FACILITY,
        f"LIS{inbound_id:09d}",
        work.now,
        line.zone if line else ZoneInfo(work.zone),
    )
