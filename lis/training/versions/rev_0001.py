"""The first tables of the training side."""

from alembic import op

from lis.storage.migrations import run_first_script
from lis.training.tables import TRAINING

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_first_script(op.get_bind(), TRAINING)
