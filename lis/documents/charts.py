"""Levey-Jennings charts as SVG: drawn the same on screen, on paper and in a PDF.

Each level has its own shape, each violation its rule in words; colour only repeats what shape and text say.
Deviations are judged elsewhere: a chart draws the SD indices and violations it is given.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from typing import Literal

from lis.documents.svg import SANS, STRONG, element, picture, text
from lis.documents.texts import printable

Severity = Literal["warning", "rejection"]

WIDTH, HEIGHT = 1072, 330
LEFT, RIGHT, TOP, BOTTOM = 66, 950, 52, 262
LIMIT = 4
"""Beyond ±4 s a point is drawn at the edge, with an arrow and its number."""

INK, MUTED = "#161616", "#525252"
LEVEL_INKS = ("#005d9e", "#9f5300", "#5a1e96")
FILLS: dict[Severity, str] = {"warning": "#f1c21b", "rejection": "#a2191f"}
HALO: dict[str, object] = {"stroke": "#fff", "stroke_width": 3, "paint_order": "stroke"}
RULE_INKS: dict[Severity, str] = {"warning": "#684e00", "rejection": "#a2191f"}


@dataclass(frozen=True)
class QcPoint:
    """One control observation: its run (a column of the chart), level, value as reported, and SD index."""

    column: int
    level: str
    value: str
    z: Decimal
    excluded: bool = False


@dataclass(frozen=True)
class QcViolation:
    """A rule broken at a run by one level or by several together."""

    rule: str
    severity: Severity
    column: int
    levels: tuple[str, ...]
    action: str = ""


@dataclass(frozen=True)
class QcEvent:
    """Something that happened before the run at `column`: a new lot, a calibration, maintenance."""

    column: int
    text: str


@dataclass(frozen=True)
class QcChart:
    """A chart: `columns` name the runs, `levels` the materials; `scale` says what −3 s … +3 s are in units."""

    title: str
    columns: tuple[str, ...]
    levels: tuple[str, ...]
    points: tuple[QcPoint, ...]
    violations: tuple[QcViolation, ...] = ()
    events: tuple[QcEvent, ...] = ()
    scale: tuple[str, ...] = field(default=())

    def at(self, column: int, level: str) -> QcPoint | None:
        """The newest point of a level in a run."""
        found = [point for point in self.points if (point.column, point.level) == (column, level)]
        return found[-1] if found else None

    def severity(self, point: QcPoint) -> Severity | None:
        """The worst that any violation says of a point."""
        found = {one.severity for one in self.violations_of(point)}
        return "rejection" if "rejection" in found else "warning" if found else None

    def violations_of(self, point: QcPoint) -> list[QcViolation]:
        """The violations a point takes part in."""
        return [one for one in self.violations if one.column == point.column and point.level in one.levels]


def signed(z: Decimal) -> str:
    """An SD index as people write it: +2.10s, −0.42s; two digits, so that 2.04 does not read as 2.0."""
    return f"{z.quantize(Decimal('0.01'), ROUND_HALF_UP):+}s".replace("-", "−")


def describe(chart: QcChart) -> str:
    """What the chart shows, in sentences that name every violation: for those who listen, and for tests."""
    start = (
        f"{len(chart.columns)} runs of {len(chart.levels)} {'level' if len(chart.levels) == 1 else 'levels'}."
    )
    named = [_sentence(chart, violation) for violation in chart.violations]
    events = [f"Before run {chart.columns[event.column]}: {event.text}." for event in chart.events]
    return " ".join([start, *(named or ["No rule is violated."]), *events])


def _sentence(chart: QcChart, violation: QcViolation) -> str:
    found = [(level, chart.at(violation.column, level)) for level in violation.levels]
    levels = ", ".join(f"{level} {signed(point.z)}" if point else level for level, point in found)
    action = f"; {violation.action}" if violation.action else ""
    return (
        f"{violation.rule} {violation.severity} at run {chart.columns[violation.column]}: {levels}{action}."
    )


TABLE_HEAD = ("Run", "Level", "Value", "Deviation", "Rules", "Action")


def table_rows(chart: QcChart) -> list[tuple[str, ...]]:
    """The chart as rows under `TABLE_HEAD`, in the order of runs, then levels."""
    ordered = sorted(chart.points, key=lambda point: (point.column, chart.levels.index(point.level)))
    return [_table_row(chart, point) for point in ordered]


def _table_row(chart: QcChart, point: QcPoint) -> tuple[str, ...]:
    broken = chart.violations_of(point)
    rules = ", ".join(f"{one.rule} {one.severity}" for one in broken) or (
        "excluded" if point.excluded else ""
    )
    actions = ", ".join(one.action for one in broken if one.action)
    return (chart.columns[point.column], point.level, point.value, signed(point.z), rules, actions)


def levey_jennings_svg(chart: QcChart, chart_id: str = "lj") -> str:
    """The chart as one `<svg>`; `chart_id` keeps the ids of several charts on one page apart."""
    parts = [
        element("title", escape(printable(chart.title)), id=f"{chart_id}-title"),
        element("desc", escape(printable(describe(chart))), id=f"{chart_id}-desc"),
        element("rect", width=WIDTH, height=HEIGHT, fill="#fff"),
        text(LEFT, 22, chart.title, font_size=16, font_family=STRONG, font_weight=600, fill=INK),
        *_grid(chart),
        *_events(chart),
        *(_line(chart, index) for index in range(len(chart.levels))),
        *(_point(chart, point) for point in chart.points),
        *_labels(chart),
        *_legend(chart),
    ]
    return picture(
        WIDTH,
        HEIGHT,
        parts,
        aria_labelledby=f"{chart_id}-title {chart_id}-desc",
        font_family=SANS,
        font_size=12,
        class_="levey-jennings",
    )


def _x(chart: QcChart, column: float) -> float:
    return LEFT + (column + 0.5) * (RIGHT - LEFT) / max(1, len(chart.columns))


def _y(z: Decimal | int) -> float:
    return (TOP + BOTTOM) / 2 - max(-LIMIT, min(LIMIT, float(z))) * (BOTTOM - TOP) / (2 * LIMIT)


_STROKES: dict[int, dict[str, object]] = {
    0: {"stroke": INK, "stroke_width": 1.6},
    1: {"stroke": "#c6c6c6", "stroke_dasharray": "1 4"},
    2: {"stroke": "#8a6d00", "stroke_dasharray": "7 4", "stroke_width": 1.3},
    3: {"stroke": "#a2191f", "stroke_width": 1.5},
}


def _grid(chart: QcChart) -> Iterator[str]:
    yield element("rect", x=LEFT, y=_y(2), width=RIGHT - LEFT, height=_y(-2) - _y(2), fill="#f2f8f5")
    for sd in range(-3, 4):
        yield element("line", x1=LEFT, x2=RIGHT, y1=_y(sd), y2=_y(sd), **_STROKES[abs(sd)])
        name = f"{sd:+d}s".replace("-", "−") if sd else "mean"
        yield text(LEFT - 8, _y(sd) + 4, name, text_anchor="end", fill=MUTED)
        if len(chart.scale) == 7:
            yield text(RIGHT + 6, _y(sd) + 4, chart.scale[sd + 3], fill=MUTED)
    widest = max((len(name) for name in chart.columns), default=1) * 7 + 10
    every = max(1, -(-widest * len(chart.columns) // (RIGHT - LEFT)))
    for column in range(0, len(chart.columns), every):
        yield text(_x(chart, column), BOTTOM + 42, chart.columns[column], text_anchor="middle", fill=MUTED)


def _events(chart: QcChart) -> Iterator[str]:
    for index, event in enumerate(chart.events):
        x = _x(chart, event.column - 0.5)
        anchor, shift = ("end", -5) if x > (LEFT + RIGHT) / 2 else ("start", 5)
        yield element("line", x1=x, x2=x, y1=TOP - 16, y2=BOTTOM + 22, stroke=INK, stroke_dasharray="2 3")
        yield text(x + shift, BOTTOM + 8 + 13 * (index % 2), event.text, text_anchor=anchor, fill=MUTED)


def _line(chart: QcChart, index: int) -> str:
    joined = [point for point in chart.points if point.level == chart.levels[index] and not point.excluded]
    path = " ".join(f"{_x(chart, point.column):.1f},{_y(point.z):.1f}" for point in joined)
    return element("polyline", points=path, fill="none", stroke=_ink(index), stroke_width=1.6, opacity=0.8)


def _ink(index: int) -> str:
    return LEVEL_INKS[index % len(LEVEL_INKS)]


def _shape(index: int, x: float, y: float, **paint: object) -> str:
    """A circle, diamond or triangle: the level's sign, told apart without colour."""
    if index % 3 == 0:
        return element("circle", cx=x, cy=y, r=4.5, **paint)
    corners = ((0, -6), (6, 0), (0, 6), (-6, 0)) if index % 3 == 1 else ((0, -6), (5.6, 4.5), (-5.6, 4.5))
    return element("polygon", points=" ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners), **paint)


def _point(chart: QcChart, point: QcPoint) -> str:
    index, severity = chart.levels.index(point.level), chart.severity(point)
    x, y = _x(chart, point.column), _y(point.z)
    fill = FILLS[severity] if severity else "#fff"
    dashes = {"stroke_dasharray": "2 2"} if point.excluded else {}
    mark = _shape(index, x, y, fill=fill, stroke=_ink(index), stroke_width=1.8, **dashes)
    words = f"Run {chart.columns[point.column]}, {point.level}: {point.value} ({signed(point.z)})"
    broken = "".join(f", {one.rule} {one.severity}" for one in chart.violations_of(point))
    title = element("title", escape(printable(words + broken + (", excluded" if point.excluded else ""))))
    return element("g", title + mark + _clamp(point, x, y), class_="lj-point")


def _clamp(point: QcPoint, x: float, y: float) -> str:
    if abs(point.z) <= LIMIT:
        return ""
    way = -1 if point.z > 0 else 1
    arrow = f"M{x - 5:.1f},{y + way * 8:.1f} L{x:.1f},{y + way * 14:.1f} L{x + 5:.1f},{y + way * 8:.1f}"
    anchor, shift = ("end", -9) if x > RIGHT - 60 else ("start", 9)
    number = text(x + shift, y + 4, signed(point.z), text_anchor=anchor, fill=RULE_INKS["rejection"])
    return element("path", d=arrow, fill="none", stroke=RULE_INKS["rejection"], stroke_width=2) + number


def _labels(chart: QcChart) -> Iterator[str]:
    """Rules, once for each group of levels that broke them together, where they hide no other label."""
    taken: list[tuple[float, float, float]] = []
    for column, levels, found in _groups(chart):
        points = [point for level in levels if (point := chart.at(column, level))]
        x, heights = _x(chart, column), [_y(point.z) for point in points] or [_y(0)]
        if len(points) > 1:
            yield _bracket(x, min(heights), max(heights))
        words = " ".join(dict.fromkeys(one.rule for one in found))
        worst: Severity = "rejection" if any(one.severity == "rejection" for one in found) else "warning"
        above = sum(point.z for point in points) >= 0
        clear = 18 if any(abs(point.z) > LIMIT for point in points) else 10
        y, half = (min(heights) - clear) if above else (max(heights) + clear + 9), len(words) * 3.6
        while any(abs(x - at) < half + width and abs(y - level) < 12 for at, level, width in taken):
            y += -12 if above else 12
        taken.append((x, y, half))
        paint = {"font_family": STRONG, "font_weight": 600, "fill": RULE_INKS[worst], **HALO}
        yield text(x, y, words, text_anchor="middle", **paint)


def _bracket(x: float, top: float, bottom: float) -> str:
    path = f"M{x + 8:.1f},{top:.1f} h4 V{bottom:.1f} h-4"
    return element("path", d=path, fill="none", stroke=RULE_INKS["rejection"], stroke_width=1.2)


def _groups(chart: QcChart) -> list[tuple[int, tuple[str, ...], list[QcViolation]]]:
    """Violations of a run that share a level are one group; in the order of runs."""
    groups: list[tuple[int, set[str], list[QcViolation]]] = []
    for violation in chart.violations:
        joined = [one for one in groups if one[0] == violation.column and one[1] & set(violation.levels)]
        groups = [one for one in groups if one not in joined]
        levels = set(violation.levels).union(*(one[1] for one in joined))
        groups.append((violation.column, levels, [v for one in joined for v in one[2]] + [violation]))
    ordered = sorted(groups, key=lambda one: (one[0], min(map(chart.levels.index, one[1]))))
    return [
        (column, tuple(name for name in chart.levels if name in levels), v) for column, levels, v in ordered
    ]


def _legend(chart: QcChart) -> Iterator[str]:
    x, y = RIGHT + (50 if chart.scale else 18), TOP + 4
    for index, level in enumerate(chart.levels):
        yield _shape(index, x, y + 20 * index, fill="#fff", stroke=_ink(index), stroke_width=1.8)
        yield text(x + 12, y + 4 + 20 * index, level, fill=INK)
    shown = {chart.severity(point) for point in chart.points}
    severities = [severity for severity in FILLS if severity in shown]
    for row, severity in enumerate(severities, len(chart.levels)):
        yield element("circle", cx=x, cy=y + 8 + 20 * row, r=5, fill=FILLS[severity], stroke=INK)
        yield text(x + 12, y + 12 + 20 * row, severity.capitalize(), fill=INK)
