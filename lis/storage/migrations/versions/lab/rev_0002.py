"""How a value was diluted before it was measured is kept with the version; of earlier ones nothing is known."""

import sqlalchemy as sa
from alembic import op

from lis.storage.tables.types import Txt

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("result_version", sa.Column("sent_dilution", Txt, nullable=False, server_default=""))
