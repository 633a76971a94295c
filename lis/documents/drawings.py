"""A container as eyes see it, as SVG: cap, fill, layers, and each label unrolled beside it so it can be read.

Draws what it is told is visible; what that means is for the reader to judge.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lis.documents.marks import COLOURS, GLASS, INK, MARKS, Body, Mark
from lis.documents.svg import SANS, STRONG, element, picture, text
from lis.documents.texts import printable

Shape = Literal["tube", "micro", "bottle", "cup", "syringe"]

CAPS = {
    "light blue": "#8ecae6",
    "royal blue": "#23408e",
    "light green": "#9bd08f",
    "green": "#2f7d32",
    "lavender": "#a78bc9",
    "purple": "#5e3a87",
    "pink": "#e79ab8",
    "gold": "#d9a520",
    "yellow": "#f2d43d",
    "orange": "#e8792b",
    "red": "#c1272d",
    "gray": "#8a8f94",
    "grey": "#8a8f94",
    "blue": "#2f66b5",
    "white": "#f4f4f4",
    "clear": "#f4f4f4",
}
"""Cap colours by the words a content pack uses; the longest word found in the text wins."""

LOOKS = {
    "cloudy": ("#f7f3e6", 0.5),
    "milky": ("#f7f3e6", 0.95),
    "amber": ("#a8780f", 0.5),
    "brown": ("#7a4a10", 0.8),
    "pink": ("#b3202a", 0.35),
    "red": ("#b3202a", 0.85),
}
"""What haemolysis, bilirubin and fat do to straw-coloured serum: towards which colour, and how far."""


@dataclass(frozen=True)
class Layer:
    """A layer of the contents: its `share` of what is in the container, and a name or hex value for colour."""

    colour: str
    share: float


@dataclass(frozen=True)
class StuckLabel:
    """A label on the container: its lines as written, how far it is askew, whether it carries a barcode."""

    lines: tuple[str, ...]
    tilt: int = 0
    barcode: bool = False


@dataclass(frozen=True)
class ContainerView:
    """What is seen. `fill` is the share of the draw volume (1 is full); layers go from bottom to top."""

    alt_text: str
    cap_colour: str
    fill: float
    layers: tuple[Layer, ...] = (Layer("blood", 1.0),)
    labels: tuple[StuckLabel, ...] = ()
    shape: Shape = "tube"
    draw_volume_text: str = ""
    marks: tuple[Mark, ...] = ()


_BODIES: dict[Shape, Body] = {
    "tube": Body(24, 44, 44, 160, 20),
    "micro": Body(32, 104, 28, 100, 12),
    "bottle": Body(14, 74, 64, 130, 10),
    "cup": Body(10, 94, 72, 110, 6),
    "syringe": Body(31, 54, 30, 150, 4),
}
WIDTH, HEIGHT = 340, 220
STEEPEST = 8
LINE_WIDTH, LINE_CHARS = 190, 28  # of a label: what its card holds, and how many letters of this type fit


def serum_colour(look: str) -> str:
    """The colour of serum or plasma that looks "straw", or "pink", "red, cloudy", …: words of `LOOKS`."""
    colour = _channels(COLOURS["serum"])
    for target, amount in (LOOKS[word] for word in LOOKS if word in look):
        colour = [round(a + (b - a) * amount) for a, b in zip(colour, _channels(target), strict=True)]
    return "#" + "".join(f"{channel:02x}" for channel in colour)


def cap_colour(words: str) -> str:
    """The colour a pack's words for a cap mean; unknown words are drawn white."""
    found = [name for name in CAPS if name in words.lower()]
    return CAPS[max(found, key=len)] if found else CAPS["white"]


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def container_svg(view: ContainerView) -> str:
    """The container as one `<svg>` named by its `alt_text`."""
    body = _BODIES[view.shape]
    parts = [
        *_contents(view, body),
        *(part for mark in view.marks for part in MARKS[mark](body)),
        _outline(body),
        _cap(view, body),
        *_volume_line(view, body),
        *_labels(view, body),
    ]
    return picture(
        WIDTH,
        HEIGHT,
        parts,
        aria_label=printable(view.alt_text),
        font_family=SANS,
        class_="container-drawing",
    )


