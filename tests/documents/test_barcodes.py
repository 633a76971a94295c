import barcode
import pytest

from lis.documents.barcodes import bars, code128_modules, widest_module


@pytest.mark.parametrize("text", ["263310001015", "2633100010", "%RCV", "%REJ-HEM", "263310009999"])
def test_modules_equal_those_of_an_independent_encoder(text: str) -> None:
    assert code128_modules(text) == barcode.get_barcode_class("code128")(text).build()[0]


def test_even_digits_are_wholly_in_set_c() -> None:
    start, pairs, check, stop = 11, 6, 11, 13
    assert len(code128_modules("263310001015")) == start + pairs * 11 + check + stop


@pytest.mark.parametrize("text", ["", "Łódź", "12\n34"])
def test_text_that_is_not_printable_ascii_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not printable ASCII"):
        code128_modules(text)


def test_bars_are_runs_of_ones() -> None:
    assert list(bars("1101001")) == [(0, 2), (3, 1), (6, 1)]


@pytest.mark.parametrize(("modules", "available", "width"), [(101, 363, 3), (101, 362, 2), (101, 242, 2)])
def test_widest_module_leaves_ten_quiet_modules_each_side(modules: int, available: int, width: int) -> None:
    assert widest_module("1" * modules, available) == width


def test_symbol_that_fits_at_no_width_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        widest_module("1" * 101, 241)
