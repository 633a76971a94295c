"""Observations as they came, results and their versions, control observations."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    literal_column,
)

from lis.storage.tables.types import Exact, Instant, Json, Txt, lab_metadata

# One value on the wire. `held` ones are on no chart and wait for a person.
observation = Table(
    "observation",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("inbound_id", Integer, ForeignKey("inbound.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("interface", Txt, nullable=False),
    Column("analyzer", Txt, nullable=False),
    Column("container_sent", Txt, nullable=False),
    Column("patient_sent", Txt, nullable=False),
    Column("code_sent", Txt, nullable=False),
    Column("name_sent", Txt, nullable=False),
    Column("value_sent", Txt, nullable=False),
    Column("unit_sent", Txt, nullable=False),
    Column("flags_sent", Txt, nullable=False),
    Column("status_sent", Txt, nullable=False),
    Column("observed_at", Instant),
    Column("extra", Json, nullable=False),  # everything else that was said: run, dilution, lots, operator
    Column("state", Txt, nullable=False),  # filed held discarded supplemental control
    Column("reason", Txt, nullable=False),  # stable reason code of a hold
    Column("detail", Txt, nullable=False),  # the same in words
    Column("test", Txt, nullable=False),  # catalogue test, once known
    Column("result_version_id", Integer, ForeignKey("result_version.id")),
    Column("settled_at", Instant),
    Column("settled_by", Txt, nullable=False),
    UniqueConstraint("inbound_id", "seq"),
    Index(None, "state"),
    # Searched from the newest message on without a look at the rows; it grows at its end, as the table does.
    Index("ix_observation_named", "inbound_id", "container_sent", "patient_sent", "code_sent", "test"),
)

# The laboratory's value for one test of one order; its versions carry the values.
result = Table(
    "result",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("order_id", Integer, ForeignKey("lab_order.id"), nullable=False),
    Column("ordered_test_id", Integer, ForeignKey("ordered_test.id"), nullable=False),
    Column("patient_id", Integer, ForeignKey("patient.id"), nullable=False),
    Column("container_pk", Integer, ForeignKey("container.id")),  # the tube it is measured from
    Column("test", Txt, nullable=False),
    Column("state", Txt, nullable=False),
    Column("version", Integer, nullable=False),  # number of the version in force, 0 before the first
    Column("collected_at", Instant),  # copied from the specimen: history is read by it
    Column("verified_at", Instant),
    Column("verified_by", Txt, nullable=False),
    Column("released_at", Instant),
    Column("released_by", Txt, nullable=False),
    Column("released_version", Integer, nullable=False),  # what readers of reports hold, 0 before the first
    Column("rerun", Boolean, nullable=False),
    # Every check of the version in force: name, outcome, reason. Judged again when a fact it waited for comes;
    # the journal keeps each judgement.
    Column("checks", Json, nullable=False),
    UniqueConstraint("ordered_test_id", "test"),
    Index(None, "order_id"),
    Index(None, "container_pk"),
    Index(None, "patient_id", "test", "collected_at"),
    Index(None, "state"),
)


def is_reported(result_: Any) -> ColumnElement[bool]:
    """Whether a person or a rule let a value pass, said in the query's own text: else no partial index is found."""
    accepted: ColumnElement[bool] = result_.c.state.in_(
        [literal_column("'verified'"), literal_column("'released'")]
    )
    return accepted


# A patient's past of a test, by which deltas are judged: what was reported, the newest last.
_past = is_reported(result)
Index(
    "ix_result_reported",
    result.c.patient_id,
    result.c.test,
    result.c.collected_at,
    result.c.id,
    sqlite_where=_past,
    postgresql_where=_past,
)

# Never updated: triggers refuse it. A correction is the next version.
result_version = Table(
    "result_version",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("result_id", Integer, ForeignKey("result.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("status", Txt, nullable=False),  # HL7 0085: P F C X W
    Column("value", Txt, nullable=False),  # as reported: rounded number, code, or text
    Column("comparator", Txt, nullable=False),
    Column("number", Exact),  # the reported number, None when the value is none
    Column("unit", Txt, nullable=False),  # UCUM
    Column("sent_value", Txt, nullable=False),
    Column("sent_unit", Txt, nullable=False),
    Column("sent_flags", Json, nullable=False),
    Column("sent_dilution", Txt, nullable=False),  # as 1:5; "" when the sender told of none
    Column("flags", Json, nullable=False),  # [] or ["H"], ["HH"], ["A"] …
    Column("critical", Boolean, nullable=False),
    Column("interval_text", Txt, nullable=False),  # the reference interval as printed
    Column("comment", Txt, nullable=False),
    Column("source", Txt, nullable=False),  # analyzer person by_hand calculation
    Column("analyzer", Txt, nullable=False),
    Column("observed_at", Instant),
    Column("container_id", Txt, nullable=False),
    Column("catalog_version_id", Integer, ForeignKey("catalog_version.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Txt, nullable=False),
    Column("reason", Txt, nullable=False),  # why this version replaced the one before
    UniqueConstraint("result_id", "n"),
)

control_observation = Table(
    "control_observation",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("inbound_id", Integer, ForeignKey("inbound.id")),
    Column("seq", Integer, nullable=False),
    Column("analyzer", Txt, nullable=False),
    Column("test", Txt, nullable=False),
    Column("material", Txt, nullable=False),
    Column("lot", Txt, nullable=False),
    Column("level", Integer, nullable=False),
    Column("run", Txt, nullable=False),
    Column("value", Txt, nullable=False),
    Column("number", Exact),
    Column("unit", Txt, nullable=False),
    Column("reagent_lot", Txt, nullable=False),
    Column("observed_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index(None, "analyzer", "test", "observed_at"),
)

# A person's text on an accession, a container or a result that the report prints.
report_note = Table(
    "report_note",
    lab_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("order_id", Integer, ForeignKey("lab_order.id"), nullable=False),
    Column("result_id", Integer, ForeignKey("result.id")),
    Column("text", Txt, nullable=False),
    Column("noted_at", Instant, nullable=False),
    Column("noted_by", Txt, nullable=False),
    Index(None, "order_id"),
)