def _outline(body: Body) -> str:
    return element("path", d=_path(body, body.top), fill="none", stroke=GLASS, stroke_width=2)


def _path(body: Body, top: float) -> str:
    """The inside of the container from `top` down, with its rounded bottom."""
    bend = min(body.round, max(0.0, body.bottom - top))
    right = body.left + body.width
    return (
        f"M{body.left:.1f},{top:.1f} V{body.bottom - bend:.1f} Q{body.left:.1f},{body.bottom:.1f} "
        f"{body.left + bend:.1f},{body.bottom:.1f} H{right - bend:.1f} Q{right:.1f},{body.bottom:.1f} "
        f"{right:.1f},{body.bottom - bend:.1f} V{top:.1f} Z"
    )


def _contents(view: ContainerView, body: Body) -> Iterator[str]:
    """Layers from the surface down, each drawn to the bottom and covered by the next."""
    depth = (body.bottom - body.full) * max(0.0, min(view.fill, 1.2))
    whole = sum(layer.share for layer in view.layers)
    top = body.bottom - depth
    for layer in reversed(view.layers if depth and whole else ()):
        yield element("path", d=_path(body, top), fill=COLOURS.get(layer.colour, layer.colour))
        top += depth * layer.share / whole


def _cap(view: ContainerView, body: Body) -> str:
    return element(
        "rect",
        x=body.left - 4,
        y=body.top - 30,
        width=body.width + 8,
        height=34,
        rx=4,
        fill=cap_colour(view.cap_colour),
        stroke=INK,
    )


def _volume_line(view: ContainerView, body: Body) -> Iterator[str]:
    right = body.left + body.width
    yield element("line", x1=right - 10, x2=right, y1=body.full, y2=body.full, stroke=INK, stroke_width=2)
    if view.draw_volume_text:
        yield text(right + 4, body.full + 4, view.draw_volume_text, font_size=11, fill=INK)


def _labels(view: ContainerView, body: Body) -> Iterator[str]:
    """A band on the container for the place of the labels, and each of them unrolled to the right of it."""
    room = (HEIGHT - 16) / max(1, len(view.labels))
    for index, label in enumerate(view.labels):
        height = min(room - 8, 18 + 15 * len(label.lines) + (16 if label.barcode else 0))
        top = 8 + index * room + (room - 8 - height) / 2
        yield _band(body, index, len(view.labels), label.tilt)
        card = element("rect", x=120, y=top, width=206, height=height, rx=2, fill="#fff", stroke=INK)
        tilt = max(-STEEPEST, min(STEEPEST, label.tilt))  # the card stays readable however the label is stuck
        turn = _turn(tilt, 223, top + height / 2)
        yield element("g", card + "".join(_lines(label, top)), transform=turn)


def _band(body: Body, index: int, count: int, tilt: int) -> str:
    free = body.bottom - body.full - 24
    top, height = body.full + 10 + index * free / count, free / count - 4
    middle = (body.left + body.width / 2, top + height / 2)
    paint = {"fill": "#fff", "fill_opacity": 0.72, "stroke": GLASS, "transform": _turn(tilt, *middle)}
    return element("rect", x=body.left + 6, y=top, width=body.width - 20, height=height, **paint)


def _turn(degrees: int, x: float, y: float) -> str:
    return f"rotate({degrees} {x:.1f} {y:.1f})"


def _lines(label: StuckLabel, top: float) -> Iterator[str]:
    for row, line in enumerate(label.lines):
        weight = {"font_family": STRONG, "font_weight": 600} if row == 0 else {}
        yield text(128, top + 18 + 15 * row, line, font_size=12, fill=INK, **weight, **_fitted(line))
    if label.barcode:
        y = top + 10 + 15 * len(label.lines)
        yield element(
            "path", d="".join(f"M{x},{y:.1f}v14" for x in range(130, 250, 4)), stroke=INK, stroke_width=2
        )


def _fitted(line: str) -> dict[str, object]:
    """A line that would run over the edge of its label is squeezed into it."""
    return {"textLength": LINE_WIDTH, "lengthAdjust": "spacingAndGlyphs"} if len(line) > LINE_CHARS else {}
