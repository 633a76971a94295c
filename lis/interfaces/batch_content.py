"""Content for a throw-away laboratory: a pack's files, with a test added for every code that it does not have."""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterable, Mapping

from lis.storage.packs import catalog_from_files

TESTS, UNITS = "tests.csv", "units.csv"


def with_codes(
    files: Mapping[str, str], codes: Iterable[tuple[str, str]], known: Mapping[str, str] | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """The files, and the map of sent codes to tests, `known` ones kept.

    A code of the catalogue is that test, which can be ordered alone then; any other becomes a number test with the unit
    given, without a unit none is checked.
    """
    catalog = catalog_from_files(files)
    found = dict(files)
    mapped: dict[str, str] = dict(known or {})
    alone: set[str] = set()
    for code, unit in codes:
        if code in mapped:
            continue
        if code in catalog.tests:
            mapped[code] = code
            if catalog.orderable(code) is None:
                alone.add(code)
            continue
        mapped[code] = f"SENT{len(mapped) + 1:04d}"
        ucum = catalog.ucum_of.get(unit, unit)
        if ucum and ucum not in catalog.units:
            found[UNITS] = _added(found[UNITS], _unit(ucum))
        found[TESTS] = _added(found[TESTS], _test(found[TESTS], mapped[code], code, ucum))
    found[TESTS] = _orderable(found[TESTS], alone)
    return found, mapped


def _orderable(text: str, codes: Container[str]) -> str:
    """The rows of tests, these tests ordered under their own code too."""
    reader = csv.DictReader(io.StringIO(text))
    rows = [row | {"orderable": "Y"} if row["code"] in codes else row for row in reader]
    written = io.StringIO()
    table = csv.DictWriter(written, reader.fieldnames or (), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue()


def _test(text: str, code: str, name: str, unit: str) -> dict[str, str]:
    """A test like the pack's first, without limits, decimals or codes."""
    first = next(iter(csv.DictReader(io.StringIO(text))))
    kept = {name: first[name] for name in _COPIED}
    own = {"code": code, "name": name or code, "ucum": unit, "result_type": "NM", "orderable": "Y"}
    return {**kept, **own, "source": "codes as they were sent"}


_COPIED = ("department", "section", "specimen_hl70487", "container", "distribution", "method")


def _unit(ucum: str) -> dict[str, str]:
    return {"ucum": ucum, "text": ucum, "factor": "1", "dimension": ucum, "source": "as it was sent"}


def _added(text: str, row: Mapping[str, str]) -> str:
    header = next(csv.reader(io.StringIO(text)))
    written = io.StringIO()
    csv.DictWriter(written, header, lineterminator="\n", restval="", extrasaction="ignore").writerow(row)
    return text.rstrip("\n") + "\n" + written.getvalue()
