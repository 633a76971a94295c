"""Bytes in, reply out: the one way by which messages enter a laboratory.

Raw bytes are stored before anything is understood, and a reply leaves only after the commit. What is queued together is
one transaction; each message has its own savepoint, so that one that fails takes nothing else with it.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from lis.domain.events import Verb
from lis.domain.people import system
from lis.interfaces import screening
from lis.interfaces.handling import Received, handle, is_storage
from lis.interfaces.hl7.ack import Fault, Reply
from lis.interfaces.hl7.envelope import Envelope, read_envelope, read_envelopes
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
from lis.interfaces.replying import Answered, answer, stored_reply
from lis.interfaces.routing import OUR_APPLICATION, OUR_FACILITY, Line, Lines
from lis.kernel.errors import Refusal
from lis.lab import Lab
from lis.storage import tables as t
from lis.storage.work import Work

log = logging.getLogger(__name__)

HL7, ASTM = "hl7", "astm"
AT_ONCE = 64
"""Messages in one transaction at most: more wins nothing and makes the last one wait."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a connection gave: one payload, from where, over which interface if the port says so, and when.

    `note` says why records of an ASTM link are not a whole message.
    """

    raw: bytes
    peer: str = ""
    interface: str | None = None
    at: datetime | None = None
    protocol: str = HL7
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Item:
    """One message of a payload: `place` is the arrival it came with."""

    place: int
    arrival: Arrival
    envelope: Envelope


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
        """Every reply to each arrival in the order they are to be sent."""
        answers: list[tuple[bytes, ...]] = [()] * len(arrivals)
        for at, run in itertools.groupby(_items(arrivals), key=lambda item: item.arrival.at):
            for batch in _batches(run):
                for item, replies in zip(batch, self._take(batch, at), strict=True):
                    answers[item.place] += replies
        return answers

    def recover(self) -> int:
        """Try again what an error left unprocessed, at start-up; how many rows that were."""
        with self._lab.work(system("hl7", "inbox")) as work:
            rows = work.inbound.where(t.inbound.c.state == UNPROCESSED)
            lines = _lines(work)
            for row in rows:
                arrival = Arrival(row.raw, row.peer, row.interface or None)
                item = _Item(0, arrival, read_envelope(row.raw))
                self._settle(work, lines, row.id, item)
        return len(rows)

    def _take(self, items: Sequence[_Item], at: datetime | None) -> list[tuple[bytes, ...]]:
        try:
            with self._lab.work(system("hl7", "inbox"), at=at) as work:
                lines = _lines(work)
                items = [_decoded(item, lines) for item in items]
                ids = [self._store(work, lines, item) for item in items]
                return [self._settle(work, lines, key, item) for key, item in zip(ids, items, strict=True)]
        except Exception as error:
            log.exception("nothing of %d messages was stored", len(items))
            return [self._try_again(item, error) for item in items]

    def _store(self, work: Work, lines: Lines, item: _Item) -> int:
        envelope, line = item.envelope, lines.of(item.envelope, item.arrival.interface)
        return work.inbound.add(
            interface=line.code if line else item.arrival.interface or "",
            peer=item.arrival.peer,
            sender=envelope.sender,
            control_id=envelope.control_id,
            message_type=envelope.kind,
            digest=envelope.digest,
            raw=envelope.raw,
            received_at=work.now,
            recorded_at=work.recorded_at,
            state=UNPROCESSED,
            reason="",
            detail="",
            ack_code="",
            accession="",
        )

    def _settle(self, work: Work, lines: Lines, inbound_id: int, item: _Item) -> tuple[bytes, ...]:
        """Process one stored message, write down what became of it, and make its replies."""
        envelope = item.envelope
        line = lines.of(envelope, item.arrival.interface)
        work.journal.cause = f"inbound:{inbound_id}"
        work.actor = work.journal.actor = system("hl7", line.code if line else "inbox")
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
            return stored_reply(earlier.reply)
        outcome = self._process(work, line, inbound_id, envelope)
        answered = answer(envelope, outcome, _reply(work, line, inbound_id), line.profile if line else None)
        self._write_down(work, inbound_id, outcome, answered)
        return answered.replies

    def _process(self, work: Work, line: Line | None, inbound_id: int, envelope: Envelope) -> Outcome:
        screened = screening.screen(envelope, line, work.head.environment, self._unknown_sender)
        if screened is not None or line is None or envelope.message is None:
            return screened or screening.unknown_sender(envelope, self._unknown_sender)
        try:
            with work.savepoint():
                return handle(work, Received(envelope, envelope.message, line, inbound_id))
        except Refusal as refusal:
            if is_storage(refusal):
                raise
            return by_refusal(refusal)
        except Exception as error:
            log.exception("message %d could not be processed", inbound_id)
            words = f"{type(error).__name__}: {error}"
            fault = Fault("207", "The message is kept, but could not be processed. It will be tried again.")
            return Outcome(UNPROCESSED, ERROR, "message.failed", words, faults=(fault,))

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

    def _try_again(self, item: _Item, error: Exception) -> tuple[bytes, ...]:
        """The reply to a message that could not be stored: the sender still has it and is to send it again."""
        envelope = item.envelope
        words = str(error) if isinstance(error, Refusal) else "The message was not stored. Send it again."
        outcome = refused(REJECT, "message.not_stored", Fault("207", words))
        number = f"LIS-{next(self._unstored)}-UNSTORED"
        now = self._lab.wall.now()
        reply = Reply(OUR_APPLICATION, OUR_FACILITY, number, item.arrival.at or now, ZoneInfo("UTC"))
        return answer(envelope, outcome, reply, None, stored=False).replies


_VERBS = {
    HELD: Verb.MESSAGE_HELD,
    DEAD_LETTER: Verb.MESSAGE_HELD,
    UNPROCESSED: Verb.MESSAGE_HELD,
    REFUSED: Verb.MESSAGE_REFUSED,
}


def _items(arrivals: Sequence[Arrival]) -> Iterator[_Item]:
    for place, arrival in enumerate(arrivals):
        for envelope in read_envelopes(arrival.raw):
            yield _Item(place, arrival, envelope)


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rest = iter(items)
    while batch := list(itertools.islice(rest, AT_ONCE)):
        yield batch


def _lines(work: Work) -> Lines:
    return Lines(work.interfaces.all(), work.catalog, work.zone)


def _decoded(item: _Item, lines: Lines) -> _Item:
    """An undeclared character set is read anew by the interface's own, once it is known whose message it is."""
    if item.envelope.problem != "charset.undecodable":
        return item
    line = lines.of(item.envelope, item.arrival.interface)
    if line is None or not line.charset:
        return item
    return _Item(item.place, item.arrival, read_envelope(item.envelope.raw, line.charset))


def _reply(work: Work, line: Line | None, inbound_id: int) -> Reply:
    return Reply(
        line.our_application if line else OUR_APPLICATION,
        line.our_facility if line else OUR_FACILITY,
        f"LIS{inbound_id:09d}",
        work.now,
        line.zone if line else ZoneInfo(work.zone),
    )
