"""Container labels as SVG for a screen, ZPL for a label printer, PDF for anything else.

All three draw the same layout (`label_layout`), bar by bar on whole dots of 203 dpi.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape

from lis.documents.label_layout import DOTS_PER_INCH, HEIGHT, SET_SIZE, WIDTH, Bars, LabelData, Text, layout
from lis.documents.typesetting import typeset_pdf

__all__ = ["STOCKS", "LabelData", "label_pdf", "label_svg", "label_zpl", "sheet_pdf"]

_FAMILIES = {
    "sans": 'font-family="IBM Plex Sans, sans-serif"',
    "strong": 'font-family="IBM Plex Sans, sans-serif" font-weight="600"',
    "mono": 'font-family="IBM Plex Mono, monospace"',
}
_ANCHORS = {"left": ("start", 0.0), "center": ("middle", 0.5), "right": ("end", 1.0)}


def label_svg(data: LabelData) -> str:
    """The label as one `<svg>` of true size; needs no style sheet and carries no style attribute."""
    placed = layout(data)
    spoken = escape(f"Label {data.container_id}: " + "; ".join(text.text for text in placed.texts))
    bars = "".join(
        f'<rect x="{x}" y="{placed.bars.y}" width="{width}" height="{placed.bars.height}"/>'
        for x, width in placed.bars.rectangles()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{spoken}" width="50.8mm" '
        f'height="25.4mm" viewBox="0 0 {WIDTH} {HEIGHT}"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<g shape-rendering="crispEdges" fill="#000">{bars}</g>{"".join(map(_svg_text, placed.texts))}</svg>'
    )


def _svg_text(item: Text) -> str:
    anchor, part = _ANCHORS[item.align]
    box = (
        f'<rect x="{item.x}" y="{item.y}" width="{item.width}" height="{item.size}"/>' if item.inverse else ""
    )
    fit = f' textLength="{item.width}" lengthAdjust="spacingAndGlyphs"' if item.condensed < 1 else ""
    return (
        f'{box}<text x="{item.x + part * item.width:g}" y="{item.y + item.size * 0.8:g}" '
        f'font-size="{item.size * SET_SIZE:g}" {_FAMILIES[item.face]} text-anchor="{anchor}"{fit} '
        f'fill="{"#fff" if item.inverse else "#000"}">{escape(item.text)}</text>'
    )


def label_zpl(data: LabelData) -> str:
    """The label in ZPL II for a 203 dpi printer, to be sent as UTF-8; ^FX names each field for readers."""
    placed = layout(data)
    fields = [_zpl_bars(placed.bars), *map(_zpl_text, placed.texts)]
    return "\n".join(["^XA", "^CI28", f"^PW{WIDTH}^LL{HEIGHT}^LH0,0", *fields, "^PQ1", "^XZ", ""])


def _zpl_bars(bars: Bars) -> str:
    return f"^FX barcode^FS^FO{bars.x},{bars.y}^BY{bars.module}^BCN,{bars.height},N,N,N^FD>;{bars.digits}^FS"


def _zpl_text(item: Text) -> str:
    box = f"^FO{item.x},{item.y}^GB{item.width},{item.size},{item.size}^FS" if item.inverse else ""
    aligned = item.align != "left"
    block = f"^FB{item.width},1,0,{item.align[0].upper()}" if aligned else ""
    text = item.text.replace("\\", "\\\\") if aligned else item.text  # in a block, a backslash is a command
    return (
        f"{box}^FX {item.name}^FS^FO{item.x},{item.y}{'^FR' if item.inverse else ''}"
        f"^A0N,{item.size},{int(item.size * item.condensed)}{block}^FH^FD{_zpl_escape(text)}^FS"
    )


def _zpl_escape(text: str) -> str:
    return "".join(f"_{ord(char):02X}" if char in "^~\\_" else char for char in text)


def label_pdf(labels: Sequence[LabelData]) -> bytes:
    """One page of 50.8 x 25.4 mm per label, for a label printer driven by its own driver."""
    return typeset_pdf("label.typ", single_pages(labels))


def single_pages(labels: Sequence[LabelData]) -> dict[str, object]:
    """What the template draws for `label_pdf`."""
    pages = [[{"x": 0, "y": 0, "label": _drawn(label)}] for label in labels]
    return {"width": WIDTH, "height": HEIGHT, "pages": pages}


def _drawn(data: LabelData) -> dict[str, object]:
    placed = layout(data)
    return {
        "texts": [asdict(text) for text in placed.texts],
        "bars": {"y": placed.bars.y, "height": placed.bars.height, "rectangles": placed.bars.rectangles()},
    }


@dataclass(frozen=True)
class Stock:
    """A sheet of labels: page size, first label, pitch and label size, in inches."""

    page: tuple[float, float]
    first: tuple[float, float]
    pitch: tuple[float, float]
    label: tuple[float, float]
    columns: int = 3
    rows: int = 10

    def position(self, index: int) -> tuple[int, int]:
        """Where label number `index` of a sheet begins, in whole dots, centred on its piece of stock."""
        row, column = divmod(index, self.columns)
        x = self.first[0] + column * self.pitch[0] + self.label[0] / 2
        y = self.first[1] + row * self.pitch[1] + self.label[1] / 2
        return round(x * DOTS_PER_INCH - WIDTH / 2), round(y * DOTS_PER_INCH - HEIGHT / 2)


_A4 = (210 / 25.4, 297 / 25.4)
STOCKS: dict[str, Stock] = {
    # 2 5/8 x 1 in, thirty to a Letter sheet (the layout sold as 5160).
    "letter": Stock((8.5, 11), (3 / 16, 0.5), (2.75, 1), (2.625, 1)),
    # 70 x 29.7 mm, thirty to an A4 sheet, without margins.
    "a4": Stock(_A4, (0, 0), (_A4[0] / 3, _A4[1] / 10), (_A4[0] / 3, _A4[1] / 10)),
}


def sheet_pdf(labels: Sequence[LabelData], stock: str = "letter", start: int = 0) -> bytes:
    """Labels on sheets of thirty; `start` skips positions of a sheet that is already used in part."""
    return typeset_pdf("label.typ", sheet_pages(labels, stock, start))


def sheet_pages(labels: Sequence[LabelData], stock: str = "letter", start: int = 0) -> dict[str, object]:
    """What the template draws for `sheet_pdf`: labels in reading order from position `start` on."""
    sheet = STOCKS[stock]
    per_page = sheet.columns * sheet.rows
    if not 0 <= start < per_page:
        raise ValueError(f"a sheet has positions 0 to {per_page - 1}, not {start}")
    pages: list[list[dict[str, object]]] = [[] for _ in range(-(-(start + len(labels)) // per_page))]
    for index, label in enumerate(labels, start):
        x, y = sheet.position(index % per_page)
        pages[index // per_page].append({"x": x, "y": y, "label": _drawn(label)})
    width, height = (side * DOTS_PER_INCH for side in sheet.page)
    return {"width": width, "height": height, "pages": pages}
