"""Names: every code that a table uses exists, once, and means the same size of unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lis.domain.findings import CODES
from lis.domain.people import ROLES, Act
from lis.storage.packs_checked import Checked, problem
from lis.storage.packs_reading import Line, PackProblem

# file, columns that together name a row
KEYS = (
    ("tests.csv", ("code",)),
    ("orderables.csv", ("code",)),
    ("panels.csv", ("panel", "test")),
    ("containers.csv", ("code",)),
    ("specimen_types.csv", ("code",)),
    ("reference_intervals.csv", ("test", "sex", "age_low_days", "condition")),
    ("critical_values.csv", ("test", "age_low_days")),
    ("delta_limits.csv", ("test",)),
    ("autoverification.csv", ("test", "min_age_days")),
    ("formulas.csv", ("id",)),
    ("constants.csv", ("code",)),
    ("consistency_rules.csv", ("id",)),
    ("hil_effects.csv", ("test", "interferent")),
    ("rejection_reasons.csv", ("code",)),
    ("value_sets.csv", ("value_set", "code")),
    ("units.csv", ("ucum",)),
    ("control_targets.csv", ("analyzer", "test", "lot", "level")),
    ("roles.csv", ("act",)),
    ("analyzers.yaml", ("code",)),
    ("peers.yaml", ("code",)),
    ("texts.yaml", ("key",)),
)
# file, column, and the file and column where its value, or each of several, must be found
REFERENCES = (
    ("tests.csv", "container", "containers.csv", "code"),
    ("tests.csv", "specimen_type", "specimen_types.csv", "code"),
    ("tests.csv", "value_set", "value_sets.csv", "value_set"),
    ("tests.csv", "formula", "formulas.csv", "id"),
    ("tests.csv", "unit", "units.csv", "ucum"),
    ("orderables.csv", "container", "containers.csv", "code"),
    ("orderables.csv", "specimen_type", "specimen_types.csv", "code"),
    ("panels.csv", "panel", "orderables.csv", "code"),
    ("panels.csv", "test", "tests.csv", "code"),
    ("panels.csv", "container", "containers.csv", "code"),
    ("containers.csv", "specimen_type", "specimen_types.csv", "code"),
    ("containers.csv", "in_place_of", "containers.csv", "code"),
    ("specimen_types.csv", "default_container", "containers.csv", "code"),
    ("reference_intervals.csv", "test", "tests.csv", "code"),
    ("critical_values.csv", "test", "tests.csv", "code"),
    ("delta_limits.csv", "test", "tests.csv", "code"),
    ("autoverification.csv", "test", "tests.csv", "code"),
    ("hil_effects.csv", "test", "tests.csv", "code"),
    ("formula_checks.csv", "formula", "formulas.csv", "id"),
    ("constants.csv", "unit", "units.csv", "ucum"),
    ("control_targets.csv", "test", "tests.csv", "code"),
    ("control_targets.csv", "analyzer", "analyzers.yaml", "code"),
)
UNIT_OF_TEST = (
    "reference_intervals.csv",
    "critical_values.csv",
    "delta_limits.csv",
    "autoverification.csv",
    "control_targets.csv",
)


def duplicates(pack: Checked) -> Iterator[PackProblem]:
    """A key that is there twice."""
    for file, names in KEYS:
        first: dict[tuple[Any, ...], int] = {}
        for line in pack.lines(file):
            key = tuple(getattr(line.row, name) for name in names)
            at = first.setdefault(key, line.number)
            if at != line.number:
                yield problem(file, line, f"{' '.join(map(str, key))} is there twice (line {at})")


def references(pack: Checked) -> Iterator[PackProblem]:
    """A code that its own table does not have."""
    for file, name, home, key in REFERENCES:
        known = pack.keys(home, key)
        if known is None:
            continue
        for line in pack.lines(file):
            said = getattr(line.row, name)
            for code in said if isinstance(said, tuple) else (said,):
                if code and code not in known:
                    yield problem(file, line, f"{name} {code} is not in {home}")


def units(pack: Checked) -> Iterator[PackProblem]:
    """A limit in another unit than its test."""
    for file in UNIT_OF_TEST:
        for line, test in pack.of_test(file):
            if line.row.unit != test.unit:
                yield problem(file, line, f"unit {line.row.unit!r} where {test.code} has {test.unit!r}")


def spellings(pack: Checked) -> Iterator[PackProblem]:
    """A spelling that two units claim, or that says nothing."""
    owner: dict[str, str] = {}
    for line in pack.lines("units.csv"):
        for spelling in (line.row.ucum, *line.row.synonyms):
            other = owner.setdefault(spelling, line.row.ucum)
            if other != line.row.ucum:
                yield problem("units.csv", line, f"{spelling} is written for {other} and for {line.row.ucum}")
        if len(set(line.row.synonyms)) < len(line.row.synonyms):
            yield problem("units.csv", line, f"a synonym of {line.row.ucum} is there twice")


def menus(pack: Checked) -> Iterator[PackProblem]:
    """A menu that names no test, names one twice, or sends another size of unit."""
    sizes = _sizes(pack)
    known = pack.keys("tests.csv", "code")
    for line in pack.lines("analyzers.yaml"):
        for reason in _menu_errors(line.row.menu, known, pack, sizes):
            yield problem("analyzers.yaml", line, f"{line.row.code}: {reason}")


def _menu_errors(
    menu: Any, known: frozenset[str] | None, pack: Checked, sizes: dict[str, tuple[Any, str]]
) -> Iterator[str]:
    tests, codes = [item.test for item in menu], [item.code for item in menu]
    for item in menu:
        if tests.count(item.test) > 1 or codes.count(item.code) > 1:
            yield f"{item.test} or its code {item.code} is on the menu twice"
        test = pack.tests.get(item.test)
        if test is None:
            if known is not None:
                yield f"menu test {item.test} is not in tests.csv"
        elif test.unit and sizes.get(item.unit) != sizes.get(test.unit, ()):
            yield f"unit {item.unit!r} of {item.test} is not of the size of {test.unit}"


def _sizes(pack: Checked) -> dict[str, tuple[Any, str]]:
    return {
        spelling: (line.row.factor, line.row.dimension)
        for line in pack.lines("units.csv")
        for spelling in (line.row.ucum, *line.row.synonyms)
    }


def panels(pack: Checked) -> Iterator[PackProblem]:
    """A panel without tests, with another number of tests than it says, or that nothing completes."""
    if not pack.is_whole("panels.csv"):
        return
    items: dict[str, list[Any]] = {}
    for line in pack.lines("panels.csv"):
        items.setdefault(line.row.panel, []).append(line.row)
    for line in pack.lines("orderables.csv"):
        found = items.get(line.row.code, [])
        if len(found) != line.row.n_analytes:
            reason = f"{line.row.code} says {line.row.n_analytes} tests and has {len(found)}"
            yield problem("orderables.csv", line, reason)
        if found and not any(item.required for item in found):
            yield problem("orderables.csv", line, f"{line.row.code} has no required test")


def roles(pack: Checked) -> Iterator[PackProblem]:
    """An act that no row names, or that no role carries; a role without a name."""
    named = pack.keys("roles.csv", "act")
    for act in Act:
        if named is not None and act not in named:
            yield PackProblem("roles.csv", 1, f"act {act} is not in the table")
    for line in pack.lines("roles.csv"):
        if not any(getattr(line.row, role) for role in ROLES):
            yield problem("roles.csv", line, f"no role carries {line.row.act}")
    for line in pack.lines("pack.yaml"):
        for role in set(ROLES) ^ set(line.row.roles):
            yield problem("pack.yaml", line, f"role {role} is {'unnamed' if role in ROLES else 'unknown'}")


def zones(pack: Checked) -> Iterator[PackProblem]:
    """A time zone that no clock knows; an index that is no test."""
    for file in ("pack.yaml", "peers.yaml"):
        for line in pack.lines(file):
            if not _is_zone(line.row.zone):
                yield problem(file, line, f"{line.row.zone} is no IANA time zone")
    known = pack.keys("tests.csv", "code")
    for line in pack.lines("pack.yaml") if known is not None else ():
        yield from _unknown_indices(line, known or frozenset())


def _unknown_indices(line: Line[Any], known: frozenset[str]) -> Iterator[PackProblem]:
    for letter, test in line.row.indices.items():
        if test not in known:
            yield problem("pack.yaml", line, f"index {letter}: {test} is not in tests.csv")


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def findings(pack: Checked) -> Iterator[PackProblem]:
    """A reason tied to a finding that no rule of reception makes."""
    for line in pack.lines("rejection_reasons.csv"):
        for code in line.row.findings:
            if code not in CODES:
                yield problem("rejection_reasons.csv", line, f"{code} is no finding: {', '.join(CODES)}")
