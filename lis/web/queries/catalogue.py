"""What the LIS admin sees: the catalogue in force, its versions, and the staff. No patients, no results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from lis.domain.catalog import Catalog, CriticalLimit, ReferenceInterval, Test
from lis.domain.people import Act
from lis.kernel.errors import NotFound
from lis.lab import Reading
from lis.storage import catalogs
from lis.storage import tables as t

MOST_TESTS = 400


@dataclass(frozen=True, slots=True)
class ListedTest:
    """A test with what hangs on it."""

    test: Test
    unit: str
    intervals: tuple[ReferenceInterval, ...]
    criticals: tuple[CriticalLimit, ...]
    measured_by: tuple[str, ...]
    is_calculated: bool


def versions(reading: Reading) -> list[Row[Any]]:
    """Every catalogue this laboratory has had, the newest first."""
    v = t.catalog_version
    return list(reading.connection.execute(select(v).order_by(v.c.id.desc())))


def files(reading: Reading) -> list[tuple[str, int]]:
    """The files of the catalogue in force, each with its number of lines."""
    found = catalogs.files_of(reading.connection, reading.head.catalog_version_id)
    return [(name, text.count("\n")) for name, text in sorted(found.items())]


def file(reading: Reading, name: str) -> str:
    """The text of one file in force, or NotFound."""
    found = catalogs.files_of(reading.connection, reading.head.catalog_version_id)
    if name not in found:
        raise NotFound("catalog.no_file", f"The catalogue has no file {name}.")
    return found[name]


def tests(reading: Reading, text: str) -> list[ListedTest]:
    """Tests whose code, name, LOINC, department or unit contain every word that was typed."""
    catalog, wanted = reading.catalog, text.casefold().split()
    found = [test for test in catalog.tests.values() if _is_meant(test, catalog, wanted)]
    return [_listed(test, catalog) for test in found[:MOST_TESTS]]


def acts(reading: Reading) -> list[tuple[str, dict[str, bool]]]:
    """Every act with whether each role of the laboratory carries it."""
    roles = reading.catalog.roles
    return [(str(act), {role: act in row.acts for role, row in roles.items()}) for act in Act]


def staff(reading: Reading) -> list[Row[Any]]:
    """The staff, by role and name."""
    s = t.staff
    return list(reading.connection.execute(select(s).order_by(s.c.role, s.c.name)))


def _is_meant(test: Test, catalog: Catalog, wanted: list[str]) -> bool:
    unit = catalog.unit_text(test.unit)
    said = " ".join((test.code, test.name, test.loinc or "", test.department, test.section, unit)).casefold()
    return all(word in said for word in wanted)


def _listed(test: Test, catalog: Catalog) -> ListedTest:
    return ListedTest(
        test,
        catalog.unit_text(test.unit),
        catalog.intervals.get(test.code, ()),
        catalog.criticals.get(test.code, ()),
        catalog.measured_by.get(test.code, ()),
        test.code in catalog.calculated,
    )
