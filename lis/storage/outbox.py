"""The outbox: what is to be said to a peer, decided in the transaction of the change that makes it due.

A row says what (kind and ids); `interfaces.sender` composes the bytes once and sends those same bytes on every retry.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from lis.storage.tables import outbox
from lis.storage.unwritten import Unwritten

QUEUED, SENT, ANSWERED, DEAD, CANCELLED = "queued", "sent", "answered", "dead", "cancelled"

RESULT_REPORT = "result_report"
ORDER_STATUS = "order_status"
ANALYZER_WORK = "analyzer_work"
NO_WORK = "no_work"
LABEL = "label"


class Outbox:
    """Queues messages for peers. `has_more`: whether this transaction queued any."""

    def __init__(self, unwritten: Unwritten, *, at: datetime, next_id: Callable[[], int]) -> None:
        self._unwritten = unwritten
        self._at = at
        self._next_id = next_id
        self.has_more = False

    def add(self, kind: str, peer: str, *, accession: str = "", **refs: Any) -> int:
        """Queue one message; `refs` are the ids of what it speaks of."""
        row_id = self._next_id()
        self.has_more = True
        self._unwritten.add(
            outbox,
            row_id,
            {
                "id": row_id,
                "kind": kind,
                "peer": peer,
                "refs": refs,
                "accession": accession,
                "created_at": self._at,
                "state": QUEUED,
                "control_id": "",
                "attempts": 0,
                "last_error": "",
                "answer_code": "",
            },
        )
        return row_id
