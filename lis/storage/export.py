"""The canonical export: what a laboratory recorded and said, as text that is equal when the histories are equal.

Left out is what differs between two runs of the same history: wall time, causes (ids of web requests), the address a
message came from. Everything else is there as it is stored, keys sorted, one line of JSON each.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from lis.kernel.canonical import canonical_json
from lis.storage import journal
from lis.storage import tables as t

NOT_OF_THE_HISTORY = {"recorded_at", "cause", "peer", "next_try_at", "attempts", "last_error"}
KEPT_OF_OUTBOX = {"peer"}  # there it is who is spoken to, not an address


def canonical_lines(connection: Connection) -> Iterator[str]:
    """The journal, then every message as it came, then every message as it was sent, each with its answer."""
    for event in journal.every(connection):
        yield _line("journal", event, NOT_OF_THE_HISTORY)
    yield from _table(connection, t.inbound, NOT_OF_THE_HISTORY)
    yield from _table(connection, t.outbox, NOT_OF_THE_HISTORY - KEPT_OF_OUTBOX)


def canonical_digest(connection: Connection) -> str:
    """Fingerprint of the export."""
    digest = sha256()
    for line in canonical_lines(connection):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _table(connection: Connection, table: Table, left_out: set[str]) -> Iterator[str]:
    for row in connection.execute(select(table).order_by(table.c.id)):
        yield _line(table.name, row, left_out)


def _line(kind: str, row: Row[Any], left_out: set[str]) -> str:
    values = {name: _text(value) for name, value in row._mapping.items() if name not in left_out}
    return f"{kind} {canonical_json(values)}"


def _text(value: Any) -> Any:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else value
