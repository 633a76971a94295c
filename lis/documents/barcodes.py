"""Code 128 as a row of modules, so that every renderer draws the same bars.

Source: ISO/IEC 15417 (Code 128). The encoder is zxing-cpp's; labels and cards only draw.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any, cast

import zxingcpp

QUIET_MODULES = 10
"""Blank modules on either side of a symbol (ISO/IEC 15417: at least ten)."""


@lru_cache(maxsize=4096)
def code128_modules(text: str) -> str:
    """The symbol for `text` as "1" (bar) and "0" (space), without quiet zones.

    An even number of digits is wholly in code set C, two digits to a character; letters are in set B.
    """
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError(f"not printable ASCII, cannot be a Code 128 symbol here: {text!r}")
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    image = symbol.to_image(scale=1, add_quiet_zones=False)
    first_row = bytes(memoryview(cast(Any, image)))[: image.shape[1]]
    return "".join("1" if pixel == 0 else "0" for pixel in first_row)


def widest_module(modules: str, available: int, widths: tuple[int, ...] = (3, 2)) -> int:
    """The widest module, in whole dots, at which symbol and quiet zones fit; refuses what fits at none."""
    for width in widths:
        if (len(modules) + 2 * QUIET_MODULES) * width <= available:
            return width
    raise ValueError(f"a symbol of {len(modules)} modules does not fit into {available} dots")


def bars(modules: str) -> Iterator[tuple[int, int]]:
    """(offset, width) of every bar, in modules."""
    offset = 0
    for colour, run in groupby(modules):
        width = len(list(run))
        if colour == "1":
            yield offset, width
        offset += width
