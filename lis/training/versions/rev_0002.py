"""A world keeps the content it was made from and how far it was lived by the crew; snapshots take their world along."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    connection = op.get_bind()
    script = Path(__file__).with_name(f"rev_0002_{connection.dialect.name}.sql").read_text(encoding="utf-8")
    for part in filter(str.strip, script.split(";\n")):
        connection.exec_driver_sql(part, execution_options={"no_parameters": True})
