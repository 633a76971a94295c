"""The control database: which laboratories exist, who may sign in, and what was done to whole laboratories."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from lis.storage.tables.types import Instant, Json, Txt, control_metadata

lab_directory = Table(
    "lab_directory",
    control_metadata,
    Column("slug", Txt, primary_key=True),
    Column("name", Txt, nullable=False),
    Column("place", Txt, nullable=False),  # SQLite file name or PostgreSQL schema
    Column("kind", Txt, nullable=False),  # lab or snapshot
    Column("parent", Txt, nullable=False),  # the lab it was taken or forked from
    Column("created_at", Instant, nullable=False),
    Column("dropped_at", Instant),
)

account = Table(
    "account",
    control_metadata,
    Column("id", Integer, primary_key=True),
    Column("username", Txt, nullable=False, unique=True),
    Column("name", Txt, nullable=False),
    Column("password_hash", Txt, nullable=False),
    Column("card", Txt, unique=True),  # what is on the name card's barcode
    Column("pin_hash", Txt, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
)

# An account acts in a laboratory as one member of its staff.
membership = Table(
    "membership",
    control_metadata,
    Column("account_id", Integer, ForeignKey("account.id"), primary_key=True),
    Column("lab", Txt, ForeignKey("lab_directory.slug"), primary_key=True),
    Column("staff_code", Txt, nullable=False),
    UniqueConstraint("lab", "staff_code"),
)

session = Table(
    "session",
    control_metadata,
    Column("token_hash", Txt, primary_key=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("lab", Txt, nullable=False),
    Column("station", Txt, nullable=False),
    Column("csrf", Txt, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "account_id"),
)

throttle = Table(
    "throttle",
    control_metadata,
    Column("key", Txt, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("blocked_until", Instant),
)

# Append-only, like a lab's journal.
control_event = Table(
    "control_event",
    control_metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Txt, nullable=False),
    Column("verb", Txt, nullable=False),
    Column("subject", Txt, nullable=False),
    Column("data", Json, nullable=False),
)
