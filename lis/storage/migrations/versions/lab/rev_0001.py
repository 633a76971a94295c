"""The first tables, made by a script: a new laboratory is made often (a class, a reset, a test)."""

from alembic import op

from lis.storage.migrations import LAB, run_first_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_first_script(op.get_bind(), LAB)
