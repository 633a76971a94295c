"""Fork, snapshot, reset and backup of a laboratory by its size, alone and with its world, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, text

from benchmarks import labs, messages
from benchmarks.common import Figures, databases, parser, read, run, show
from benchmarks.labs import Place
from lis.interfaces.inbox import Arrival, Inbox
from lis.kernel.clock import WallClock, monotonic
from lis.lab import Lab
from lis.storage.house import House
from lis.storage.tables import result
from lis.training import preparing, rewinding, snapshots
from lis.training.chronicle import PACKS
from lis.training.demo import END

SIZES = (0, 100, 1000)
WIDTH = 10
BY = "benchmark"
WORLD = "world"
COLUMNS = ("snapshot_ms", "fork_ms", "reset_ms", "drop_ms", "backup_ms")
DAYS = (1.0, 4.0)
WORLD_COLUMNS = ("snapshot_ms", "fork_ms", "back_ms", "stand_ms", "lab_mb", "inputs", "truths")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    made = parser(__doc__.splitlines()[0])
    made.add_argument("--sizes", type=int, nargs="*", help=f"orders of {WIDTH} results ({SIZES})")
    made.add_argument(
        "--days", type=float, nargs="*", help=f"days of past of a laboratory with its world ({DAYS})"
    )
    options = read(made, argv)
    sizes = (0, 20) if options.quick else tuple(options.more.sizes or SIZES)
    days = (0.02,) if options.quick else tuple(options.more.days or DAYS)
    worlds = Figures("A laboratory with its world", WORLD_COLUMNS)
    worlds.note("stand: the world lived again from its beginning, as after every start, fork and way back.")
    figures = Figures("Copies of a whole laboratory", COLUMNS)
    with databases(options, figures) as places:
        for name, (folder, url) in places.items():
            house = Place(folder / name, url).open()
            lab = labs.make(house)
            done = 0
            for size in sorted(sizes):
                fill(lab, size - done, f"F{size}-")
                done = size
                case = f"{name}, {_results(lab):,} results"
                for _ in range(options.rounds):
                    figures.add(case, **once(house, folder))
            house.close()
        for name, (folder, url) in places.items():
            for past in days:
                house = Place(folder / f"{name}-{past:g}", url).open()
                for figure in with_world(house, past, options.rounds):
                    worlds.add(f"{name}, {past:g} days", **figure)
                house.close()
    show(figures, worlds, options=options)
    return 0


def with_world(house: House, days: float, rounds: int) -> Iterator[dict[str, float]]:
    """A laboratory with some days behind it, kept, handed out and put back; gone in the end."""
    wall = WallClock()
    start = END - timedelta(days=days)
    preparing.prepare(house, WORLD, preparing.Past(PACKS / "core", WORLD, start, END), hashed=str.upper)
    for _ in range(rounds):
        yield _with_world_once(house, wall)
    preparing.remove(house, WORLD)


def _with_world_once(house: House, wall: WallClock) -> dict[str, float]:
    began = monotonic()
    kept = snapshots.take(house, WORLD, "kept", BY, wall=wall)
    found = {
        "snapshot_ms": (monotonic() - began) * 1000,
        "fork_ms": timed(lambda: snapshots.fork(house, kept, "forked", BY)),
        "back_ms": timed(lambda: snapshots.put_back(house, "forked", kept.lab, BY)),
        "stand_ms": timed(lambda: rewinding.stand(house, "forked", wall)),
        "lab_mb": _megabytes(house, WORLD),
        "inputs": kept.inputs,
        "truths": kept.entries,
    }
    preparing.remove(house, "forked")
    snapshots.drop(house, kept, BY)
    return found


def _megabytes(house: House, slug: str) -> float:
    """Its size on the disk: the file, or every table of the schema with its indexes."""
    size = (
        text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        if house.dialect == "sqlite"
        else text(
            "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r'"
        )
    )
    with house.lab(slug).reading() as connection:
        return float(connection.execute(size).scalar_one()) / 1e6


def fill(lab: Lab, orders: int, series: str) -> None:
    """So many more orders with results, each by message."""
    tubes = labs.order_tubes(lab, orders, WIDTH, received=True, series=series)
    inbox = Inbox(lab)
    arrivals = [Arrival(messages.result_message(tube, WIDTH, f"C{tube}")) for tube in tubes]
    inbox.receive_many(arrivals)


def once(house: House, folder: Path) -> dict[str, float]:
    """Each operation once, in the order of a lesson: keep, hand out, put back, clear away, carry off."""
    taken = f"{labs.SLUG}-kept"
    file = folder / "carried.backup"
    found = {
        "snapshot_ms": timed(lambda: house.snapshot(labs.SLUG, "kept", BY)),
        "fork_ms": timed(lambda: house.fork(taken, "forked", BY)),
        "reset_ms": timed(lambda: house.reset("forked", taken, BY)),
        "drop_ms": timed(lambda: house.drop("forked", BY)),
        "backup_ms": timed(lambda: house.backup(labs.SLUG, file, BY)),
    }
    house.drop(taken, BY)
    return found


def timed(act: Callable[[], object]) -> float:
    """Milliseconds of wall time."""
    began = monotonic()
    act()
    return (monotonic() - began) * 1000


def _results(lab: Lab) -> int:
    with lab.reading() as reading:
        return int(reading.connection.execute(select(func.count()).select_from(result)).scalar_one())


if __name__ == "__main__":
    run(main)
