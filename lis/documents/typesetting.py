"""The one seam to Typst: a template of this package and data in, a document out.

Data travels as JSON in `sys.inputs`, never as source text, so nothing in it can act as markup. Templates
use no packages, so nothing is ever fetched; fonts are the package's own, so every machine sets the same page.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from unicodedata import category

import typst

from lis.documents.texts import printable_lines

_HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[str(_HERE / "fonts")])


def _compiler(template: str, data: Any) -> typst.Compiler:
    return typst.Compiler(
        input=str(_HERE / template),
        root=str(_HERE),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )


@lru_cache(maxsize=8192)
def has_glyph(char: str) -> bool:
    """Whether any font at hand draws `char`; asks Typst, whose PDF/UA export refuses what it cannot draw."""
    if category(char) == "Co":
        return False  # a private code point: whatever a font draws there means nothing
    try:
        _compiler("probe.typ", char).compile(format="pdf", pdf_standards=["ua-1"], timestamp=0)
    except typst.TypstError:
        return False
    return True


def legible(data: Any) -> Any:
    """`data` with every text printable; a character that no font draws is written as its code point.

    An empty box would read like any other empty box: "[U+6F22]" loses nothing and can be looked up.
    """
    if isinstance(data, str):
        return "".join(map(_shown, printable_lines(data)))
    if isinstance(data, Mapping):
        return {key: legible(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [legible(value) for value in data]
    return data


def _shown(char: str) -> str:
    common = char < "\u0180"  # Latin with its accents: known to be in the fonts
    return char if common or has_glyph(char) else f"[U+{ord(char):04X}]"


def typeset(
    template: str,
    data: Any,
    *,
    format: Literal["pdf", "png"] = "pdf",
    ppi: float | None = None,
    created_at: datetime | None = None,
    standards: tuple[Literal["ua-1"], ...] = (),
) -> list[bytes]:
    """Pages of a PNG, or one PDF, of `template` filled with `data` (anything JSON can say).

    The result depends on the arguments alone: `created_at` is the date the PDF carries, 1970 if none.
    """
    compiler = _compiler(template, legible(data))
    made = compiler.compile(
        format=format,
        ppi=ppi,
        pdf_standards=list(standards),
        timestamp=int(created_at.timestamp()) if created_at else 0,
    )
    if made is None:
        raise RuntimeError(f"typst returned nothing for {template}")
    return made if isinstance(made, list) else [made]


def typeset_pdf(
    template: str,
    data: Any,
    *,
    created_at: datetime | None = None,
    standards: tuple[Literal["ua-1"], ...] = (),
) -> bytes:
    """`template` filled with `data` as one PDF."""
    return typeset(template, data, created_at=created_at, standards=standards)[0]
