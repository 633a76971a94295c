"""The tables of a pack as checks look at them: rows by key, tests by code, and problems with their line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lis.storage import packs_rows as rows
from lis.storage.packs_reading import Line, PackProblem
from lis.storage.packs_tables import Tables

ADULT_DAYS = 14600


class Checked:
    """A pack under check."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.tests: dict[str, rows.TestRow] = {line.row.code: line.row for line in self.lines("tests.csv")}

    def lines(self, file: str) -> list[Line[Any]]:
        return self._tables[file].lines

    def keys(self, file: str, name: str) -> frozenset[str] | None:
        """The values of a column, or None when the table has refused rows and cannot vouch for what is absent."""
        table = self._tables[file]
        return None if table.problems else frozenset(getattr(row, name) for row in table.rows)

    def is_whole(self, *files: str) -> bool:
        """Whether none of these tables has refused rows."""
        return not any(self._tables[file].problems for file in files)

    def of_test(self, file: str) -> Iterator[tuple[Line[Any], rows.TestRow]]:
        """The lines of a table with the test that each is about; unknown tests are another check's."""
        for line in self.lines(file):
            if line.row.test in self.tests:
                yield line, self.tests[line.row.test]


def problem(file: str, line: Line[Any], reason: str) -> PackProblem:
    return PackProblem(file, line.number, reason)


def ages_meet(one: Any, other: Any) -> bool:
    """Whether two rows hold for some age in common."""
    return bool(one.age_low_days <= other.age_high_days and other.age_low_days <= one.age_high_days)
