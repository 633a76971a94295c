"""The wire side: interfaces, what came in, what goes out."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table

from lis.storage.tables.types import Instant, Json, Txt, lab_metadata

interface = Table(
    "interface",
    lab_metadata,
    Column("code", Txt, primary_key=True),  # an analyzer or peer of the catalogue
    Column("kind", Txt, nullable=False),  # hospital analyzer printer
    Column("profile", Txt, nullable=False),
    Column("host", Txt, nullable=False),
    Column("port", Integer),
    Column("enabled", Boolean, nullable=False),
    Column("settings", Json, nullable=False),
    Column("stopped_reason", Txt, nullable=False),
    Column("held_tests", Json, nullable=False),  # tests not taken from or sent to it, with reasons
)

# Raw bytes first: stored before anything is understood, never changed afterwards.
inbound = Table(
    "inbound",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("interface", Txt, nullable=False),
    Column("peer", Txt, nullable=False),
    Column("sender", Txt, nullable=False),  # MSH-3|MSH-4
    Column("control_id", Txt, nullable=False),
    Column("message_type", Txt, nullable=False),
    Column("digest", Txt, nullable=False),  # of everything after MSH
    Column("raw", LargeBinary, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("state", Txt, nullable=False),  # unprocessed processed held refused duplicate dead_letter
    Column("reason", Txt, nullable=False),
    Column("detail", Txt, nullable=False),
    Column("ack_code", Txt, nullable=False),
    Column("reply", LargeBinary),
    Column("duplicate_of", Integer, ForeignKey("inbound.id")),
    Column("accession", Txt, nullable=False),  # the case it concerned, once known
    Index(None, "interface", "sender", "control_id", "digest"),
    Index(None, "state"),
    Index(None, "accession"),
)

outbox = Table(
    "outbox",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", Txt, nullable=False),  # result_report, order_status, order_reply, analyzer_work, label …
    Column("peer", Txt, nullable=False),  # interface code
    Column("refs", Json, nullable=False),  # ids of what to say
    Column("accession", Txt, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("state", Txt, nullable=False),  # queued sent answered dead cancelled
    Column("control_id", Txt, nullable=False),
    Column("body", LargeBinary),  # composed once; every retry sends these bytes
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", Instant),  # wall time
    Column("last_error", Txt, nullable=False),
    Column("sent_at", Instant),
    Column("answered_at", Instant),
    Column("answer_code", Txt, nullable=False),
    Column("answer", LargeBinary),
    Index(None, "state", "peer"),
    Index(None, "accession"),
    Index(None, "control_id"),
)
