"""Memory over a long run: orders are placed and their results sent to one process, over and over.

The messages counted are those of 10 OBX, or of as many as are asked for, over 32 connections; `--one-by-one` spares
orders, each result of a tube comes by itself then, as from analyzers that report test by test. Memory and SQLite's
write-ahead log are looked at after every twentieth part; what is there after the first twentieth is what the end is
held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks import content, labs, messages
from benchmarks.bench import AT_ONCE, serve
from benchmarks.common import Figures, databases, parser, read, run, show
from benchmarks.labs import Place
from benchmarks.load import send
from benchmarks.serving import Server
from benchmarks.targets import Target, figure, judge, show_targets

CONNECTIONS, PARTS = 32, 20
COLUMNS = ("resident_MB", "x_first", "per_s", "p99_ms", "log_MB", "refused")
LAST = "after all"
TARGETS = (
    Target("T5", "memory at the end, x after the first part", 1.05, figure(LAST, "x_first"), least=False),
    Target("T5", "write-ahead log at its largest, MB", 64, figure(LAST, "log_MB"), least=False),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Send, look, print; the status says whether anything was refused."""
    made = parser(__doc__.splitlines()[0], rounds=1)
    made.add_argument("messages", type=int, nargs="?", default=20_000, help="messages in all (20,000)")
    made.add_argument(
        "--width",
        type=int,
        choices=content.PANELS,
        default=content.USUAL_WIDTH,
        help="tests of each tube (10)",
    )
    made.add_argument(
        "--one-by-one", action="store_true", help="each result of a tube in a message of its own"
    )
    options = read(made, argv)
    figures = Figures("Memory over a long run", COLUMNS)
    with databases(options, figures) as places, ExitStack() as stack:
        for name, (folder, url) in places.items():
            place = Place(folder / name, url)
            _furnish(place)
            server = stack.enter_context(Server(serve, place))
            wanted = 2 * AT_ONCE if options.quick else options.more.messages
            prefix = "" if name == "sqlite" else f"{name}, "
            _soak(server, prefix, wanted, figures, options.more.width, one_by_one=options.more.one_by_one)
    show(figures, options=options)
    show_targets(judge(TARGETS, figures))
    return int(any(sum(row.get("refused", ())) for row in figures.cases.values()))


def _furnish(place: Place) -> None:
    house = place.open()
    labs.give_past(labs.make(house), content.USUAL_WIDTH)
    house.close()


def _soak(
    server: Server, prefix: str, wanted: int, figures: Figures, width: int, *, one_by_one: bool
) -> None:
    frames_of = messages.one_by_one if one_by_one else messages.for_tubes
    port = server.ask("open", content.WHOLE)
    sent, shown, first, longest = 0, 0, 0.0, 0.0
    while sent < wanted:
        tubes, now = server.ask("more", width)
        load = send(port, frames_of(tubes, width, now), connections=CONNECTIONS, seconds=600)
        sent += load.accepted + load.refused
        longest = max(longest, server.ask("log") / 1e6)
        if sent * PARTS // wanted > shown or sent >= wanted:
            shown = sent * PARTS // wanted
            resident = server.cost().resident_bytes / 1e6
            first = first or resident
            title = LAST if sent >= wanted else f"after {sent:,}"
            figures.add(
                f"{prefix}{title}",
                resident_MB=resident,
                x_first=resident / first,
                per_s=load.per_second,
                p99_ms=load.milliseconds(0.99),
                log_MB=longest,
                refused=load.refused,
            )
    server.ask("close")


if __name__ == "__main__":
    run(main)
