"""A history in one line of text height, as SVG."""

from collections.abc import Sequence
from decimal import Decimal

from lis.documents.svg import element
from lis.documents.texts import printable

WIDTH, HEIGHT, PAD = 96, 24, 4


def sparkline_svg(
    values: Sequence[Decimal], low: Decimal | None = None, high: Decimal | None = None, label: str = ""
) -> str:
    """Values oldest first, equally spaced; the interval is a band, the newest value a dot.

    `label` is what a screen reader says; without one it says the values.
    """
    bounds = [value for value in (*values, low, high) if value is not None] or [Decimal(0)]
    least, span = min(bounds), max(bounds) - min(bounds) or Decimal(1)

    def y(value: Decimal) -> float:
        return HEIGHT - PAD - float((value - least) / span) * (HEIGHT - 2 * PAD)

    step = (WIDTH - 2 * PAD) / max(1, len(values) - 1)
    spots = [(PAD + index * step, y(value)) for index, value in enumerate(values)]
    band = low is not None and high is not None and _band(y(high), y(low))
    return element(
        "svg",
        (band or "") + (_trace(spots) if spots else ""),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        role="img",
        aria_label=printable(label or "History: " + ", ".join(map(str, values))),
        class_="sparkline",
    )


def _band(top: float, bottom: float) -> str:
    return element("rect", x=0, y=top, width=WIDTH, height=bottom - top, fill="#defbe6")


def _trace(spots: Sequence[tuple[float, float]]) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    line = element("polyline", points=path, fill="none", stroke="#525252", stroke_width=1.3)
    return line + element("circle", cx=spots[-1][0], cy=spots[-1][1], r=2.6, fill="#161616")
