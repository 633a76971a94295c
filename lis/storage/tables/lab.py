"""The laboratory itself: its head row, counters, catalogue, staff, journal."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Float, ForeignKey, Index, Integer, Table

from lis.storage.tables.types import Instant, Json, Txt, lab_metadata

# One row. Every writing Work on PostgreSQL locks it first: one writer per laboratory.
lab = Table(
    "lab",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("slug", Txt, nullable=False),
    Column("name", Txt, nullable=False),
    Column("zone", Txt, nullable=False),
    Column("environment", Txt, nullable=False),
    Column("catalog_version_id", Integer, ForeignKey("catalog_version.id")),
    Column("lab_anchor", Instant, nullable=False),
    Column("wall_anchor", Instant, nullable=False),
    Column("speed", Float, nullable=False),
    Column("paused", Boolean, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

# Counters that people see: accessions of a day, message control ids. Row keys are max + 1 of their table.
counter = Table(
    "counter",
    lab_metadata,
    Column("name", Txt, primary_key=True),
    Column("value", Integer, nullable=False),
)

catalog_version = Table(
    "catalog_version",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("pack", Txt, nullable=False),
    Column("version", Txt, nullable=False),
    Column("digest", Txt, nullable=False),
    Column("loaded_at", Instant, nullable=False),
    Column("reason", Txt, nullable=False),
)

# A pack's files verbatim: the catalogue is built from them, so an old result can be read beside its own catalogue.
catalog_file = Table(
    "catalog_file",
    lab_metadata,
    Column("version_id", Integer, ForeignKey("catalog_version.id"), primary_key=True, autoincrement=False),
    Column("name", Txt, primary_key=True),
    Column("content", Txt, nullable=False),
)

staff = Table(
    "staff",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("code", Txt, nullable=False, unique=True),
    Column("name", Txt, nullable=False),
    Column("initials", Txt, nullable=False),
    Column("role", Txt, nullable=False),
    Column("active", Boolean, nullable=False),
)

# Append-only: triggers refuse UPDATE, DELETE and TRUNCATE on both databases.
journal = Table(
    "journal",
    lab_metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("actor", Txt, nullable=False),
    Column("role", Txt, nullable=False),
    Column("station", Txt, nullable=False),
    Column("via", Txt, nullable=False),
    Column("verb", Txt, nullable=False),
    Column("subject", Txt, nullable=False),
    Column("accession", Txt),
    Column("data", Json, nullable=False),
    Column("reason", Txt),
    Column("cause", Txt),
    Index(None, "accession"),
    Index(None, "subject"),
)
