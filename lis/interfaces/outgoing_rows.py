"""What is written of an outbox row: claimed, answered, given up."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, select

from lis.domain.events import Verb
from lis.interfaces.answers import Answer
from lis.storage import outbox
from lis.storage import tables as t
from lis.storage.work import Work


def oldest(work: Work, peer: str) -> Row[Any] | None:
    return work.outgoing.one(_OLDEST, peer=peer)


_OLDEST = (
    select(t.outbox)
    .where(t.outbox.c.peer == bindparam("peer"), t.outbox.c.state == outbox.QUEUED)
    .order_by(t.outbox.c.id)
    .limit(1)
)


def write_answer(work: Work, row: Row[Any], state: str, answer: Answer, reply: bytes) -> None:
    work.outgoing.change(
        row.id,
        state=state,
        sent_at=work.now,
        answered_at=work.now,
        answer_code=answer.code,
        answer=reply,
        next_try_at=None,
        last_error=answer.words if state == outbox.DEAD else "",
    )


def give_up(work: Work, row: Row[Any], error: str) -> None:
    work.outgoing.change(row.id, state=outbox.DEAD, last_error=error, next_try_at=None)
    tell_dead(work, row, error)


def tell_dead(work: Work, row: Row[Any], error: str) -> None:
    work.journal.append(
        Verb.MESSAGE_GIVEN_UP,
        f"outbox:{row.id}",
        accession=row.accession or None,
        reason=error,
        kind=row.kind,
        peer=row.peer,
    )
