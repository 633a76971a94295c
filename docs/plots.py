"""Draw the simulated people: `python docs/plots.py [FOLDER] [PEOPLE]` writes population.svg and course.svg.

population.svg: healthy adults, both sexes, against the laboratory's intervals. course.svg: one patient over some days.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from simulators.content import load_content  # noqa: E402 -- found through the path above
from simulators.content_types import Content, Interval  # noqa: E402
from simulators.dice import Dice  # noqa: E402
from simulators.patients import Person  # noqa: E402
from simulators.physiology import Physiology  # noqa: E402
from simulators.population import Population  # noqa: E402

SEED, ZONE = 2026, ZoneInfo("America/Chicago")
MORNING = datetime(2026, 3, 2, 14, tzinfo=UTC)
SHOWN = (
    *("NA", "K", "CL", "CO2", "AGAP", "CREA", "BUN", "GLU", "CA", "ALB", "ALT", "CRP"),
    *("HGB", "MCV", "WBC", "PLT", "NEUTP", "FERR", "TSH", "PT", "APTT", "FIB", "PHA", "PCO2"),
)
PROFILE, FOLLOWED = "dka_severe", ("GLU", "K", "CO2", "AGAP", "PHA", "PCO2", "BHB", "OSMO")
DAYS = 6
WIDE, HIGH, ACROSS, MARGIN = 230, 120, 4, 16
INKS = {"F": "#b3475b", "M": "#2c6fa8"}
STYLE = (
    "text{font:11px sans-serif;fill:#222}.t{font-weight:bold}.s{fill:#666;font-size:9px}"
    ".band{fill:#dfeee0}.line{fill:none;stroke-width:1.5}.mark{stroke:#999;stroke-dasharray:3 3}"
)


@dataclass(frozen=True)
class Scale:
    """From values to pixels of one panel."""

    low: float
    high: float
    pixels: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low or 1.0)
        return min(max(share, 0.0), 1.0) * self.pixels


def main(folder: Path, people: int) -> None:
    """Write both pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    content = load_content(ROOT / "seed" / "packs" / "core")
    bodies = Physiology(content, Dice(SEED).fork("bodies"), ZONE)
    for name, picture in (
        ("population", population(content, bodies, people)),
        ("course", course(content, bodies)),
    ):
        (folder / f"{name}.svg").write_text(picture, encoding="utf-8", newline="\n")


