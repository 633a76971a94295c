"""A patient's past of a test is found without looking at what was never reported."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    reported = sa.text("state IN ('verified', 'released')")
    op.create_index(
        "ix_result_reported",
        "result",
        ["patient_id", "test", "collected_at", "id"],
        sqlite_where=reported,
        postgresql_where=reported,
    )
