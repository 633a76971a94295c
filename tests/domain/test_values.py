"""From the text that came to the value that is reported."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from lis.domain.catalog import Catalog
from lis.domain.values import SentValue, reported, value_check


@pytest.mark.parametrize(
    ("test", "text", "shown", "number", "comparator"),
    [
        ("K", "4.05", "4.1", "4.1", ""),
        ("K", "4", "4.0", "4.0", ""),
        ("K", "-0.04", "0.0", "0.0", ""),
        ("NA", "139.5", "140", "140", ""),
        ("CREA", "<0.10", "<0.10", "0.10", "<"),
        ("K", "<0.01", "<0.01", "0.01", "<"),  # never <0.0
        ("K", "> 10", ">10.0", "10.0", ">"),
        ("K", "HEMOLYZED", "HEMOLYZED", None, ""),
        ("HCGS", " POS ", "POS", None, ""),
        ("RPRT", "1 : 8", "1:8", "8", ""),
        ("RPRT", ">1:1024", ">1:1024", "1024", ">"),
        ("RPRT", "2:8", "2:8", None, ""),
    ],
)
def test_value_as_reported(
    catalog: Catalog, test: str, text: str, shown: str, number: str | None, comparator: str
) -> None:
    value = reported(SentValue(test, text), catalog.tests[test])
    expected = None if number is None else Decimal(number)
    assert (value.text, value.number, value.comparator) == (shown, expected, comparator)
    assert value.unit == catalog.tests[test].unit


def test_number_without_decimals_is_kept_as_sent(catalog: Catalog) -> None:
    test = replace(catalog.tests["K"], decimals=None)
    assert reported(SentValue("K", "4.0500"), test).text == "4.0500"
    assert reported(SentValue("K", "-0.00"), test).text == "0.00"


@pytest.mark.parametrize(
    ("test", "text", "reason"),
    [
        ("K", "4.0", ""),
        ("K", "", "value.empty"),
        ("K", "HEMOLYZED", "value.not_a_number"),
        ("K", "1:8", "value.not_a_number"),
        ("HCGS", "POS", ""),
        ("HCGS", "pos", "value.not_in_set"),
        ("RPRT", "1:8", ""),
        ("RPRT", "1:4096", ""),
        ("RPRT", "2:8", "value.not_a_number"),
    ],
)
def test_value_of_the_test_s_kind(catalog: Catalog, test: str, text: str, reason: str) -> None:
    row = catalog.tests[test]
    check = value_check(reported(SentValue(test, text), row), row, catalog.value_set_of(test))
    assert check.reason_code == reason
