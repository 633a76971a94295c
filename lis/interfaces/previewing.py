"""What would become of a message: the real handling in a transaction that is taken back. Nothing of it stays.

A preview keeps the laboratory's other writers waiting for as long as it takes, so it takes few messages at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select, update

from lis.domain.people import Actor
from lis.interfaces.arrivals import Arrival, items_of
from lis.interfaces.became import Became, became
from lis.interfaces.inbox import Inbox
from lis.interfaces.refiling import refile_message
from lis.kernel.errors import Refusal
from lis.lab import Lab
from lis.storage import tables as t
from lis.storage.work import Work

MOST = 20
"""Messages in one preview at most."""

Prepare = Callable[[Work], Any]
"""Changes that are tried with the message, in the same transaction: a code mapped, say."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would have become of one message, its replies, and what the journal would have said of it."""

    became: Became
    replies: tuple[bytes, ...]
    events: tuple[Row[Any], ...]


def preview(
    lab: Lab, inbox: Inbox, actor: Actor, arrivals: Sequence[Arrival], *, prepare: Prepare | None = None
) -> list[Preview]:
    """What these would become if they came now, one after the other; a repeat is taken as if it were the first."""
    told: list[Preview] = []
    with lab.trial(actor) as work:
        if prepare is not None:
            prepare(work)
        for item in list(items_of(arrivals))[:MOST]:
            _forget_answers(work, item.envelope.control_id, item.arrival.raw)
            seq = _last_event(work)
            [(key, replies)] = inbox.take_in(work, [item])
            told.append(_told(work, key, seq, replies))
    return told


def preview_refiling(
    lab: Lab, inbox: Inbox, actor: Actor, inbound_id: int, *, prepare: Prepare | None = None
) -> Preview | Refusal:
    """What would become of a held message if it were tried again now; the refusal if it would be refused."""
    with lab.trial(actor) as work:
        if prepare is not None:
            prepare(work)
        seq = _last_event(work)
        try:
            refile_message(work, inbox, inbound_id, reason="preview")
        except Refusal as refusal:
            return refusal
        return _told(work, inbound_id, seq, ())


def _forget_answers(work: Work, control_id: str, raw: bytes) -> None:
    """The same bytes, if they came before, count as not answered: nothing is a repeat of itself here."""
    i = t.inbound.c
    same = update(t.inbound).where(i.control_id == control_id, i.raw == raw)
    work.connection.execute(same.values(ack_code=""))


def _last_event(work: Work) -> int:
    work.flush()
    return int(work.connection.execute(select(func.coalesce(func.max(t.journal.c.seq), 0))).scalar_one())


def _told(work: Work, key: int, seq: int, replies: tuple[bytes, ...]) -> Preview:
    work.flush()
    found = became(work.connection, key)
    if found is None:
        raise ValueError(f"message {key} was not stored")
    events = work.connection.execute(select(t.journal).where(t.journal.c.seq > seq).order_by(t.journal.c.seq))
    return Preview(found, replies, tuple(events))
