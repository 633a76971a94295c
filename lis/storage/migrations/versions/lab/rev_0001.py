"""The first tables of lab. Written by `python -m lis.storage.migrations.freeze`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def catalog_version() -> None:
    op.create_table(
        "catalog_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pack", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("loaded_at", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_version")),
    )


def counter() -> None:
    op.create_table(
        "counter",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )


def countersignature() -> None:
    op.create_table(
        "countersignature",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("first", TEXT, nullable=False),
        sa.Column("second", TEXT, nullable=False),
        sa.Column("station", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_countersignature")),
    )
    op.create_index(op.f("ix_countersignature_subject"), "countersignature", ["subject"], unique=False)


def handoff() -> None:
    op.create_table(
        "handoff",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("to", TEXT, nullable=False),
        sa.Column("counts", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff")),
    )


def inbound() -> None:
    op.create_table(
        "inbound",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("interface", TEXT, nullable=False),
        sa.Column("peer", TEXT, nullable=False),
        sa.Column("sender", TEXT, nullable=False),
        sa.Column("control_id", TEXT, nullable=False),
        sa.Column("message_type", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", TEXT, nullable=False),
        sa.Column("recorded_at", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("ack_code", TEXT, nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.Column("duplicate_of", sa.Integer(), nullable=True),
        sa.Column("accession", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["duplicate_of"], ["inbound.id"], name=op.f("fk_inbound_duplicate_of")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound")),
    )
    op.create_index(op.f("ix_inbound_accession"), "inbound", ["accession"], unique=False)
    op.create_index(
        op.f("ix_inbound_interface_sender_control_id_digest"),
        "inbound",
        ["interface", "sender", "control_id", "digest"],
        unique=False,
    )
    op.create_index(op.f("ix_inbound_state"), "inbound", ["state"], unique=False)


def interface() -> None:
    op.create_table(
        "interface",
        sa.Column("code", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("profile", TEXT, nullable=False),
        sa.Column("host", TEXT, nullable=False),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("settings", TEXT, nullable=False),
        sa.Column("stopped_reason", TEXT, nullable=False),
        sa.Column("held_tests", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_interface")),
    )


def journal() -> None:
    op.create_table(
        "journal",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("recorded_at", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("station", TEXT, nullable=False),
        sa.Column("via", TEXT, nullable=False),
        sa.Column("verb", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("accession", TEXT, nullable=True),
        sa.Column("data", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("cause", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_accession"), "journal", ["accession"], unique=False)
    op.create_index(op.f("ix_journal_subject"), "journal", ["subject"], unique=False)


def occurrence() -> None:
    op.create_table(
        "occurrence",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("accession", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=False),
        sa.Column("what", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("opened_at", TEXT, nullable=False),
        sa.Column("opened_by", TEXT, nullable=False),
        sa.Column("closed_at", TEXT, nullable=True),
        sa.Column("closed_by", TEXT, nullable=False),
        sa.Column("conclusion", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrence")),
    )
    op.create_index(op.f("ix_occurrence_state"), "occurrence", ["state"], unique=False)


def outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("peer", TEXT, nullable=False),
        sa.Column("refs", TEXT, nullable=False),
        sa.Column("accession", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("control_id", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", TEXT, nullable=True),
        sa.Column("last_error", TEXT, nullable=False),
        sa.Column("sent_at", TEXT, nullable=True),
        sa.Column("answered_at", TEXT, nullable=True),
        sa.Column("answer_code", TEXT, nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_accession"), "outbox", ["accession"], unique=False)
    op.create_index(op.f("ix_outbox_control_id"), "outbox", ["control_id"], unique=False)
    op.create_index(op.f("ix_outbox_state_peer"), "outbox", ["state", "peer"], unique=False)


def patient() -> None:
    op.create_table(
        "patient",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mrn", TEXT, nullable=False),
        sa.Column("family", TEXT, nullable=False),
        sa.Column("given", TEXT, nullable=False),
        sa.Column("middle", TEXT, server_default="", nullable=False),
        sa.Column("birth_on", TEXT, nullable=True),
        sa.Column("sex", TEXT, nullable=False),
        sa.Column("registered_at", TEXT, nullable=False),
        sa.Column("updated_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("mrn", name=op.f("uq_patient_mrn")),
    )
    op.create_index(op.f("ix_patient_family_given"), "patient", ["family", "given"], unique=False)


def staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("initials", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("code", name=op.f("uq_staff_code")),
    )


def catalog_file() -> None:
    op.create_table(
        "catalog_file",
        sa.Column("version_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["catalog_version.id"], name=op.f("fk_catalog_file_version_id")
        ),
        sa.PrimaryKeyConstraint("version_id", "name", name=op.f("pk_catalog_file")),
    )


def control_observation() -> None:
    op.create_table(
        "control_observation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("inbound_id", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("analyzer", TEXT, nullable=False),
        sa.Column("test", TEXT, nullable=False),
        sa.Column("material", TEXT, nullable=False),
        sa.Column("lot", TEXT, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("run", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("number", TEXT, nullable=True),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("reagent_lot", TEXT, nullable=False),
        sa.Column("observed_at", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["inbound_id"], ["inbound.id"], name=op.f("fk_control_observation_inbound_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_observation")),
    )
    op.create_index(
        op.f("ix_control_observation_analyzer_test_observed_at"),
        "control_observation",
        ["analyzer", "test", "observed_at"],
        unique=False,
    )


def lab() -> None:
    op.create_table(
        "lab",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("zone", TEXT, nullable=False),
        sa.Column("environment", TEXT, nullable=False),
        sa.Column("catalog_version_id", sa.Integer(), nullable=True),
        sa.Column("lab_anchor", TEXT, nullable=False),
        sa.Column("wall_anchor", TEXT, nullable=False),
        sa.Column("speed", sa.Float(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_lab_one_row")),
        sa.ForeignKeyConstraint(
            ["catalog_version_id"], ["catalog_version.id"], name=op.f("fk_lab_catalog_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab")),
    )


def occurrence_note() -> None:
    op.create_table(
        "occurrence_note",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_occurrence_note_occurrence_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrence_note")),
    )
    op.create_index(
        op.f("ix_occurrence_note_occurrence_id"), "occurrence_note", ["occurrence_id"], unique=False
    )


def visit() -> None:
    op.create_table(
        "visit",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("patient_class", TEXT, nullable=False),
        sa.Column("location", TEXT, nullable=False),
        sa.Column("attending", TEXT, nullable=False),
        sa.Column("admitted_at", TEXT, nullable=True),
        sa.Column("discharged_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_visit_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("number", name=op.f("uq_visit_number")),
    )
    op.create_index(op.f("ix_visit_patient_id"), "visit", ["patient_id"], unique=False)


def lab_order() -> None:
    op.create_table(
        "lab_order",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("accession", TEXT, nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("peer", TEXT, nullable=False),
        sa.Column("placer_group", TEXT, nullable=False),
        sa.Column("priority", TEXT, nullable=False),
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("provider_phone", TEXT, nullable=False),
        sa.Column("location", TEXT, nullable=False),
        sa.Column("condition", TEXT, nullable=False),
        sa.Column("notes", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("ordered_at", TEXT, nullable=False),
        sa.Column("placed_at", TEXT, nullable=False),
        sa.Column("closed_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_lab_order_patient_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_lab_order_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_order")),
        sa.UniqueConstraint("accession", name=op.f("uq_lab_order_accession")),
    )
    op.create_index(
        op.f("ix_lab_order_patient_id_placed_at"), "lab_order", ["patient_id", "placed_at"], unique=False
    )
    op.create_index(op.f("ix_lab_order_state"), "lab_order", ["state"], unique=False)


def specimen() -> None:
    op.create_table(
        "specimen",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("collected_at", TEXT, nullable=True),
        sa.Column("collected_by", TEXT, nullable=False),
        sa.Column("received_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["lab_order.id"], name=op.f("fk_specimen_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specimen")),
    )
    op.create_index(op.f("ix_specimen_order_id"), "specimen", ["order_id"], unique=False)


def container() -> None:
    op.create_table(
        "container",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("container_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("specimen_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("collection_number", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("received_at", TEXT, nullable=True),
        sa.Column("received_by", TEXT, nullable=False),
        sa.Column("labelled_at", TEXT, nullable=True),
        sa.Column("clotting_at", TEXT, nullable=True),
        sa.Column("spin_at", TEXT, nullable=True),
        sa.Column("separated_at", TEXT, nullable=True),
        sa.Column("condition", TEXT, nullable=False),
        sa.Column("volume_ml", TEXT, nullable=True),
        sa.Column("bench", TEXT, nullable=False),
        sa.Column("position", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("closed_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["lab_order.id"], name=op.f("fk_container_order_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["container.id"], name=op.f("fk_container_parent_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["container.id"], name=op.f("fk_container_replaces_id")),
        sa.ForeignKeyConstraint(["specimen_id"], ["specimen.id"], name=op.f("fk_container_specimen_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_container")),
        sa.UniqueConstraint("container_id", name=op.f("uq_container_container_id")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_container_order_id_number")),
    )
    op.create_index(op.f("ix_container_collection_number"), "container", ["collection_number"], unique=False)
    op.create_index(op.f("ix_container_specimen_id"), "container", ["specimen_id"], unique=False)
    op.create_index(op.f("ix_container_state"), "container", ["state"], unique=False)


def analyzer_work() -> None:
    op.create_table(
        "analyzer_work",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("container_pk", sa.Integer(), nullable=False),
        sa.Column("analyzer", TEXT, nullable=False),
        sa.Column("test", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("rerun", sa.Boolean(), nullable=False),
        sa.Column("sent_at", TEXT, nullable=False),
        sa.Column("answer", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["container_pk"], ["container.id"], name=op.f("fk_analyzer_work_container_pk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analyzer_work")),
    )
    op.create_index(
        op.f("ix_analyzer_work_analyzer_state"), "analyzer_work", ["analyzer", "state"], unique=False
    )
    op.create_index(op.f("ix_analyzer_work_container_pk"), "analyzer_work", ["container_pk"], unique=False)


def label_print() -> None:
    op.create_table(
        "label_print",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("container_pk", sa.Integer(), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("printed_at", TEXT, nullable=False),
        sa.Column("printed_by", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("voided_at", TEXT, nullable=True),
        sa.Column("void_reason", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["container_pk"], ["container.id"], name=op.f("fk_label_print_container_pk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_print")),
        sa.UniqueConstraint("container_pk", "copy", name=op.f("uq_label_print_container_pk_copy")),
    )


def ordered_test() -> None:
    op.create_table(
        "ordered_test",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("placer_number", TEXT, nullable=False),
        sa.Column("container_pk", sa.Integer(), nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("added", sa.Boolean(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("ordered_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["container_pk"], ["container.id"], name=op.f("fk_ordered_test_container_pk")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["lab_order.id"], name=op.f("fk_ordered_test_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ordered_test")),
        sa.UniqueConstraint("order_id", "seq", name=op.f("uq_ordered_test_order_id_seq")),
    )
    op.create_index(op.f("ix_ordered_test_container_pk"), "ordered_test", ["container_pk"], unique=False)
    op.create_index(op.f("ix_ordered_test_placer_number"), "ordered_test", ["placer_number"], unique=False)
    op.create_index(op.f("ix_ordered_test_state"), "ordered_test", ["state"], unique=False)


def recollection() -> None:
    op.create_table(
        "recollection",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("rejected_pk", sa.Integer(), nullable=False),
        sa.Column("replacement_pk", sa.Integer(), nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("requested_at", TEXT, nullable=False),
        sa.Column("collected_at", TEXT, nullable=True),
        sa.Column("received_at", TEXT, nullable=True),
        sa.Column("requested_by", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["lab_order.id"], name=op.f("fk_recollection_order_id")),
        sa.ForeignKeyConstraint(["rejected_pk"], ["container.id"], name=op.f("fk_recollection_rejected_pk")),
        sa.ForeignKeyConstraint(
            ["replacement_pk"], ["container.id"], name=op.f("fk_recollection_replacement_pk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recollection")),
    )
    op.create_index(op.f("ix_recollection_state"), "recollection", ["state"], unique=False)


def rejection() -> None:
    op.create_table(
        "rejection",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("container_pk", sa.Integer(), nullable=False),
        sa.Column("ordered_test_id", sa.Integer(), nullable=True),
        sa.Column("reason_code", TEXT, nullable=False),
        sa.Column("comment", TEXT, nullable=False),
        sa.Column("rejected_at", TEXT, nullable=False),
        sa.Column("rejected_by", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["container_pk"], ["container.id"], name=op.f("fk_rejection_container_pk")),
        sa.ForeignKeyConstraint(
            ["ordered_test_id"], ["ordered_test.id"], name=op.f("fk_rejection_ordered_test_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejection")),
    )
    op.create_index(op.f("ix_rejection_container_pk"), "rejection", ["container_pk"], unique=False)


def result() -> None:
    op.create_table(
        "result",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("ordered_test_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("test", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("collected_at", TEXT, nullable=True),
        sa.Column("verified_at", TEXT, nullable=True),
        sa.Column("verified_by", TEXT, nullable=False),
        sa.Column("released_at", TEXT, nullable=True),
        sa.Column("released_by", TEXT, nullable=False),
        sa.Column("released_version", sa.Integer(), nullable=False),
        sa.Column("rerun", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["lab_order.id"], name=op.f("fk_result_order_id")),
        sa.ForeignKeyConstraint(
            ["ordered_test_id"], ["ordered_test.id"], name=op.f("fk_result_ordered_test_id")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_result_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result")),
        sa.UniqueConstraint("ordered_test_id", "test", name=op.f("uq_result_ordered_test_id_test")),
    )
    op.create_index(op.f("ix_result_order_id"), "result", ["order_id"], unique=False)
    op.create_index(
        op.f("ix_result_patient_id_test_collected_at"),
        "result",
        ["patient_id", "test", "collected_at"],
        unique=False,
    )
    op.create_index(op.f("ix_result_state"), "result", ["state"], unique=False)


def report_note() -> None:
    op.create_table(
        "report_note",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=True),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("noted_at", TEXT, nullable=False),
        sa.Column("noted_by", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["lab_order.id"], name=op.f("fk_report_note_order_id")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_report_note_result_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_note")),
    )
    op.create_index(op.f("ix_report_note_order_id"), "report_note", ["order_id"], unique=False)


def result_version() -> None:
    op.create_table(
        "result_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("comparator", TEXT, nullable=False),
        sa.Column("number", TEXT, nullable=True),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("sent_value", TEXT, nullable=False),
        sa.Column("sent_unit", TEXT, nullable=False),
        sa.Column("flags", TEXT, nullable=False),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.Column("interval_text", TEXT, nullable=False),
        sa.Column("disposition", TEXT, nullable=False),
        sa.Column("checks", TEXT, nullable=False),
        sa.Column("comment", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("analyzer", TEXT, nullable=False),
        sa.Column("observed_at", TEXT, nullable=True),
        sa.Column("container_id", TEXT, nullable=False),
        sa.Column("catalog_version_id", sa.Integer(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["catalog_version_id"], ["catalog_version.id"], name=op.f("fk_result_version_catalog_version_id")
        ),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_result_version_result_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_version")),
        sa.UniqueConstraint("result_id", "n", name=op.f("uq_result_version_result_id_n")),
    )


def call() -> None:
    op.create_table(
        "call",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("container_pk", sa.Integer(), nullable=True),
        sa.Column("result_version_id", sa.Integer(), nullable=True),
        sa.Column("what", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("read_back_needed", sa.Boolean(), nullable=False),
        sa.Column("opened_at", TEXT, nullable=False),
        sa.Column("opened_by", TEXT, nullable=False),
        sa.Column("closed_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["container_pk"], ["container.id"], name=op.f("fk_call_container_pk")),
        sa.ForeignKeyConstraint(["order_id"], ["lab_order.id"], name=op.f("fk_call_order_id")),
        sa.ForeignKeyConstraint(
            ["result_version_id"], ["result_version.id"], name=op.f("fk_call_result_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index(op.f("ix_call_order_id"), "call", ["order_id"], unique=False)
    op.create_index(op.f("ix_call_state_kind"), "call", ["state", "kind"], unique=False)


def observation() -> None:
    op.create_table(
        "observation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("inbound_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("interface", TEXT, nullable=False),
        sa.Column("analyzer", TEXT, nullable=False),
        sa.Column("container_sent", TEXT, nullable=False),
        sa.Column("patient_sent", TEXT, nullable=False),
        sa.Column("code_sent", TEXT, nullable=False),
        sa.Column("name_sent", TEXT, nullable=False),
        sa.Column("value_sent", TEXT, nullable=False),
        sa.Column("unit_sent", TEXT, nullable=False),
        sa.Column("flags_sent", TEXT, nullable=False),
        sa.Column("status_sent", TEXT, nullable=False),
        sa.Column("observed_at", TEXT, nullable=True),
        sa.Column("extra", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("test", TEXT, nullable=False),
        sa.Column("result_version_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", TEXT, nullable=True),
        sa.Column("settled_by", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name=op.f("fk_observation_inbound_id")),
        sa.ForeignKeyConstraint(
            ["result_version_id"], ["result_version.id"], name=op.f("fk_observation_result_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
        sa.UniqueConstraint("inbound_id", "seq", name=op.f("uq_observation_inbound_id_seq")),
    )
    op.create_index(op.f("ix_observation_state"), "observation", ["state"], unique=False)


def call_attempt() -> None:
    op.create_table(
        "call_attempt",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("whom", TEXT, nullable=False),
        sa.Column("whom_role", TEXT, nullable=False),
        sa.Column("phone", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("said", TEXT, nullable=False),
        sa.Column("read_back", TEXT, nullable=False),
        sa.Column("comment", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_attempt_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_attempt")),
    )
    op.create_index(op.f("ix_call_attempt_call_id"), "call_attempt", ["call_id"], unique=False)


def upgrade() -> None:
    catalog_version()
    counter()
    countersignature()
    handoff()
    inbound()
    interface()
    journal()
    occurrence()
    outbox()
    patient()
    staff()
    catalog_file()
    control_observation()
    lab()
    occurrence_note()
    visit()
    lab_order()
    specimen()
    container()
    analyzer_work()
    label_print()
    ordered_test()
    recollection()
    rejection()
    result()
    report_note()
    result_version()
    call()
    observation()
    call_attempt()
