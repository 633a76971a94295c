"""What became of a message that came: its values with the results they made, its controls, what it had sent out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from lis.domain.events import Verb
from lis.storage import outbox
from lis.storage import tables as t


@dataclass(frozen=True, slots=True)
class Became:
    """A message's row, its values in their order, control results, and outgoing messages it caused.

    A value's row carries the version it made (`version_value`, `flags`, `critical`, `n`), if it made one, with the
    result's state now, its holds and its accession.
    """

    message: Row[Any]
    values: tuple[Row[Any], ...]
    controls: tuple[Row[Any], ...]
    sent: tuple[Row[Any], ...]


def became(connection: Connection, inbound_id: int) -> Became | None:
    """What became of a message; None when there is no such message."""
    message = connection.execute(select(t.inbound).where(t.inbound.c.id == inbound_id)).first()
    if message is None:
        return None
    c = t.control_observation.c
    controls = select(t.control_observation).where(c.inbound_id == inbound_id).order_by(c.id)
    return Became(
        message,
        tuple(connection.execute(_values(inbound_id))),
        tuple(connection.execute(controls)),
        _sent_with(connection, message),
    )


def _values(inbound_id: int) -> Any:
    o, v, r, x = t.observation, t.result_version, t.result, t.lab_order
    return (
        select(
            o,
            v.c.value.label("version_value"),
            v.c.comparator,
            v.c.unit.label("version_unit"),
            v.c.flags,
            v.c.critical,
            v.c.interval_text,
            v.c.n,
            r.c.state.label("result_state"),
            r.c.version.label("version_now"),
            r.c.checks,
            x.c.accession,
        )
        .outerjoin(v, v.c.id == o.c.result_version_id)
        .outerjoin(r, r.c.id == v.c.result_id)
        .outerjoin(x, x.c.id == r.c.order_id)
        .where(o.c.inbound_id == inbound_id)
        .order_by(o.c.seq)
    )


# What tells that a message of a kind was queued.
_KINDS = {
    str(Verb.WORK_SENT): outbox.ANALYZER_WORK,
    str(Verb.REPORT_SENT): outbox.RESULT_REPORT,
    str(Verb.LABEL_PRINTED): outbox.LABEL,
    str(Verb.TEST_CANCELLED): outbox.ORDER_STATUS,
    str(Verb.ORDER_CANCELLED): outbox.ORDER_STATUS,
}


def _sent_with(connection: Connection, message: Row[Any]) -> tuple[Row[Any], ...]:
    """Messages of the same case and instant, of the kinds that the journal says this one caused."""
    if not message.accession:
        return ()
    j, o = t.journal.c, t.outbox.c
    caused = select(j.verb).where(j.accession == message.accession, j.cause == f"inbound:{message.id}")
    kinds = {_KINDS[row.verb] for row in connection.execute(caused) if row.verb in _KINDS}
    query = select(t.outbox).where(
        o.accession == message.accession, o.created_at == message.received_at, o.kind.in_(kinds)
    )
    return tuple(connection.execute(query.order_by(o.id))) if kinds else ()
