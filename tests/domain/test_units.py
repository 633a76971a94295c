"""Is the number sent a number in the test's unit?"""

from __future__ import annotations

import pytest

from lis.domain.catalog import Catalog
from lis.domain.units import same_unit, ucum_for, unit_check


@pytest.mark.parametrize(
    ("test", "unit", "answer", "outcome"),
    [
        ("K", "mmol/L", "matched", "passed"),
        ("K", " mmol/l ", "matched", "passed"),
        ("K", "mM", "matched", "passed"),
        ("K", "mg/dL", "mismatch", "failed"),
        ("HGB", "mg/dL", "mismatch", "failed"),  # the same dimension, another size
        ("K", "MMOL/L", "unknown", "not_evaluable"),
        ("K", "", "absent", "not_evaluable"),
        ("HCGS", "", "not_checked", "not_applicable"),
        ("HCGS", "mmol/L", "not_checked", "not_applicable"),
        ("PT", "sec", "matched", "passed"),
    ],
)
def test_unit_as_sent(catalog: Catalog, test: str, unit: str, answer: str, outcome: str) -> None:
    row = catalog.tests[test]
    assert (same_unit(row, unit, catalog), unit_check(row, unit, catalog).outcome) == (answer, outcome)


def test_spelling_to_ucum(catalog: Catalog) -> None:
    assert [ucum_for(text, catalog) for text in ("mg%", "INR", "furlong", "")] == [
        "mg/dL",
        "{INR}",
        None,
        None,
    ]
