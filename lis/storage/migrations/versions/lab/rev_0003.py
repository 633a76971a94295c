"""Messages are found by what their values name: a container, a patient, a code, a test."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    named = ["inbound_id", "container_sent", "patient_sent", "code_sent", "test"]
    op.create_index("ix_observation_named", "observation", named)
