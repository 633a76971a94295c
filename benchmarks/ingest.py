"""Messages over MLLP from the socket to the acknowledged commit: the whole real job, beside floors and naive servers.

Every case sends tubes' results that fit waiting orders, over stop-and-wait connections, to a server process of its own
on a fresh copy of one prepared laboratory. Afterwards the laboratory is asked whether every acknowledged message is in
it once. What the figures are held against is printed below them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import content, floors, labs, messages, naive, parse
from benchmarks.bench import BY, serve
from benchmarks.common import Figures, Options, databases, parser, read, run, show
from benchmarks.content import USUAL_WIDTH
from benchmarks.labs import Place
from benchmarks.load import Load, send
from benchmarks.serving import Server
from benchmarks.targets import Target, against, figure, judge, show_targets
from lis.lab import Lab

CONNECTIONS = (1, 8, 32)
MOST_CONNECTIONS = 32
COLUMNS = ("per_s", "x_floor", "p50_ms", "p99_ms", "cpu_ms", "refused", "lost")
LOOKED_AT = "with a dashboard"


@dataclass(frozen=True)
class Case:
    """One way to send: so many connections, so many observations in each message."""

    connections: int
    width: int

    @property
    def title(self) -> str:
        return f"{self.connections:>2} conn, {self.width:>3} OBX"


@dataclass(frozen=True)
class Host:
    """A database with the prepared laboratory, the frames its tubes wait for by width, and the process over it."""

    place: Place
    frames: Mapping[int, Sequence[bytes]]
    server: Server


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and say by the status whether anything acknowledged was lost."""
    made = parser(__doc__.splitlines()[0], seconds=4.0)
    made.add_argument("--messages", type=int, default=1000, help="messages of 10 OBX per case (1000)")
    made.add_argument("--no-peers", action="store_true", help="leave out the naive servers")
    options = read(made, argv)
    figures = Figures("Messages from socket to acknowledged commit", COLUMNS)
    figures.note(
        "Floors: one durable transaction per message, inserts only, no network. Naive: no journal, no rules."
    )
    with databases(options, figures) as places, ExitStack() as stack:
        hosts = {
            name: Host(place, frames, stack.enter_context(Server(serve, place)))
            for name, place, frames in _prepared(options, places)
        }
        if hosts:
            peers = None if options.more.no_peers else _peer_server(stack, hosts)
            for _ in range(options.rounds):
                _round(options, hosts, figures, peers)
    show(figures, options=options)
    reading = parse.figures_of(USUAL_WIDTH, options.rounds, 0.2)
    reading.cases |= parse.long_figures(options.rounds, 0.2).cases
    show_targets([*judge(TARGETS, figures), *judge(READING, reading)])
    return int(any(sum(row.get("lost", ())) for row in figures.cases.values()))


def _peer_server(stack: ExitStack, hosts: Mapping[str, Host]) -> Server:
    folder = next(iter(hosts.values())).place.folder
    return stack.enter_context(Server(naive.serve, folder / "naive.sqlite"))


def cases(quick: bool) -> list[Case]:
    """Connections at the usual width, then widths at the most connections."""
    if quick:
        return [Case(1, USUAL_WIDTH), Case(8, USUAL_WIDTH)]
    others = [width for width in content.PANELS if width != USUAL_WIDTH]
    return [Case(n, USUAL_WIDTH) for n in CONNECTIONS] + [Case(MOST_CONNECTIONS, width) for width in others]


