"""The one seam to Typst: a template of this package and data in, a document out.

Data travels as JSON in `sys.inputs`, never as source text, so nothing in it can act as markup. Templates
use no packages, so nothing is ever fetched; fonts are the package's own, so every machine sets the same page.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import typst

_HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[str(_HERE / "fonts")])


def typeset(
    template: str,
    data: Any,
    *,
    format: Literal["pdf", "png"] = "pdf",
    ppi: float | None = None,
    standards: tuple[Literal["ua-1"], ...] = (),
) -> list[bytes]:
    """Pages of a PNG, or one PDF, of `template` filled with `data` (anything JSON can say).

    The result depends on template and data alone: the template takes its date from the data.
    """
    compiler = typst.Compiler(
        input=str(_HERE / template),
        root=str(_HERE),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    made = compiler.compile(format=format, ppi=ppi, pdf_standards=list(standards), timestamp=0)
    if made is None:
        raise RuntimeError(f"typst returned nothing for {template}")
    return made if isinstance(made, list) else [made]


def typeset_pdf(template: str, data: Any, *, standards: tuple[Literal["ua-1"], ...] = ()) -> bytes:
    """`template` filled with `data` as one PDF."""
    return typeset(template, data, standards=standards)[0]
