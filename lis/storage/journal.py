"""The journal: append-only, written in the transaction of the change it tells of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from lis.domain.events import Verb
from lis.domain.people import Actor
from lis.storage import statements
from lis.storage.tables import journal


class Journal:
    """Appends what was done by one actor at one lab instant.

    Events wait in memory and are written together by `flush`, before the transaction commits.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        actor: Actor,
        at: datetime,
        recorded_at: datetime,
        next_seq: Callable[[], int],
        cause: str | None = None,
    ) -> None:
        self._connection = connection
        self.actor = actor
        self._at = at
        self._recorded_at = recorded_at
        self._next_seq = next_seq
        self._waiting: list[dict[str, Any]] = []
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
        self._waiting.append(
            {
                "seq": self._next_seq(),
                "at": self._at,
                "recorded_at": self._recorded_at,
                "actor": self.actor.code,
                "role": self.actor.role,
                "station": self.actor.station,
                "via": self.actor.via,
                "verb": str(verb),
                "subject": subject,
                "accession": accession,
                "data": data,
                "reason": reason,
                "cause": self.cause,
            }
        )

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            self._connection.execute(statements.insertion(journal), self._waiting)
            self._waiting = []

    def forget(self) -> None:
        """Drop what waits: the savepoint it belonged to was rolled back."""
        self._waiting = []


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
