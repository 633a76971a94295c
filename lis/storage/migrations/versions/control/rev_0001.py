"""The first tables of control. Written by `python -m lis.storage.migrations.freeze`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def account() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("password_hash", TEXT, nullable=False),
        sa.Column("card", TEXT, nullable=True),
        sa.Column("pin_hash", TEXT, nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("card", name=op.f("uq_account_card")),
        sa.UniqueConstraint("username", name=op.f("uq_account_username")),
    )


def control_event() -> None:
    op.create_table(
        "control_event",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("verb", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("data", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_control_event")),
    )


def lab_directory() -> None:
    op.create_table(
        "lab_directory",
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("parent", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("dropped_at", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_lab_directory")),
    )


def throttle() -> None:
    op.create_table(
        "throttle",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )


def membership() -> None:
    op.create_table(
        "membership",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("lab", TEXT, nullable=False),
        sa.Column("staff_code", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_membership_account_id")),
        sa.ForeignKeyConstraint(["lab"], ["lab_directory.slug"], name=op.f("fk_membership_lab")),
        sa.PrimaryKeyConstraint("account_id", "lab", name=op.f("pk_membership")),
        sa.UniqueConstraint("lab", "staff_code", name=op.f("uq_membership_lab_staff_code")),
    )


def session() -> None:
    op.create_table(
        "session",
        sa.Column("token_hash", TEXT, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("lab", TEXT, nullable=False),
        sa.Column("station", TEXT, nullable=False),
        sa.Column("csrf", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("seen_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_session_account_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_account_id"), "session", ["account_id"], unique=False)


def upgrade() -> None:
    account()
    control_event()
    lab_directory()
    throttle()
    membership()
    session()
