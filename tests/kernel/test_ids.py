"""Numbers on cases and tubes: check digit, length, exhaustion."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lis.kernel.errors import Invalid
from lis.kernel.ids import accession_number, accession_of, check_digit, container_id, is_container_id


@pytest.mark.parametrize(
    ("number", "digit"),
    [
        ("0794", "5"),  # the standard's own example
        ("3339200596", "1"),  # a Croatian personal number
        ("3657426180", "9"),  # a German tax number
    ],
)
def test_check_digit_of_known_numbers(number: str, digit: str) -> None:
    assert check_digit(number) == digit


@given(st.text("0123456789", min_size=11, max_size=11), st.integers(0, 10), st.integers(1, 9))
def test_check_digit_finds_every_single_wrong_digit(stem: str, place: int, shift: int) -> None:
    other = str((int(stem[place]) + shift) % 10)
    wrong = stem[:place] + other + stem[place + 1 :]
    assert is_container_id(stem + check_digit(stem)) is True
    assert is_container_id(wrong + check_digit(stem)) is False


def test_accession_number_is_year_day_and_counter() -> None:
    assert accession_number(date(2026, 1, 1), 1) == "260010001"
    assert accession_number(date(2024, 12, 31), 9999) == "243669999"


@pytest.mark.parametrize("counter", [0, 10_000])
def test_accession_number_outside_the_day_is_refused(counter: int) -> None:
    with pytest.raises(Invalid) as refused:
        accession_number(date(2026, 1, 1), counter)
    assert refused.value.code == "accession.exhausted"


def test_container_id_names_its_case() -> None:
    number = container_id("260010001", 7)
    assert (len(number), number[:11], accession_of(number)) == (12, "26001000107", "260010001")
    assert is_container_id(number) is True


@pytest.mark.parametrize("number", [0, 100])
def test_container_number_outside_the_case_is_refused(number: int) -> None:
    with pytest.raises(Invalid) as refused:
        container_id("260010001", number)
    assert refused.value.code == "container.exhausted"


def test_container_id_of_another_shape_is_none() -> None:
    right = container_id("260010001", 1)
    shapes = ["", right[:-1], right + "0", right[:-1] + "x", "٢" * 12, f" {right[1:]}"]
    assert [is_container_id(shape) for shape in shapes] == [False] * len(shapes)
