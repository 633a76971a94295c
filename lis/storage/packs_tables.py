"""Which files a pack has, and how each is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lis.storage import packs_rows as rows
from lis.storage.packs_reading import Table, read_csv, read_yaml_list, read_yaml_row, read_yaml_texts

CSV_TABLES: dict[str, type[rows.Row]] = {
    "tests.csv": rows.TestRow,
    "orderables.csv": rows.OrderableRow,
    "panels.csv": rows.PanelRow,
    "containers.csv": rows.ContainerRow,
    "specimen_types.csv": rows.SpecimenTypeRow,
    "reference_intervals.csv": rows.IntervalRow,
    "critical_values.csv": rows.CriticalRow,
    "delta_limits.csv": rows.DeltaRow,
    "autoverification.csv": rows.AutoverificationRow,
    "formulas.csv": rows.FormulaRow,
    "formula_checks.csv": rows.FormulaCheckRow,
    "constants.csv": rows.ConstantRow,
    "consistency_rules.csv": rows.ConsistencyRow,
    "hil_effects.csv": rows.HilRow,
    "rejection_reasons.csv": rows.RejectionRow,
    "value_sets.csv": rows.CodedValueRow,
    "units.csv": rows.UnitRow,
    "control_targets.csv": rows.ControlTargetRow,
    "roles.csv": rows.RoleActRow,
}
YAML_LISTS: dict[str, type[rows.Row]] = {"analyzers.yaml": rows.AnalyzerRow, "peers.yaml": rows.PeerRow}
PACK_FILE, TEXTS_FILE = "pack.yaml", "texts.yaml"

# A pack's tables by file name. Each is a Table of the model named above.
Tables = dict[str, Table[Any]]


def read_tables(files: Mapping[str, str]) -> Tables:
    """Every table of the catalogue, read; a file that is not there is a problem of its own."""
    names = (*CSV_TABLES, *YAML_LISTS, PACK_FILE, TEXTS_FILE)
    return {name: _read(name, files[name]) if name in files else _missing(name) for name in names}


def _read(name: str, text: str) -> Table[Any]:
    if name in CSV_TABLES:
        return read_csv(name, text, CSV_TABLES[name])
    if name in YAML_LISTS:
        return read_yaml_list(name, text, name.removesuffix(".yaml"), YAML_LISTS[name])
    if name == PACK_FILE:
        return read_yaml_row(name, text, rows.PackRow)
    return read_yaml_texts(name, text)


def _missing(name: str) -> Table[Any]:
    table: Table[Any] = Table(name)
    table.refuse(0, "is not in the pack")
    return table
