"""The journal: append-only, written in the transaction of the change it tells of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from lis.domain.events import Verb
from lis.domain.people import Actor
from lis.storage.tables import journal
from lis.storage.unwritten import Unwritten


class Journal:
    """Appends what was done by one actor at one lab instant."""

    def __init__(
        self,
        unwritten: Unwritten,
        *,
        actor: Actor,
        at: datetime,
        recorded_at: datetime,
        next_seq: Callable[[], int],
        cause: str | None = None,
    ) -> None:
        self._unwritten = unwritten
        self.actor = actor
        self._at = at
        self._recorded_at = recorded_at
        self._next_seq = next_seq
        self.cause = cause

    def append(
        self,
        verb: Verb,
        subject: str,
        *,
        accession: str | None = None,
        reason: str | None = None,
        **data: Any,
    ) -> None:
        """Add one event; `subject` names its thing by business id (`container:262450001011`)."""
        self.tell(verb, subject, data, accession=accession, reason=reason)

    def tell(
        self,
        verb: Verb,
        subject: str,
        data: dict[str, Any],
        *,
        accession: str | None = None,
        reason: str | None = None,
    ) -> None:
        """`append`, for those who have the data at hand; they must not change it afterwards."""
        seq, actor = self._next_seq(), self.actor
        self._unwritten.add(
            journal,
            seq,
            {
                "seq": seq,
                "at": self._at,
                "recorded_at": self._recorded_at,
                "actor": actor.code,
                "role": actor.role,
                "station": actor.station,
                "via": actor.via,
                "verb": str(verb),
                "subject": subject,
                "accession": accession,
                "data": data,
                "reason": reason,
                "cause": self.cause,
            },
        )


def follow(connection: Connection, after: int, limit: int = 500) -> list[Row[Any]]:
    """Events after a position, oldest first: how live screens and debriefs read along."""
    rows = connection.execute(
        select(journal).where(journal.c.seq > after).order_by(journal.c.seq).limit(limit)
    )
    return list(rows)


def every(connection: Connection, batch: int = 2000) -> Iterator[Row[Any]]:
    """The whole journal, oldest first, in batches."""
    after = 0
    while rows := follow(connection, after, batch):
        yield from rows
        after = rows[-1].seq
