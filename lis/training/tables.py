"""Tables of the training side, in the control database: worlds, what was true in them, and what came into them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, Table

from lis.storage.migrations import Family
from lis.storage.tables.types import NAMING, Instant, Json, Txt

training_metadata = MetaData(naming_convention=NAMING)

# The world around a laboratory: with its seed, its content and its inputs it can be lived again.
world = Table(
    "world",
    training_metadata,
    Column("lab", Txt, primary_key=True),
    Column("seed", Txt, nullable=False),
    Column("pack", Txt, nullable=False),  # folder of the content it is made from
    Column("started_at", Instant, nullable=False),
    Column("stood_at", Instant, nullable=False),  # lab time at the last keeping
    Column("prepared_at", Instant),  # wall time; None while its past is being lived
)

# The ledger. Written once, never changed.
world_entry = Table(
    "world_entry",
    training_metadata,
    Column("lab", Txt, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", Txt, nullable=False),
    Column("subject", Txt, nullable=False),
    Column("data", Json, nullable=False),
)

# What came from outside: acts at the bench, messages of the laboratory, its answers.
world_input = Table(
    "world_input",
    training_metadata,
    Column("lab", Txt, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("turn", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", Txt, nullable=False),  # action message reply
    Column("name", Txt, nullable=False),
    Column("data", Json),
    Column("by", Txt, nullable=False),
)

TRAINING = Family(training_metadata, Path(__file__).parent / "versions", "training_version")
