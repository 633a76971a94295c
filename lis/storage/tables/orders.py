"""Patients, visits, orders and the tests ordered."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from lis.storage.tables.types import Day, Instant, Txt, lab_metadata

patient = Table(
    "patient",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("mrn", Txt, nullable=False, unique=True),
    Column("family", Txt, nullable=False),
    Column("given", Txt, nullable=False),
    Column("middle", Txt, nullable=False, server_default=""),
    Column("birth_on", Day),
    Column("sex", Txt, nullable=False),  # HL7 0001: F M O U A N; U when not said
    Column("registered_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index(None, "family", "given"),
)

visit = Table(
    "visit",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("patient_id", Integer, ForeignKey("patient.id"), nullable=False),
    Column("number", Txt, nullable=False, unique=True),
    Column("patient_class", Txt, nullable=False),  # HL7 0004: E I O
    Column("location", Txt, nullable=False),
    Column("attending", Txt, nullable=False),
    Column("admitted_at", Instant),
    Column("discharged_at", Instant),
    Index(None, "patient_id"),
)

lab_order = Table(
    "lab_order",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("accession", Txt, nullable=False, unique=True),
    Column("patient_id", Integer, ForeignKey("patient.id"), nullable=False),
    Column("visit_id", Integer, ForeignKey("visit.id")),
    Column("peer", Txt, nullable=False),  # who placed it over HL7; "" when entered here
    Column("placer_group", Txt, nullable=False),  # ORC-4, the requisition
    Column("priority", Txt, nullable=False),  # S stat, A as soon as possible, R routine, T timed
    Column("provider", Txt, nullable=False),
    Column("provider_phone", Txt, nullable=False),
    Column("location", Txt, nullable=False),
    Column("condition", Txt, nullable=False),  # fasting, pregnant_T3 …: selects reference intervals
    Column("notes", Txt, nullable=False),
    Column("state", Txt, nullable=False),
    Column("ordered_at", Instant, nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Index(None, "patient_id", "placed_at"),
    Index(None, "state"),
)

ordered_test = Table(
    "ordered_test",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("order_id", Integer, ForeignKey("lab_order.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("code", Txt, nullable=False),  # an orderable of the catalogue
    Column("placer_number", Txt, nullable=False),  # ORC-2/OBR-2
    Column("state", Txt, nullable=False),
    Column("added", Boolean, nullable=False),  # an add-on, ordered after the accession existed
    Column("reason", Txt, nullable=False),  # why cancelled or asked again
    Column("ordered_at", Instant, nullable=False),
    UniqueConstraint("order_id", "seq"),
    Index(None, "placer_number"),
    Index(None, "state"),
)
