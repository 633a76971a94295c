"""Fork, snapshot, reset and backup of a laboratory by its size, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import func, select

from benchmarks import labs, messages
from benchmarks.common import Figures, databases, parser, read, run, show
from benchmarks.labs import Place
from lis.interfaces.inbox import Arrival, Inbox
from lis.kernel.clock import monotonic
from lis.lab import Lab
from lis.storage.house import House
from lis.storage.tables import result

SIZES = (0, 100, 1000)
WIDTH = 10
BY = "benchmark"
COLUMNS = ("snapshot_ms", "fork_ms", "reset_ms", "drop_ms", "backup_ms")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    made = parser(__doc__.splitlines()[0])
    made.add_argument("--sizes", type=int, nargs="*", help=f"orders of {WIDTH} results ({SIZES})")
    options = read(made, argv)
    sizes = (0, 20) if options.quick else tuple(options.more.sizes or SIZES)
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
    show(figures, options=options)
    return 0


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
