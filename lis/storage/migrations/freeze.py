"""`python -m lis.storage.migrations.freeze`: write the first revision anew from the tables.

Only until the first release; from then on a change of tables is a revision of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Literal

from alembic.autogenerate import render_python_code
from alembic.operations.ops import CreateIndexOp, CreateTableOp, UpgradeOps
from sqlalchemy import Table, Text
from sqlalchemy.types import TypeDecorator

from lis.storage.migrations import CONTROL, LAB, Family

HEAD = '''"""The first tables of {of}. Written by `python -m lis.storage.migrations.freeze`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
'''


def main() -> None:
    for family in (LAB, CONTROL):
        path = family.versions / "rev_0001.py"
        path.write_text(first_revision(family), encoding="utf-8")
        subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", path], check=True)


def first_revision(family: Family) -> str:
    """The text of revision 0001: one function per table, called in the order of foreign keys."""
    tables = family.metadata.sorted_tables
    parts = [HEAD.format(of=family.versions.name)]
    parts += [f"def {table.name}() -> None:\n{_body(table)}\n" for table in tables]
    calls = "\n".join(f"    {table.name}()" for table in tables)
    parts.append(f"def upgrade() -> None:\n{calls}\n")
    return "\n\n".join(parts)


def _body(table: Table) -> str:
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    operations: list[Any] = [CreateTableOp.from_table(table), *map(CreateIndexOp.from_index, indexes)]
    code = render_python_code(UpgradeOps(operations), render_item=_render)
    return "\n".join(_without_comments(code))


def _without_comments(code: str) -> Iterator[str]:
    return (line for line in code.splitlines() if not line.strip().startswith("#"))


def _render(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """Every type of ours is stored as text; a revision does not depend on what the code makes of it."""
    return "TEXT" if kind == "type" and isinstance(item, (Text, TypeDecorator)) else False


if __name__ == "__main__":
    main()
