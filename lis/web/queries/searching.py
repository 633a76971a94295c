"""Messages found by whatever people know of them: numbers, codes, words, where from, when, what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Row, Select, func, literal, or_, select, union

from lis.lab import Reading
from lis.storage import tables as t

MOST_SHOWN = 100
SEARCHED = 5000
"""Messages of each way, the newest, in whose bytes words are looked for."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked. `q` is a number or a code, whole; `text` stands anywhere in the message."""

    interface: str = ""
    kind: str = ""
    state: str = ""
    q: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


def search(reading: Reading, asked: Search) -> list[Row[Any]]:
    """The newest messages both ways that fit."""
    i, o = t.inbound, t.outbox
    cases = _cases(reading, asked.q) if asked.q else []
    came = _logged("in", i, i.c.interface, i.c.received_at, i.c.message_type, i.c.ack_code)
    went = _logged("out", o, o.c.peer, o.c.created_at, o.c.kind, o.c.answer_code)
    came = came.add_columns(i.c.sender, i.c.reason, i.c.detail)
    went = went.add_columns(
        literal("").label("sender"), literal("").label("reason"), o.c.last_error.label("detail")
    )
    came = _narrowed(came, asked, i, i.c.interface, i.c.received_at, i.c.message_type)
    went = _narrowed(went, asked, o, o.c.peer, o.c.created_at, o.c.kind)
    if asked.q:
        numbers = (i.c.control_id == asked.q, i.c.accession.in_(cases), i.c.id.in_(by_value(asked.q)))
        came = came.where(or_(*numbers))
        went = went.where(or_(o.c.control_id == asked.q, o.c.accession.in_(cases)))
    if asked.text:
        came = came.where(_newest(reading, i), _holds(reading, i.c.raw, asked.text))
        went = went.where(_newest(reading, o), _holds(reading, o.c.body, asked.text))
    rows = [row for query in (came, went) for row in reading.connection.execute(query)]
    return sorted(rows, key=lambda row: (row.at, row.way, row.id), reverse=True)[:MOST_SHOWN]


def kinds(reading: Reading) -> list[str]:
    """The message types that came lately, and the kinds that went: of the newest, as words are looked for."""
    i, o = t.inbound, t.outbox
    both = union(
        select(i.c.message_type.label("kind")).where(_newest(reading, i)),
        select(o.c.kind).where(_newest(reading, o)),
    )
    return sorted(row.kind for row in reading.connection.execute(both) if row.kind)


def _cases(reading: Reading, q: str) -> list[str]:
    """Accessions that a number leads to: its own, its tubes', its patient's."""
    o, c, p = t.lab_order, t.container, t.patient
    query = (
        select(o.c.accession)
        .distinct()
        .join(p, p.c.id == o.c.patient_id)
        .outerjoin(c, c.c.order_id == o.c.id)
        .where(or_(o.c.accession == q, c.c.container_id == q, c.c.collection_number == q, p.c.mrn == q))
        .limit(SEARCHED)
    )
    return [row.accession for row in reading.connection.execute(query)]


def by_value(q: str) -> Select[Any]:
    """Messages with a value that names a container, a patient, a code or a test so: the newest of them.

    All that is asked stands in one index.
    """
    o = t.observation.c
    is_named = or_(o.container_sent == q, o.patient_sent == q, o.code_sent == q, o.test == q)
    return select(o.inbound_id).where(is_named).distinct().order_by(o.inbound_id.desc()).limit(MOST_SHOWN)


def _newest(reading: Reading, table: Any) -> ColumnElement[bool]:
    last = reading.connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
    newest: ColumnElement[bool] = table.c.id > last - SEARCHED
    return newest


def _holds(reading: Reading, column: Any, text: str) -> ColumnElement[bool]:
    """Whether bytes hold a text, as UTF-8 has it; letter case matters."""
    wanted = literal(text.encode(), LargeBinary)
    if reading.connection.dialect.name == "postgresql":
        return func.position(wanted.op("IN")(column)) > 0
    return func.instr(column, wanted) > 0


def _logged(way: str, table: Any, code: Any, at: Any, kind: Any, answer: Any) -> Select[Any]:
    return select(
        literal(way).label("way"),
        table.c.id,
        code.label("code"),
        at.label("at"),
        kind.label("kind"),
        table.c.control_id,
        table.c.accession,
        table.c.state,
        answer.label("answer_code"),
    )


def _narrowed(query: Select[Any], asked: Search, table: Any, code: Any, at: Any, kind: Any) -> Select[Any]:
    for column, wanted in ((code, asked.interface), (kind, asked.kind), (table.c.state, asked.state)):
        if wanted:
            query = query.where(column == wanted)
    if asked.since is not None:
        query = query.where(at >= asked.since)
    if asked.until is not None:
        query = query.where(at <= asked.until)
    return query.order_by(table.c.id.desc()).limit(MOST_SHOWN)
