"""Printed cards a person scans from: command barcodes for the bench."""

from collections.abc import Sequence

from lis.documents.barcodes import QUIET_MODULES, bars, code128_modules, widest_module
from lis.documents.svg import element, picture
from lis.documents.typesetting import typeset_pdf

_SYMBOL_WIDTH = 640
"""Dots left for a symbol in one of the card's two columns."""


def command_card_pdf(
    rows: Sequence[tuple[str, str]], title: str = "Command barcodes", paper: str = "us-letter"
) -> bytes:
    """A card of (code, meaning): each code as Code 128, its text and what it does. Paper: us-letter or a4."""
    return typeset_pdf("card.typ", command_card(rows, title, paper))


def command_card(rows: Sequence[tuple[str, str]], title: str, paper: str) -> dict[str, object]:
    """What the template draws for `command_card_pdf`."""
    return {"title": title, "paper": paper, "rows": [_row(code, meaning) for code, meaning in rows]}


def code128_svg(text: str) -> str:
    """One symbol for a screen, two dots to a module, with its quiet zones."""
    modules = code128_modules(text)
    width = (len(modules) + 2 * QUIET_MODULES) * 2
    paper = element("rect", width=width, height=80, fill="#fff")
    drawn = (
        element("rect", x=(offset + QUIET_MODULES) * 2, y=8, width=bar * 2, height=64)
        for offset, bar in bars(modules)
    )
    return picture(width, 80, [paper, *drawn], aria_label=f"Barcode {text}", shape_rendering="crispEdges")


def _row(code: str, meaning: str) -> dict[str, object]:
    modules = code128_modules(code)
    module = widest_module(modules, _SYMBOL_WIDTH)
    rectangles = [(offset * module, width * module) for offset, width in bars(modules)]
    return {"code": code, "meaning": meaning, "rectangles": rectangles, "width": len(modules) * module}