def population(content: Content, bodies: Physiology, people: int) -> str:
    """Histograms of healthy adults of 18 to 75 years."""
    states = {sex: [bodies.at(one, MORNING) for one in adults(sex, people // 2)] for sex in INKS}

    def panel(code: str) -> str:
        values = {sex: [float(state[code]) for state in states[sex]] for sex in INKS}
        return histogram(content, code, values)

    title = f"{people} healthy adults (women red, men blue); green: the laboratory's interval of a woman of 33 years"
    return sheet(title, SHOWN, panel, content)


def adults(sex: str, count: int) -> Iterable[Person]:
    dice = Dice(SEED).fork(f"adults/{sex}")
    for number in range(count):
        days = int((18 + 57 * dice.random()) * 365.25)
        yield Person(f"{sex}{number}", "", "", "", sex, MORNING.date() - timedelta(days=days), "OPOS")


def histogram(content: Content, code: str, values: dict[str, list[float]]) -> str:
    everyone = sorted(value for part in values.values() for value in part)
    low, high = everyone[len(everyone) // 200], everyone[-1 - len(everyone) // 200]
    x, bins = Scale(low, high, WIDE - MARGIN), 30
    counts = {sex: [0] * (bins + 1) for sex in values}
    for sex, part in values.items():
        for value in filter(lambda value: low <= value <= high, part):
            counts[sex][int(x(value) / x.pixels * bins)] += 1
    y = Scale(0, max(max(part) for part in counts.values()), HIGH - 40)
    lines = [
        curve([(bin_ * x.pixels / bins, y(count)) for bin_, count in enumerate(counts[sex])], INKS[sex])
        for sex in values
    ]
    return band(interval(content, code), x, across=True) + "".join(lines) + ends(low, high)


def course(content: Content, bodies: Physiology) -> str:
    """One patient from arrival on, every hour."""
    patient = Population(content, Dice(SEED).fork("population"), ZONE).person_with(1, PROFILE, MORNING)
    hours = range(DAYS * 24)
    states = [bodies.at(patient, MORNING + timedelta(hours=hour)) for hour in hours]
    x = Scale(0, DAYS * 24, WIDE - MARGIN)
    marks = "".join(
        mark(x((one.since - MORNING) / timedelta(hours=1))) for one in patient.courses if one.since > MORNING
    )

    def panel(code: str) -> str:
        values = [float(state[code]) for state in states]
        row = interval(content, code, patient.sex)
        y = Scale(min([*values, row.low]), max([*values, row.high]), HIGH - 40)
        points = [(x(hour), y(value)) for hour, value in zip(hours, values, strict=True)]
        return (
            band(row, y, across=False)
            + marks
            + curve(points, INKS[patient.sex])
            + ends(y.low, y.high, upright=True)
        )

    given = ", ".join(dict.fromkeys(content.influences[one.influence].name for one in patient.courses))
    return sheet(f"{DAYS} days from arrival; dashed: a treatment begins. {given}", FOLLOWED, panel, content)


def interval(content: Content, code: str, sex: str = "F") -> Interval:
    """The laboratory's interval of an adult of 33 years."""
    wanted = ("", content.program.conditions.get(code, ""))
    rows = [row for row in content.intervals if row.analyte == code and row.condition in wanted]
    return next(row for row in rows if row.holds_for(sex, 12_000))


def curve(points: Sequence[tuple[float, float]], ink: str) -> str:
    """A line whose heights count upwards from the foot of the panel."""
    path = " ".join(f"{x:.1f},{HIGH - 20 - y:.1f}" for x, y in points)
    return f'<polyline class="line" stroke="{ink}" points="{path}"/>'


def band(row: Interval, scale: Scale, across: bool) -> str:
    start, end = scale(row.low), scale(row.high)
    if across:
        return f'<rect class="band" x="{start:.1f}" y="20" width="{end - start:.1f}" height="{HIGH - 40}"/>'
    return f'<rect class="band" x="0" y="{HIGH - 20 - end:.1f}" width="{WIDE - MARGIN}" height="{end - start:.1f}"/>'


def mark(x: float) -> str:
    return f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="20" y2="{HIGH - 20}"/>'


def ends(low: float, high: float, upright: bool = False) -> str:
    """The two ends of the scale in numbers."""
    if upright:
        return f'<text class="s" x="2" y="{HIGH - 22}">{low:.3g}</text><text class="s" x="2" y="28">{high:.3g}</text>'
    right = f'<text class="s" x="{WIDE - MARGIN}" y="{HIGH - 8}" text-anchor="end">{high:.3g}</text>'
    return f'<text class="s" x="0" y="{HIGH - 8}">{low:.3g}</text>' + right


def sheet(title: str, codes: Sequence[str], panel: Callable[[str], str], content: Content) -> str:
    """Panels in rows under a title."""
    rows = -(-len(codes) // ACROSS)
    width, height = ACROSS * WIDE + MARGIN, rows * HIGH + 40
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">']
    parts += [f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>"]
    parts += [
        f'<rect width="{width}" height="{height}" fill="#fff"/><text x="{MARGIN}" y="20">{escape(title)}</text>'
    ]
    for place, code in enumerate(codes):
        left, top = MARGIN + place % ACROSS * WIDE, 34 + place // ACROSS * HIGH
        analyte = content.analytes[code]
        label = f'<text class="t" y="14">{escape(f"{analyte.name} ({analyte.unit})")}</text>'
        parts.append(f'<g transform="translate({left},{top})">{label}{panel(code)}</g>')
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    main(
        Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "plots",
        int(sys.argv[2]) if len(sys.argv) > 2 else 2_000,
    )