def count_of(messages_: int, width: int, quick: bool) -> int:
    """How many tubes of a width: as many observations as the usual width has, within reason."""
    wanted = messages_ * USUAL_WIDTH // width if width > USUAL_WIDTH else messages_
    return max(min(wanted, 40) if quick else wanted, MOST_CONNECTIONS // 4)


def _prepared(
    options: Options, places: Mapping[str, tuple[Path, str | None]]
) -> Iterator[tuple[str, Place, Mapping[int, Sequence[bytes]]]]:
    """The same laboratory in every database: made once, carried over as a backup."""
    if not places:
        return
    widths = sorted({case.width for case in cases(options.quick)})
    folder = next(iter(places.values()))[0]
    backup = folder / "bench.backup"
    first = Place(folder / "first", None)
    house = first.open()
    frames = _fill(labs.make(house), options, widths)
    house.backup(labs.SLUG, backup, BY)
    house.close()
    for name, (_, url) in places.items():
        place = Place(folder / name, url)
        house = place.open()
        house.restore(backup, labs.SLUG, BY)
        house.close()
        yield name, place, frames


def _fill(lab: Lab, options: Options, widths: Sequence[int]) -> dict[int, list[bytes]]:
    labs.give_past(lab, min(max(widths), USUAL_WIDTH), 4 if options.quick else labs.PATIENTS)
    frames: dict[int, list[bytes]] = {}
    for width in widths:
        wanted = count_of(options.more.messages, width, options.quick)
        tubes = labs.order_tubes(lab, wanted, width, received=True, series=f"W{width}-")
        frames[width] = messages.for_tubes(tubes, width)
    return frames


def _round(options: Options, hosts: Mapping[str, Host], figures: Figures, peers: Server | None) -> None:
    """Every contestant once."""
    for case in cases(options.quick):
        for name, host in hosts.items():
            _product_beside_floor(options, name, host, case, figures)
        if peers is not None and case.width == USUAL_WIDTH:
            _peers(peers, next(iter(hosts.values())).frames[USUAL_WIDTH], case, options.seconds, figures)


def _product_beside_floor(options: Options, name: str, host: Host, case: Case, figures: Figures) -> None:
    frames = host.frames[case.width]
    lowest = floor(host.place, frames, options.seconds)
    _add(figures, f"{case.title} | {name} floor", lowest)
    for kind in (content.WHOLE, content.REFERENCES_ONLY):
        for looked_at in (False, True) if _is_looked_at(case, kind) else (False,):
            load, cpu, lost = product(host.server, kind, frames, case, options.seconds, looked_at=looked_at)
            more = {"x_floor": load.per_second / lowest.per_second, "refused": load.refused, "lost": lost}
            title = f"{case.title} | {name}, {kind}"
            _add(figures, f"{title}, {LOOKED_AT}" if looked_at else title, load, cpu, **more)


def _is_looked_at(case: Case, kind: str) -> bool:
    return case.width == USUAL_WIDTH and case.connections == 8 and kind == content.REFERENCES_ONLY


def floor(place: Place, frames: Sequence[bytes], seconds: float) -> Load:
    """The durable-insert floor of a database."""
    if place.url is None:
        return floors.sqlite_floor(place.folder / "floor.sqlite", frames, seconds)
    return floors.postgresql_floor(place.url, frames, seconds)


def product(
    server: Server,
    kind: str,
    frames: Sequence[bytes],
    case: Case,
    seconds: float,
    *,
    looked_at: bool = False,
) -> tuple[Load, float, int]:
    """The listener and the inbox over a copy of the laboratory: the load, CPU seconds, what was lost."""
    port = server.ask("open", kind)
    first = send(port, frames[:1], connections=1, seconds=seconds)  # opens the way; not measured
    server.ask("look", looked_at)
    before = server.cost().cpu_seconds
    load = send(port, frames[1:], connections=case.connections, seconds=seconds)
    cpu = server.cost().cpu_seconds - before
    return load, cpu, first.accepted + load.accepted - server.ask("close")


def _peers(server: Server, frames: Sequence[bytes], case: Case, seconds: float, figures: Figures) -> None:
    for library, stores in ((naive.PYTHON_HL7, False), (naive.PYTHON_HL7, True), (naive.HL7APY, True)):
        port = server.ask("open", library, stores)
        before = server.cost().cpu_seconds
        load = send(port, frames, connections=case.connections, seconds=seconds)
        _add(figures, f"{case.title} | {_peer(library, stores)}", load, server.cost().cpu_seconds - before)
        server.ask("close")


def _peer(library: str, stores: bool) -> str:
    return f"naive {library}{' + sqlite' if stores else ', nothing stored'}"


def _add(figures: Figures, title: str, load: Load, cpu: float | None = None, **more: float) -> None:
    done = load.accepted + load.refused
    if cpu is not None and done:
        more["cpu_ms"] = cpu * 1000 / done
    times = {"p50_ms": load.milliseconds(0.5), "p99_ms": load.milliseconds(0.99)}
    figures.add(title, per_s=load.per_second, **times, **more)


# --- what the figures are held against ---

_ONE, _EIGHT, _MANY = (f"{Case(n, USUAL_WIDTH).title} | " for n in CONNECTIONS)
_WHOLE, _PLAIN = f"sqlite, {content.WHOLE}", f"sqlite, {content.REFERENCES_ONLY}"
_PG = f"postgresql, {content.REFERENCES_ONLY}"
_ONE_PLAIN, _ONE_FLOOR = _ONE + _PLAIN, _ONE + "sqlite floor"

TARGETS = (
    Target("T1", "whole job, 32 connections, x floor", 0.4, figure(_MANY + _WHOLE, "x_floor")),
    Target("T1", "references only, 32 connections, x floor", 0.8, figure(_MANY + _PLAIN, "x_floor")),
    Target("T2", "whole job, 1 connection, x floor", 0.15, figure(_ONE + _WHOLE, "x_floor")),
    Target("T2", "references only, 1 connection, x floor", 0.25, figure(_ONE_PLAIN, "x_floor")),
    Target("T2", "p50 of 1 connection, x floor's", 5, against(_ONE_PLAIN, _ONE_FLOOR, "p50_ms"), least=False),
    Target("T2", "p99 of 1 connection, x floor's", 6, against(_ONE_PLAIN, _ONE_FLOOR, "p99_ms"), least=False),
    Target("T3", "messages/s of 32 connections, x 8", 1, against(_MANY + _PLAIN, _EIGHT + _PLAIN, "per_s")),
    Target(
        "T3",
        "p99 of 8 connections, x p50",
        3,
        against(_EIGHT + _PLAIN, _EIGHT + _PLAIN, "p99_ms", "p50_ms"),
        least=False,
    ),
    Target("T7", "PostgreSQL, 32 connections, x its floor", 1, figure(_MANY + _PG, "x_floor")),
    Target("T7", "PostgreSQL, 1 connection, x its floor", 0.3, figure(_ONE + _PG, "x_floor")),
    Target(
        "T8",
        "p99 with a dashboard 20/s, x without",
        1.5,
        against(f"{_EIGHT}{_PLAIN}, {LOOKED_AT}", _EIGHT + _PLAIN, "p99_ms"),
        least=False,
    ),
    Target(
        "T10",
        "messages/s of 32 connections, x python-hl7 that stores nothing",
        5,
        against(_MANY + _PLAIN, _MANY + _peer(naive.PYTHON_HL7, stores=False), "per_s"),
    ),
)
READING = (
    Target("T4", "reading 10 OBX, x split", 3, against("reader", "split (floor)", "cpu_us"), least=False),
    Target(
        "T4",
        "reading 10 OBX with full checks, x split",
        10,
        against(parse.CHECKED, "split (floor)", "cpu_us"),
        least=False,
    ),
    Target("T4", "reading 1 MB, x 100 KB", 15, against("1 MB", "100 KB", "cpu_us"), least=False),
    Target(
        "T4",
        "reading 1 MB with full checks, x 100 KB",
        15,
        against(f"1 MB, {parse.CHECKED}", f"100 KB, {parse.CHECKED}", "cpu_us"),
        least=False,
    ),
)


if __name__ == "__main__":
    run(main)
