"""Calls, occurrences, hand-offs and counter-signatures: what people tell each other."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table

from lis.storage.tables.types import Instant, Json, Txt, lab_metadata

call = Table(
    "call",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", Txt, nullable=False),  # critical corrected reject clarify delay
    Column("order_id", Integer, ForeignKey("lab_order.id")),
    Column("container_pk", Integer, ForeignKey("container.id")),
    Column("result_version_id", Integer, ForeignKey("result_version.id")),
    Column("what", Txt, nullable=False),
    Column("state", Txt, nullable=False),  # open closed
    Column("read_back_needed", Boolean, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", Txt, nullable=False),
    Column("closed_at", Instant),
    Index(None, "state", "kind"),
    Index(None, "order_id"),
)

call_attempt = Table(
    "call_attempt",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("call_id", Integer, ForeignKey("call.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Txt, nullable=False),
    Column("whom", Txt, nullable=False),
    Column("whom_role", Txt, nullable=False),
    Column("phone", Txt, nullable=False),
    Column("outcome", Txt, nullable=False),  # reached no_answer escalated
    Column("said", Txt, nullable=False),
    Column("read_back", Txt, nullable=False),
    Column("comment", Txt, nullable=False),
    Index(None, "call_id"),
)

occurrence = Table(
    "occurrence",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("subject", Txt, nullable=False),
    Column("accession", Txt, nullable=False),
    Column("category", Txt, nullable=False),
    Column("what", Txt, nullable=False),
    Column("action", Txt, nullable=False),
    Column("state", Txt, nullable=False),  # open closed
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", Txt, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", Txt, nullable=False),
    Column("conclusion", Txt, nullable=False),
    Index(None, "state"),
)

occurrence_note = Table(
    "occurrence_note",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("occurrence_id", Integer, ForeignKey("occurrence.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Txt, nullable=False),
    Column("text", Txt, nullable=False),
    Index(None, "occurrence_id"),
)

handoff = Table(
    "handoff",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("by", Txt, nullable=False),
    Column("to", Txt, nullable=False),
    Column(
        "counts", Json, nullable=False
    ),  # pending, held, on hold, calls open, stopped interfaces as they were
    Column("text", Txt, nullable=False),
)

countersignature = Table(
    "countersignature",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("act", Txt, nullable=False),
    Column("subject", Txt, nullable=False),
    Column("first", Txt, nullable=False),
    Column("second", Txt, nullable=False),
    Column("station", Txt, nullable=False),
    Column("at", Instant, nullable=False),
    Column("statement", Txt, nullable=False),
    Index(None, "subject"),
)
