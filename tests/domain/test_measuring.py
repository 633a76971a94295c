"""The measuring range and the flags that come with a value."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lis.domain.catalog import Catalog
from lis.domain.measuring import (
    analyzer_flag_check,
    dilution_factor,
    measuring_range_check,
    off_scale_flag,
)
from lis.kernel.quantity import parse_quantity


@pytest.mark.parametrize(
    ("text", "outcome", "reason"),
    [
        ("1.0", "passed", ""),
        ("10.0", "passed", ""),
        ("0.99", "failed", "measuring_range.below"),
        ("10.04", "failed", "measuring_range.above"),  # would round into it
        ("<1.0", "passed", ""),
        ("<=1", "passed", ""),
        (">10", "passed", ""),
        ("<2", "failed", "measuring_range.comparator"),
        (">9", "failed", "measuring_range.comparator"),
        (">1.0", "failed", "measuring_range.comparator"),
        ("none", "not_applicable", ""),
    ],
)
def test_measuring_range_of_one_to_ten(catalog: Catalog, text: str, outcome: str, reason: str) -> None:
    check = measuring_range_check(catalog.tests["K"], parse_quantity(text))
    assert (check.outcome, check.reason_code) == (outcome, reason)


@pytest.mark.parametrize(
    ("text", "dilution", "outcome", "reason"),
    [
        ("50.0", "1:5", "passed", ""),
        ("5.0", "1:5", "passed", ""),
        ("50.1", "1:5", "failed", "measuring_range.above"),
        ("4.99", "1:5", "failed", "measuring_range.diluted_too_far"),  # undiluted it would be within
        ("0.5", "1:5", "failed", "measuring_range.diluted_too_far"),
        (">50", "1:5", "passed", ""),
        (">10", "1:5", "failed", "measuring_range.comparator"),
        ("<5", "1:5", "failed", "measuring_range.diluted_too_far"),
        ("50.0", "1:0", "not_evaluable", "measuring_range.dilution"),
        ("5.0", "AUTO", "not_evaluable", "measuring_range.dilution"),
        ("5.0", "5:1", "not_evaluable", "measuring_range.dilution"),
        ("10.1", "1:1", "failed", "measuring_range.above"),
        ("0.9", "1:1", "failed", "measuring_range.below"),
    ],
)
def test_dilution_moves_the_measuring_range_of_one_to_ten(
    catalog: Catalog, text: str, dilution: str, outcome: str, reason: str
) -> None:
    check = measuring_range_check(catalog.tests["K"], parse_quantity(text), dilution)
    assert (check.outcome, check.reason_code) == (outcome, reason)


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("", "1"),
        (" ", "1"),
        ("1:1", "1"),
        ("1:5", "5"),
        ("2:5", "2.5"),
        ("1:2.5", "2.5"),
        ("1/10", "10"),
        ("1:0", None),
        ("0:5", None),
        ("5:1", None),
        ("5", None),
        ("1+4", None),
        ("1:5:2", None),
        ("1:.", None),
    ],
)
def test_factor_of_a_dilution(text: str, factor: str | None) -> None:
    assert dilution_factor(text) == (None if factor is None else Decimal(factor))


def test_test_without_a_measuring_range(catalog: Catalog) -> None:
    assert measuring_range_check(catalog.tests["AGAP"], parse_quantity("<5")).outcome == "not_applicable"


@pytest.mark.parametrize(
    ("flags", "text", "reason"),
    [
        ((), "5", ""),
        (("H", "N", "", "POS"), "5", ""),
        (("<",), "<5", ""),
        (("<",), "5", "analyzer_flags.off_scale"),
        ((">",), "", "analyzer_flags.off_scale"),
        (("H", "QCF"), "5", "analyzer_flags.warning"),
        (("99X",), "5", "analyzer_flags.warning"),
    ],
)
def test_flags_of_the_analyzer(flags: tuple[str, ...], text: str, reason: str) -> None:
    assert analyzer_flag_check(flags, parse_quantity(text)).reason_code == reason


def test_off_scale_flag() -> None:
    assert [off_scale_flag(parse_quantity(text)) for text in ("<=5", ">5", "5", "")] == ["<", ">", "", ""]
