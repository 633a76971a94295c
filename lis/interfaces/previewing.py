"""What would become of a message: the real handling in a transaction that is taken back. Nothing of it stays.

A preview keeps the laboratory's other writers waiting for as long as it takes, so it takes few messages at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select, update

from lis.domain.people import Actor
from lis.interfaces.arrivals import Arrival, Item, items_of
from lis.interfaces.became import Became, became
from lis.interfaces.copying import take_copy
from lis.interfaces.inbox import Inbox
from lis.interfaces.refiling import arrival_of, refile_message
from lis.lab import Lab
from lis.storage import tables as t
from lis.storage.work import Work

MOST = 20
"""Messages in one preview at most."""

Prepare = Callable[[Work], Any]
"""Changes that are tried with the message, in the same transaction: a code mapped, say."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would have become of one message, and what the journal would have said of it.

    The numbers in it (of messages, accessions, copies) are what would be given now; none of them is used up.
    """

    became: Became
    events: tuple[Row[Any], ...]

    @property
    def by_seq(self) -> dict[int, Row[Any]]:
        """Its values by their place in the message."""
        return {row.seq: row for row in self.became.values}


def preview(
    lab: Lab, inbox: Inbox, actor: Actor, arrivals: Sequence[Arrival], *, prepare: Prepare | None = None
) -> list[Preview]:
    """What these would become if they came now, one after the other; a repeat is taken as if it were the first."""
    told: list[Preview] = []
    with lab.trial(actor) as work:
        if prepare is not None:
            prepare(work)
        for item in list(items_of(arrivals))[:MOST]:
            _forget_answers(work, item)
            seq = _last_event(work)
            [(key, _)] = inbox.take_in(work, [item])
            told.append(_told(work, key, seq))
    return told


def preview_stored(
    lab: Lab, inbox: Inbox, actor: Actor, inbound_ids: Sequence[int], *, prepare: Prepare | None = None
) -> list[Preview]:
    """The same for messages that came before."""
    with lab.reading() as reading:
        query = select(t.inbound).where(t.inbound.c.id.in_(inbound_ids)).order_by(t.inbound.c.id)
        rows = reading.connection.execute(query).all()
    return preview(lab, inbox, actor, [arrival_of(row) for row in rows], prepare=prepare)


def preview_copy(lab: Lab, inbox: Inbox, actor: Actor, original_id: int, text: str) -> Preview:
    """What would become of an edited copy; a Refusal when it would not be taken as one."""
    with lab.trial(actor) as work:
        seq = _last_event(work)
        return _told(work, take_copy(work, inbox, original_id, text), seq)


def preview_refiling(lab: Lab, inbox: Inbox, actor: Actor, inbound_id: int) -> Preview:
    """What would become of a held message if it were tried again now; a Refusal when it would be refused."""
    with lab.trial(actor) as work:
        seq = _last_event(work)
        refile_message(work, inbox, inbound_id, reason="preview")
        return _told(work, inbound_id, seq)


def _forget_answers(work: Work, item: Item) -> None:
    """The same message, if it came before, counts as not answered: nothing is a repeat of itself here."""
    i, envelope = t.inbound.c, item.envelope
    interfaces = ["", *(row.code for row in work.interfaces.all())]
    same = (
        (i.sender == envelope.sender) & (i.control_id == envelope.control_id) & (i.digest == envelope.digest)
    )
    work.flush()
    work.connection.execute(update(t.inbound).where(i.interface.in_(interfaces), same).values(ack_code=""))


def _last_event(work: Work) -> int:
    work.flush()
    return int(work.connection.execute(select(func.coalesce(func.max(t.journal.c.seq), 0))).scalar_one())


def _told(work: Work, key: int, seq: int) -> Preview:
    work.flush()
    found = became(work.connection, key)
    if found is None:
        raise ValueError(f"message {key} was not stored")
    query = select(t.journal).where(t.journal.c.seq > seq).order_by(t.journal.c.seq)
    return Preview(found, tuple(work.connection.execute(query)))
