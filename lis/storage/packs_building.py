"""From checked rows to the Catalog: index, group, and give single tests their own orderables."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar, cast

from lis.domain import catalog as c
from lis.domain.people import ROLES
from lis.storage import packs_rows as rows
from lis.storage.packs_tables import PACK_FILE, TEXTS_FILE, Tables

T = TypeVar("T")


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cast(Any, kind)))


def _as(kind: type[T], row: Any, **others: Any) -> T:
    """The row as a catalogue type: fields of the same name, the rest given."""
    return kind(**{n: getattr(row, n) for n in _names(cast(Hashable, kind)) if n not in others}, **others)


def _grouped(kind: type[T], found: Iterable[Any], key: str = "test") -> dict[str, tuple[T, ...]]:
    groups: dict[str, list[T]] = {}
    for row in found:
        groups.setdefault(getattr(row, key), []).append(_as(kind, row))
    return {name: tuple(group) for name, group in groups.items()}


def build_catalog(tables: Tables, digest: str) -> c.Catalog:
    """The catalogue of tables without problems."""

    def keyed(kind: type[T], file: str, key: str = "code") -> dict[str, T]:
        return {getattr(row, key): _as(kind, row) for row in tables[f"{file}.csv"].rows}

    def grouped(kind: type[T], file: str, key: str = "test") -> dict[str, tuple[T, ...]]:
        return _grouped(kind, tables[f"{file}.csv"].rows, key)

    pack: rows.PackRow = next(iter(tables[PACK_FILE].rows))
    tests = keyed(c.Test, "tests")
    return c.Catalog(
        pack=pack.name,
        version=pack.version,
        title=pack.title,
        digest=digest,
        laboratory=_laboratory(pack),
        index_tests={str(letter): test for letter, test in pack.indices.items()},
        tests=tests,
        orderables=_orderables(tables, tests, pack.indices),
        containers=keyed(c.ContainerType, "containers"),
        specimen_types=keyed(c.SpecimenType, "specimen_types"),
        intervals=grouped(c.ReferenceInterval, "reference_intervals"),
        criticals=grouped(c.CriticalLimit, "critical_values"),
        deltas=keyed(c.DeltaLimit, "delta_limits", "test"),
        autoverification=grouped(c.AutoverificationRange, "autoverification"),
        formulas=keyed(c.Formula, "formulas", "id"),
        consistency=tuple(_as(c.ConsistencyRule, row) for row in tables["consistency_rules.csv"].rows),
        hil_effects=grouped(c.HilEffect, "hil_effects"),
        rejection_reasons=keyed(c.RejectionReason, "rejection_reasons"),
        value_sets=grouped(c.CodedValue, "value_sets", "value_set"),
        units=keyed(c.Unit, "units", "ucum"),
        control_targets=tuple(_as(c.ControlTarget, row) for row in tables["control_targets.csv"].rows),
        analyzers={row.code: _analyzer(row) for row in tables["analyzers.yaml"].rows},
        peers={row.code: _as(c.Peer, row) for row in tables["peers.yaml"].rows},
        roles=_roles(tables, pack),
        texts={row.key: row.text for row in tables[TEXTS_FILE].rows},
        constants={row.code: row.value for row in tables["constants.csv"].rows},
        refrigerated=pack.refrigerated,
        due_soon_share=pack.due_soon_share,
    )


def _laboratory(pack: rows.PackRow) -> c.Laboratory:
    return _as(c.Laboratory, pack.laboratory, zone=pack.zone, environment=pack.environment)


def _analyzer(row: rows.AnalyzerRow) -> c.Analyzer:
    return _as(c.Analyzer, row, menu=tuple(_as(c.MenuItem, item) for item in row.menu))


def _roles(tables: Tables, pack: rows.PackRow) -> dict[str, c.RoleActs]:
    acts = list(tables["roles.csv"].rows)
    return {
        role: c.RoleActs(role, pack.roles.get(role, role), frozenset(a.act for a in acts if getattr(a, role)))
        for role in ROLES
    }


def _orderables(
    tables: Tables, tests: dict[str, c.Test], indices: Mapping[Any, str]
) -> dict[str, c.Orderable]:
    """Panels, and every test marked orderable under its own code unless a panel has that code."""
    items: dict[str, list[c.PanelItem]] = {}
    for row in sorted(tables["panels.csv"].rows, key=lambda row: (row.panel, row.seq)):
        items.setdefault(row.panel, []).append(_as(c.PanelItem, row))
    panels = {
        row.code: _as(c.Orderable, row, items=tuple(items.get(row.code, ())))
        for row in tables["orderables.csv"].rows
    }
    alone = (tests[row.code] for row in tables["tests.csv"].rows if row.orderable and row.code not in panels)
    return panels | {test.code: _single(test, panels, indices) for test in alone}


def _single(test: c.Test, panels: dict[str, c.Orderable], indices: Mapping[Any, str]) -> c.Orderable:
    """A test ordered alone, with the indices that it needs.

    Volume and turn-around are those of the smallest panel in the same tube that has it.
    """
    homes = (p for p in panels.values() if test.code in p.tests and p.container == test.container)
    home = min(homes, key=lambda panel: len(panel.items), default=None)
    return _as(
        c.Orderable,
        test,
        min_volume_ml=home.min_volume_ml if home else None,
        tat_stat_min=home.tat_stat_min if home else None,
        tat_routine_min=home.tat_routine_min if home else None,
        items=(
            c.PanelItem(test.code, True),
            *(c.PanelItem(indices[letter], False) for letter in test.hil_sensitive if letter in indices),
        ),
    )
