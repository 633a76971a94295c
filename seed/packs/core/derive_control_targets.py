"""Derive control_targets.csv from the other tables of this pack (SOURCES.md, "Control targets").

Run `python seed/packs/core/derive_control_targets.py` after a change of tests, intervals, criticals or menus. The same
tables give the same file. A laboratory replaces these by the means and SDs of its own lots.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path

from lis.domain.catalog import Analyzer, Catalog, ReferenceInterval, Test
from lis.kernel.quantity import plain, rounded
from lis.storage.packs import catalog_from_files, pack_files

PACK = Path(__file__).parent
FILE, CHOSEN = "control_targets.csv", "control_levels.csv"
HEAD = (
    "analyzer",
    "test",
    "material",
    "lot",
    "level",
    "mean",
    "sd",
    "expected",
    "unit",
    "expires_on",
    "source",
)
ADULT_DAYS = 14600
EXPIRES_ON = "2028-12-31"
SOURCE = "derived: intervals, criticals and cv_pct of this pack"
SOURCE_CODED = "derived: value set of this pack, a negative and a positive level"
# Control materials by what a test is measured in; the first that fits.
MATERIALS = {"UR": "URINE", "CSF": "SPINAL", "PLR": "FLUID", "FLD": "FLUID", "PPP": "COAG"}
WHOLE_BLOOD = {"CBC": "CELL", "DIFF": "CELL", "RETIC": "RETIC", "CARB": "GLYCO", "BG": "GAS"}


def material_of(test: Test) -> str:
    """The control material that holds a test."""
    if "Strip" in test.method or test.section == "DIP":
        return "STRIP"
    if test.container == "ABG":
        return "GAS"
    if test.specimen_type == "WB":
        return WHOLE_BLOOD[test.section]
    immuno = "mmunoassay" in test.method or test.department == "IMM"
    return MATERIALS.get(test.specimen_type, "IMMUNO" if immuno else "CHEM")


def interval_of(catalog: Catalog, test: str) -> ReferenceInterval | None:
    """The interval of an adult (a man where the sexes differ) about whom nothing else is known, else any interval."""
    rows = catalog.intervals.get(test, ())
    adult = [r for r in rows if r.age_low_days <= ADULT_DAYS <= r.age_high_days and r.sex != "F"]
    plain_rows = (
        [r for r in adult if not r.condition] or [r for r in adult if r.when_unknown] or adult or list(rows)
    )
    return next((r for r in plain_rows if r.high is not None or r.low is not None), None)


def bounds(catalog: Catalog, test: Test) -> tuple[Decimal, Decimal]:
    """What stands for normal: the interval, its open side filled from the measuring range."""
    row = interval_of(catalog, test.code)
    low = (row.low if row else None) or Decimal(0)
    high = (row.high if row else None) or low * 2 or (test.amr_high or Decimal(100)) / 10
    return low, high


def levels(catalog: Catalog, test: Test) -> list[Decimal]:
    """Means of two levels by rule: near the limits at which somebody acts, else within and beyond normal."""
    low, high = bounds(catalog, test)
    critical = next((c for c in catalog.criticals.get(test.code, ()) if c.age_high_days >= ADULT_DAYS), None)
    wide = high - low > 2 * low  # rises manifold in disease: the first level is a normal one
    below = (low + high) / 2 if wide else low - (high - low) / 4
    above = high * 3 if wide else high + (high - low)
    if critical and critical.low is not None and not wide:
        below = (critical.low + low) / 2
    if critical and critical.high is not None and critical.high > high:
        above = (critical.high + high) / 2
    return [_measurable(mean, test) for mean in (below, above)]


def _measurable(mean: Decimal, test: Test) -> Decimal:
    """Moved into the measuring range, away from its ends."""
    low, high = test.amr_low, test.amr_high
    return (
        mean if low is None or high is None else min(max(mean, low * Decimal("1.2")), high * Decimal("0.9"))
    )


def targets() -> Iterator[tuple[str, ...]]:
    """Every level of every test on every menu."""
    files = pack_files(PACK)
    catalog = catalog_from_files(files | {FILE: ",".join(HEAD) + "\n"})
    resolutions = {row["code"]: row["resolution"] for row in csv.DictReader(StringIO(files["tests.csv"]))}
    chosen = {row["test"]: row for row in csv.DictReader(StringIO(files[CHOSEN]))}
    for analyzer in catalog.analyzers.values():
        for item in analyzer.menu:
            test = catalog.tests[item.test]
            if test.result_type != "NM":
                yield from coded_rows(catalog, analyzer, test)
                continue
            means, source = levels(catalog, test), SOURCE
            if row := chosen.get(test.code):
                means, source = (
                    [Decimal(mean) for mean in row["means"].split(";")],
                    f"{row['source']}; SD from cv_pct",
                )
            yield from rows_of(analyzer, test, Decimal(resolutions[test.code] or "1"), means, source)


def rows_of(
    analyzer: Analyzer, test: Test, resolution: Decimal, means: list[Decimal], source: str
) -> Iterator[tuple[str, ...]]:
    """One row for each level. The SD is never smaller than the half of a reporting step."""
    material, decimals = material_of(test), test.decimals or 0
    for level, exact in enumerate(means, start=1):
        mean = rounded(exact, decimals)
        sd = max(mean * (test.cv_pct or 0) / 100, resolution / 2 if test.cv_pct else resolution)
        lot = f"{material[:4]}{level}-2601"
        numbers = (str(level), plain(mean), plain(rounded(sd, decimals + 2)), "")
        yield (analyzer.code, test.code, material, lot, *numbers, test.unit, EXPIRES_ON, source)


def coded_rows(catalog: Catalog, analyzer: Analyzer, test: Test) -> Iterator[tuple[str, ...]]:
    """A negative level: the codes that are normal; a positive one: the middle abnormal step and its neighbours."""
    codes = catalog.value_set_of(test.code)
    abnormal = [code.code for code in codes if code.abnormal_flag == "A"]
    middle = len(abnormal) // 2
    negative = [code.code for code in codes if code.abnormal_flag == "N"]
    material = material_of(test)
    for level, expected in enumerate((negative, abnormal[max(0, middle - 1) : middle + 2]), start=1):
        what = (str(level), "", "", ";".join(expected))
        lot = f"{material[:4]}{level}-2601"
        yield (analyzer.code, test.code, material, lot, *what, test.unit, EXPIRES_ON, SOURCE_CODED)


def derived() -> str:
    """The text of control_targets.csv."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    writer.writerows(targets())
    return text.getvalue()


if __name__ == "__main__":
    (PACK / FILE).write_text(derived(), encoding="utf-8")
