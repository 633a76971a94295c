"""Transport bags and requisitions of the world as they are drawn and spoken: what is read, never whether it agrees."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from lis.documents.drawings import cap_colour
from lis.documents.svg import SANS, STRONG, element, picture, text
from lis.documents.texts import printable
from simulators.bags import BagView, Paper

INK, PLASTIC, EDGE, BLOOD = "#161616", "#e9f1f4", "#8d8d8d", "#8b1018"
WIDTH, HEIGHT = 340, 220
ROOM = 30  # letters of a line of the requisition
MOST_CAPS, MOST_LINES = 7, 9
PRIORITIES = {"S": "STAT", "A": "ASAP", "T": "timed"}


def bag_svg(bag: BagView, zone: ZoneInfo) -> str:
    """A bag as one `<svg>`: its tubes by their caps, and the first requisition in the pocket."""
    parts = [
        element("rect", x=2, y=2, width=WIDTH - 4, height=HEIGHT - 4, rx=8, fill=PLASTIC, stroke=EDGE),
        element("rect", x=2, y=2, width=WIDTH - 4, height=14, rx=4, fill="#c1272d"),
        *_tubes(bag),
        *(_wet() if bag.is_wet else ()),
        *(_paper(bag.papers[0], zone, len(bag.papers)) if bag.papers else ()),
    ]
    return picture(
        WIDTH,
        HEIGHT,
        parts,
        aria_label=printable(spoken(bag, zone)),
        font_family=SANS,
        class_="container-drawing",
    )


def spoken(bag: BagView, zone: ZoneInfo) -> str:
    """The same in words."""
    count = "1 tube" if len(bag.tubes) == 1 else f"{len(bag.tubes)} tubes"
    said = [f"Closed transport bag with {count}: {', '.join(bag.caps)}"]
    if bag.is_wet:
        said.append("It is wet inside")
    said += [f"Requisition in the pocket: {', '.join(paper_lines(paper, zone))}" for paper in bag.papers]
    if not bag.papers:
        said.append("No requisition in the pocket")
    return ". ".join(said) + "."


def paper_lines(paper: Paper, zone: ZoneInfo) -> tuple[str, ...]:
    """What a requisition says, line by line."""
    at = paper.collected_at.astimezone(zone)
    return (
        paper.name,
        f"{paper.mrn}  {paper.born_on:%Y-%m-%d}  {paper.sex}",
        f"{paper.ward}  {PRIORITIES.get(paper.priority, 'routine')}  {paper.number}",
        f"Drawn {at:%m-%d %H:%M} by {paper.collector}",
        *paper.orders,
    )


def _tubes(bag: BagView) -> Iterator[str]:
    for index, cap in enumerate(bag.caps[:MOST_CAPS]):
        x = 12 + 15 * index
        yield element("rect", x=x, y=44, width=11, height=150, rx=5, fill="#ffffff", stroke=EDGE)
        yield element("rect", x=x - 1, y=30, width=13, height=22, rx=2, fill=cap_colour(cap), stroke=INK)
    more = len(bag.caps) - MOST_CAPS
    if more > 0:
        yield text(14, 210, f"and {more} more", font_size=12, fill=INK)


def _wet() -> Iterator[str]:
    for x, y, r in ((22, 196, 9), (48, 204, 13), (80, 200, 7)):
        yield element("ellipse", cx=x, cy=y, rx=r + 6, ry=r * 0.6, fill=BLOOD, fill_opacity=0.55)


def _paper(paper: Paper, zone: ZoneInfo, count: int) -> Iterator[str]:
    yield element("rect", x=124, y=24, width=206, height=188, rx=2, fill="#ffffff", stroke=EDGE)
    lines = [*paper_lines(paper, zone)]
    shown = (
        lines
        if len(lines) <= MOST_LINES
        else [*lines[: MOST_LINES - 1], f"and {len(lines) - MOST_LINES + 1} more"]
    )
    for row, line in enumerate(shown):
        weight = {"font_family": STRONG, "font_weight": 600} if row == 0 else {}
        fit = {"textLength": 190, "lengthAdjust": "spacingAndGlyphs"} if len(line) > ROOM else {}
        yield text(132, 44 + 17 * row, line, font_size=12, fill=INK, **weight, **fit)
    if count > 1:
        yield text(132, 206, f"{count - 1} more behind it", font_size=12, fill=INK)
