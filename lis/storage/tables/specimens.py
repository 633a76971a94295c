"""Specimens, containers, their labels, and what is done to them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from lis.storage.tables.types import Exact, Instant, Json, Txt, lab_metadata

specimen = Table(
    "specimen",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("order_id", Integer, ForeignKey("lab_order.id"), nullable=False),
    Column("type", Txt, nullable=False),  # HL7 0487 or the pack's own code
    Column("source", Txt, nullable=False),
    Column("collected_at", Instant),
    Column("collected_by", Txt, nullable=False),
    Column("received_at", Instant),
    Index(None, "order_id"),
)

container = Table(
    "container",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("container_id", Txt, nullable=False, unique=True),  # twelve digits: what is on the lab's label
    Column("number", Integer, nullable=False),  # within the accession
    Column("order_id", Integer, ForeignKey("lab_order.id"), nullable=False),
    Column("specimen_id", Integer, ForeignKey("specimen.id"), nullable=False),
    Column("parent_id", Integer, ForeignKey("container.id")),  # an aliquot's parent
    Column("replaces_id", Integer, ForeignKey("container.id")),  # the rejected tube a recollection replaces
    Column("type", Txt, nullable=False),  # container type of the catalogue
    Column(
        "collection_number", Txt, nullable=False
    ),  # the number on the collection label, given by the hospital
    Column("state", Txt, nullable=False),
    Column("received_at", Instant),
    Column("received_by", Txt, nullable=False),
    Column("labelled_at", Instant),
    Column("clotting_at", Instant),
    Column("spin_at", Instant),
    Column("separated_at", Instant),  # end of the spin: from here the analyte's own stability counts
    Column("condition", Json, nullable=False),  # what people saw: haemolysed, clotted, short, temperature …
    Column("volume_ml", Exact),
    Column("bench", Txt, nullable=False),
    Column("position", Txt, nullable=False),  # storage rack and place
    Column("reason", Txt, nullable=False),  # why set aside or rejected
    Column("closed_at", Instant),
    UniqueConstraint("order_id", "number"),
    Index(None, "collection_number"),
    Index(None, "state"),
    Index(None, "specimen_id"),
)

label_print = Table(
    "label_print",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("container_pk", Integer, ForeignKey("container.id"), nullable=False),
    Column("copy", Integer, nullable=False),
    Column("printed_at", Instant, nullable=False),
    Column("printed_by", Txt, nullable=False),
    Column("reason", Txt, nullable=False),
    Column("voided_at", Instant),
    Column("void_reason", Txt, nullable=False),
    UniqueConstraint("container_pk", "copy"),
)

rejection = Table(
    "rejection",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("container_pk", Integer, ForeignKey("container.id"), nullable=False),
    Column("ordered_test_id", Integer, ForeignKey("ordered_test.id")),  # None: the whole container
    Column("reason_code", Txt, nullable=False),
    Column("comment", Txt, nullable=False),
    Column("rejected_at", Instant, nullable=False),
    Column("rejected_by", Txt, nullable=False),
    Index(None, "container_pk"),
)

recollection = Table(
    "recollection",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("order_id", Integer, ForeignKey("lab_order.id"), nullable=False),
    Column("rejected_pk", Integer, ForeignKey("container.id"), nullable=False),
    Column("replacement_pk", Integer, ForeignKey("container.id")),
    Column("state", Txt, nullable=False),  # requested collected received cancelled
    Column("requested_at", Instant, nullable=False),
    Column("collected_at", Instant),
    Column("received_at", Instant),
    Column("requested_by", Txt, nullable=False),
    Index(None, "state"),
)

# Work sent to an analyzer for one container, and what the analyzer said to it.
analyzer_work = Table(
    "analyzer_work",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("container_pk", Integer, ForeignKey("container.id"), nullable=False),
    Column("analyzer", Txt, nullable=False),
    Column("test", Txt, nullable=False),
    Column("state", Txt, nullable=False),  # sent accepted unable cancelled done
    Column("rerun", Boolean, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("answer", Txt, nullable=False),
    Index(None, "container_pk"),
    Index(None, "analyzer", "state"),
)
