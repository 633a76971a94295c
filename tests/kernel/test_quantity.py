"""Numbers, comparators, titres, rounding."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lis.kernel.quantity import Quantity, parse_decimal, parse_quantity, parse_titre, plain, rounded


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("140", "140"),
        (" 4.10 ", "4.10"),
        ("<0.01", "<0.01"),
        (">= 200", ">=200"),
        ("<=5", "<=5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("-2.5", "-2.5"),
        ("+3", "3"),
        ("0.0000001", "0.0000001"),
    ],
)
def test_quantity_read_and_written(text: str, shown: str) -> None:
    assert str(parse_quantity(text)) == shown


@pytest.mark.parametrize(
    "text", ["", "<", "<>5", "1,5", "1:8", "NaN", "inf", "5 mg", "1_000", "1e9999", "--5", "٣", "HEMOLYZED"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert parse_quantity(text) is None


def test_quantity_knows_whether_it_is_exact() -> None:
    assert (Quantity(Decimal(5)).is_exact, Quantity(Decimal(5), "", "<").is_exact) == (True, False)


@pytest.mark.parametrize(
    ("text", "titre"),
    [("1:128", (1, 128)), (" 1 : 8 ", (1, 8)), ("1:", None), ("1:8:2", None), ("128", None)],
)
def test_titre(text: str, titre: tuple[int, int] | None) -> None:
    assert parse_titre(text) == titre


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        ("4.05", 1, "4.1"),
        ("4.049", 1, "4.0"),
        ("-4.05", 1, "-4.1"),
        ("2.5", 0, "3"),
        ("3.5", 0, "4"),
        ("7", 2, "7.00"),
        ("0.005", 2, "0.01"),
        ("123456789012345678901234567890.25", 1, "123456789012345678901234567890.3"),
    ],
)
def test_rounding_is_half_up(value: str, decimals: int, shown: str) -> None:
    assert plain(rounded(Decimal(value), decimals)) == shown


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4))
def test_a_number_written_plain_reads_back_the_same(value: Decimal) -> None:
    assert parse_decimal(plain(value)) == value
