"""What is written to the readers of a case beside its values: why there is none, what an exception was signed for."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from lis.domain.catalog import Catalog
from lis.storage import tables as t
from lis.storage.work import Work


def add_note(work: Work, order_id: int, text: str, *, result_id: int | None = None) -> int:
    """Write something to the readers of a case, about all of it or one value; the note's key."""
    return work.report_notes.add(
        order_id=order_id, result_id=result_id, text=text, noted_at=work.now, noted_by=work.actor.code
    )


def notes_of(connection: Connection, catalog: Catalog, order_id: int) -> tuple[str, ...]:
    """What was written to the readers of a case; a note on one value names its test."""
    return tuple(
        f"{catalog.tests[row.test].name if row.test in catalog.tests else row.test}: {row.text}"
        if row.test
        else row.text
        for row in connection.execute(_NOTES, {"order_id": order_id})
    )


_NOTES = (
    select(t.report_note.c.text, t.result.c.test)
    .outerjoin(t.result, t.result.c.id == t.report_note.c.result_id)
    .where(t.report_note.c.order_id == bindparam("order_id"))
    .order_by(t.report_note.c.id)
)
