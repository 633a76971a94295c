"""`python -m lis.training.freeze`: write the first revision's SQL anew from the tables, until the first release."""

from __future__ import annotations

from lis.storage.migrations import first_script
from lis.storage.migrations.freeze import DIALECTS, statements
from lis.training.tables import TRAINING


def main() -> None:
    for dialect in DIALECTS:
        path = first_script(TRAINING, dialect.name)
        path.write_text("".join(statements(TRAINING, dialect)), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
