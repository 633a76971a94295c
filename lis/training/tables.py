"""Tables of the training side, in the control database: worlds, what was true in them, and what came into them.

The world of a snapshot is kept as any other, under the snapshot's slug.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table

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
    Column("planned_until", Instant),  # when the crew of the past meant to go home; None: not known
    Column("past_until", Instant),  # up to here nobody but that crew worked
    Column("content", Txt, nullable=False, server_default=""),  # digest of what it is made from
    # up to which event of the control database's journal it was done to it what was done to its laboratory
    Column("followed", Integer, nullable=False, server_default="0"),
    Column("tended_until", Instant),  # wall time; before then a process runs it and nobody else touches it
)

# Content that worlds are made from, word for word: a folder may change, a past may not.
world_content = Table(
    "world_content",
    training_metadata,
    Column("digest", Txt, primary_key=True),
    Column("files", LargeBinary, nullable=False),  # a zip archive
)

# What is known of a snapshot whose world was kept with it. `lab` is the snapshot's own slug, `origin` whose it is.
world_snapshot = Table(
    "world_snapshot",
    training_metadata,
    Column("lab", Txt, primary_key=True),
    Column("origin", Txt, nullable=False),
    Column("label", Txt, nullable=False),
    Column("kind", Txt, nullable=False),  # kept automatic
    Column("at", Instant, nullable=False),
    Column("taken_at", Instant, nullable=False),  # wall time
    Column("by", Txt, nullable=False),
    Column("inputs", Integer, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("events", Integer, nullable=False),  # position in the laboratory's journal
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
