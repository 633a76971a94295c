"""The first tables, as `python -m lis.storage.migrations.freeze` wrote them."""

from alembic import op

from lis.storage.migrations import LAB, run_first_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_first_script(op.get_bind(), LAB)
