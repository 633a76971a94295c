"""`python -m lis.storage.migrations.freeze`: write the first revision's SQL anew from the tables.

Only until the first release; from then on a change of tables is a revision of its own. Scripts, because a new
laboratory is made often (a class, a reset, a test) and composing its statements each time costs more than running them.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from lis.storage.migrations import CONTROL, LAB, Family, first_script

DIALECTS: tuple[Dialect, ...] = (sqlite.dialect(), postgresql.dialect())


def main() -> None:
    for family in (LAB, CONTROL):
        for dialect in DIALECTS:
            path = first_script(family, dialect.name)
            path.write_text("".join(statements(family, dialect)), encoding="utf-8", newline="\n")


def statements(family: Family, dialect: Dialect) -> Iterator[str]:
    """Every table with its indexes, referenced tables first."""
    for table in family.metadata.sorted_tables:
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        elements: list[DDLElement] = [CreateTable(table), *map(CreateIndex, indexes)]
        for element in elements:
            text = str(element.compile(dialect=dialect)).strip().replace("\t", "  ")
            yield "\n".join(line.rstrip() for line in text.splitlines()) + ";\n\n"


if __name__ == "__main__":
    main()
