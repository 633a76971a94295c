"""Bytes in, reply out: the one way by which messages enter a laboratory.

Raw bytes are stored before anything is understood, and a reply leaves only after the commit. What is queued together is
one transaction; one that fails in it takes nothing else with it.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from lis.domain.people import system
from lis.interfaces import screening
from lis.interfaces.arrivals import ASTM, AT_ONCE, HL7, Arrival, Item, batches, decoded, items_of
from lis.interfaces.astm_envelope import KIND, AstmEnvelope
from lis.interfaces.handling import is_storage
from lis.interfaces.hl7.ack import ErrorCondition, Reply
from lis.interfaces.intake import Intake, Taken
from lis.interfaces.outcomes import REJECT, UNPROCESSED, refused
from lis.interfaces.replying import answer
from lis.interfaces.routing import OUR_APPLICATION, OUR_FACILITY, Lines
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
        self._lines: tuple[object, Lines] | None = None

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
        lines = self._lines_of(work)
        item = decoded(next(items_of([arrival])), lines)
        line = lines.of(item.envelope, row.interface or None)
        if line is not None and not row.interface:  # the sender has become known since
            work.inbound.change(row.id, interface=line.code)
        intake = Intake(work, lines, self._unknown_sender)
        intake.settle(intake.stored(row.id, item))

    def take_in(self, work: Work, items: Sequence[Item]) -> list[Taken]:
        """Store and process messages within a Work, which acts as the system then: each one's key and its replies."""
        return self._intake(work).take(items)

    def _take(self, items: Sequence[Item], at: datetime | None) -> list[tuple[bytes, ...]]:
        """All together; if that fails, one by one in another transaction, as nothing of the first was kept."""
        try:
            with self._lab.work(system("hl7", "inbox"), at=at) as work:
                return [replies for _, replies in self._intake(work).take_together(items)]
        except Exception as error:
            if isinstance(error, Refusal) and is_storage(error):
                return self._not_stored(items, error)
        try:
            with self._lab.work(system("hl7", "inbox"), at=at) as work:
                return [replies for _, replies in self.take_in(work, items)]
        except Exception as error:
            return self._not_stored(items, error)

    def _intake(self, work: Work) -> Intake:
        return Intake(work, self._lines_of(work), self._unknown_sender)

    def _not_stored(self, items: Sequence[Item], error: Exception) -> list[tuple[bytes, ...]]:
        log.error("nothing of %d messages was stored", len(items), exc_info=error)
        return [self._try_again(item, error) for item in items]

    def _lines_of(self, work: Work) -> Lines:
        """The interfaces as this Work sees them; those of the last one while nothing about them has changed."""
        rows = work.interfaces.all()
        known = (rows, work.catalog, work.zone)
        if self._lines is None or self._lines[0] != known:
            self._lines = known, Lines(rows, work.catalog, work.zone)
        return self._lines[1]

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


def _as_one(replies: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """One ACK or NAK for all messages of a transfer, then what answers their queries."""
    return (NAK if NAK in replies else ACK, *(reply for reply in replies if reply not in (ACK, NAK)))
