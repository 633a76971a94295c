"""Everything that is wrong with a content pack, each with file, line and reason.

Row by row the models refuse; here tables are held against one another. A table with refused rows is not used to call
other tables' references wrong: one mistake gives one problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from lis.kernel.errors import Invalid
from lis.storage import packs_check_limits as limits
from lis.storage import packs_check_names as names
from lis.storage import packs_check_rules as rules
from lis.storage.packs_checked import Checked
from lis.storage.packs_files import pack_files
from lis.storage.packs_later import check_later
from lis.storage.packs_reading import PackProblem
from lis.storage.packs_tables import read_tables

CHECKS: tuple[Callable[[Checked], Iterator[PackProblem]], ...] = (
    names.duplicates,
    names.references,
    names.units,
    names.spellings,
    names.menus,
    names.panels,
    names.roles,
    names.zones,
    names.findings,
    limits.tests,
    limits.containers,
    limits.intervals,
    limits.criticals,
    limits.deltas,
    limits.autoverification,
    limits.controls,
    rules.formulas,
    rules.formula_checks,
    rules.consistency,
)


def check_pack(folder: Path) -> list[PackProblem]:
    """All problems of a pack, and notes on what is right but worth knowing, in the order of files and lines."""
    try:
        files = pack_files(folder)
    except Invalid as refusal:
        return [PackProblem(folder.name, 0, refusal.message)]
    return check_files(files)


def check_files(files: Mapping[str, str]) -> list[PackProblem]:
    """`check_pack` of a pack's text, wherever it is kept."""
    tables = read_tables(files)
    found = [problem for table in tables.values() for problem in table.problems]
    checked = Checked(tables)
    for check in CHECKS:
        found += check(checked)
    found += check_later(files, set(tables))
    return sorted(set(found), key=lambda p: (p.note, p.file, p.line, p.reason))
