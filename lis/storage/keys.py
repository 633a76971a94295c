"""The next key of each table, counted on from the last one there."""

from __future__ import annotations

from sqlalchemy import Connection, Row, Table

from lis.storage import statements
from lis.storage import tables as t

LAST = "last_"
# Almost every Work writes to some of these: their last keys are asked for with the head row.
HOT = (
    t.journal,
    t.inbound,
    t.outbox,
    t.result_version,
    t.observation,
    t.label_print,
    t.analyzer_work,
    t.control_observation,
)


class Keys:
    """Gives keys within one transaction. It knows nothing of its Work, which so is gone as soon as it is left."""

    def __init__(self, connection: Connection, head: Row[object]) -> None:
        """`head` holds the last keys of the tables in `HOT`."""
        self._connection = connection
        self._last: dict[str, int] = {table.name: getattr(head, LAST + table.name) for table in HOT}

    def next(self, table: Table) -> int:
        """A per-laboratory integer, the same on both databases for the same history."""
        if table.name not in self._last:
            tables = (table, *(hot for hot in HOT if hot is not table and hot.name not in self._last))
            self._last |= statements.last_keys(tables).ask(self._connection)[0]._asdict()
        self._last[table.name] += 1
        return self._last[table.name]

    def forget(self) -> None:
        """Ask again: a savepoint took keys back."""
        self._last.clear()
