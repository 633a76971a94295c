"""Days of a laboratory's past per second of this computer: the world, its people and the real inbox, headless."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.common import Figures, databases, parser, read, run, show
from benchmarks.labs import Place
from lis.kernel.clock import monotonic
from lis.lab import Lab
from lis.storage import tables as t
from lis.training import preparing
from lis.training.chronicle import PACKS
from lis.training.demo import END

SLUG = "history"
COLUMNS = ("days_per_cpu_s", "days_per_s", "cpu_s", "results", "messages", "events")
COUNTED = {"results": t.result_version, "messages": t.inbound, "events": t.journal}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    made = parser(__doc__.splitlines()[0], rounds=1)
    made.add_argument("--days", type=float, default=2.0, help="days to live (2)")
    made.add_argument("--pack", type=Path, default=PACKS / "core", help="content pack with its world")
    options = read(made, argv)
    days = 0.05 if options.quick else options.more.days
    figures = Figures(f"{days:g} days of a laboratory's past", COLUMNS)
    figures.note("Reading the content is part of it: the more days, the less it weighs.")
    with databases(options, figures) as places:
        for number in range(options.rounds):
            for name, (folder, url) in places.items():
                place = Place(folder / f"{name}{number}", url)
                figures.add(name, **live(place, options.more.pack, days))
    show(figures, options=options)
    return 0


def live(place: Place, pack: Path, days: float) -> dict[str, float]:
    """Prepare one laboratory and throw it away; what it cost and what came of it."""
    house = place.open()
    began, cpu = monotonic(), time.process_time()
    lab = preparing.prepare(
        house, SLUG, preparing.Past(pack, SLUG, END - timedelta(days=days), END), hashed=lambda secret: secret
    ).lab
    wall, cpu = monotonic() - began, time.process_time() - cpu
    found = _counts(lab)
    preparing.remove(house, SLUG)
    house.close()
    return {"days_per_cpu_s": days / cpu, "days_per_s": days / wall, "cpu_s": cpu, **found}


def _counts(lab: Lab) -> dict[str, float]:
    with lab.reading() as reading:
        return {
            name: reading.connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in COUNTED.items()
        }


if __name__ == "__main__":
    run(main)
