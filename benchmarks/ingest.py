"""Messages over MLLP from the socket to the acknowledged commit: the whole real job, beside floors and naive servers.

Every case sends tubes' results that fit waiting orders, over stop-and-wait connections, to a server process of its own
on a fresh copy of one prepared laboratory. Afterwards the laboratory is asked whether every acknowledged message is in
it once. `--soak N` sends N messages to one process and watches its memory instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import func, select

from benchmarks import content, floors, labs, messages, naive
from benchmarks.common import Figures, Options, databases, parser, read, run, show
from benchmarks.labs import Place
from benchmarks.load import Load, send
from benchmarks.serving import Server, attend
from lis.domain.people import system
from lis.interfaces.inbox import Inbox
from lis.interfaces.listener import Listener, Route
from lis.lab import Lab
from lis.services import cataloguing
from lis.storage.house import House
from lis.storage.tables import inbound

CONNECTIONS = (1, 8, 32)
USUAL_WIDTH, MOST_CONNECTIONS = 10, 32
COLUMNS = ("per_s", "x_floor", "p50_ms", "p99_ms", "cpu_ms", "refused", "lost")
BY, COPY = "benchmark", "copy"
SOAK_STEP = 500


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
    made.add_argument("--messages", type=int, default=400, help="messages of 10 OBX per case (400)")
    made.add_argument("--soak", type=int, default=0, metavar="N", help="send N messages, watch the memory")
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
        if options.more.soak:
            figures = _soaked(options, hosts)
        elif hosts:
            peers = None if options.more.no_peers else _peer_server(stack, hosts)
            for _ in range(options.rounds):
                _round(options, hosts, figures, peers)
    show(figures, options=options)
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
        load, cpu, lost = product(host.server, kind, frames, case, options.seconds)
        more = {"x_floor": load.per_second / lowest.per_second, "refused": load.refused, "lost": lost}
        _add(figures, f"{case.title} | {name}, {kind}", load, cpu, **more)


def floor(place: Place, frames: Sequence[bytes], seconds: float) -> Load:
    """The durable-insert floor of a database."""
    if place.url is None:
        return floors.sqlite_floor(place.folder / "floor.sqlite", frames, seconds)
    return floors.postgresql_floor(place.url, frames, seconds)


def product(
    server: Server, kind: str, frames: Sequence[bytes], case: Case, seconds: float
) -> tuple[Load, float, int]:
    """The listener and the inbox over a copy of the laboratory: the load, CPU seconds, what was lost."""
    port = server.ask("open", kind)
    first = send(port, frames[:1], connections=1, seconds=seconds)  # reads the catalogue; not measured
    before = server.cost().cpu_seconds
    load = send(port, frames[1:], connections=case.connections, seconds=seconds)
    cpu = server.cost().cpu_seconds - before
    return load, cpu, first.accepted + load.accepted - server.ask("close")


def _peers(server: Server, frames: Sequence[bytes], case: Case, seconds: float, figures: Figures) -> None:
    for library, stores in ((naive.PYTHON_HL7, False), (naive.PYTHON_HL7, True), (naive.HL7APY, True)):
        port = server.ask("open", library, stores)
        before = server.cost().cpu_seconds
        load = send(port, frames, connections=case.connections, seconds=seconds)
        title = f"{case.title} | naive {library}{' + sqlite' if stores else ', nothing stored'}"
        _add(figures, title, load, server.cost().cpu_seconds - before)
        server.ask("close")


def _add(figures: Figures, title: str, load: Load, cpu: float | None = None, **more: float) -> None:
    done = load.accepted + load.refused
    if cpu is not None and done:
        more["cpu_ms"] = cpu * 1000 / done
    times = {"p50_ms": load.milliseconds(0.5), "p99_ms": load.milliseconds(0.99)}
    figures.add(title, per_s=load.per_second, **times, **more)


# --- the server's process ---


def serve(place: Place, door: Connection) -> None:
    """A process that serves one copy of the prepared laboratory after another."""
    house = place.open(exclusive=True)
    try:
        with closing(Bench(house)) as bench:
            attend(door, open=bench.open, close=bench.close, more=bench.more, log=bench.log_size)
    finally:
        house.close()


class Bench:
    """One copy at a time behind a port."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._listener: Listener | None = None
        self._steps = count()

    def open(self, kind: str) -> int:
        """Make a fresh copy that judges by this content, and listen; the port."""
        lab = Lab(self._house.fork(labs.SLUG, COPY, BY))
        if kind != content.WHOLE:
            with lab.work(system("admin")) as work:
                cataloguing.load_pack(work, content.pack(kind), reason="to measure without judging")
        self._listener = Listener([Route(Inbox(lab))])
        return self._listener.start()

    def close(self) -> int:
        """Hang up and throw the copy away; how many messages it had processed, each counted once."""
        if self._listener is None:
            return 0
        self._listener.stop()
        self._listener = None
        with self._house.lab(COPY).reading() as connection:
            processed = int(connection.execute(_PROCESSED).scalar_one())
        self._house.drop(COPY, BY)
        return processed

    def more(self) -> list[bytes]:
        """Frames for tubes that were ordered and received just now."""
        lab, series = Lab(self._house.lab(COPY)), f"S{next(self._steps)}-"
        tubes = labs.order_tubes(lab, SOAK_STEP, USUAL_WIDTH, received=True, series=series)
        return messages.for_tubes(tubes, USUAL_WIDTH)

    def log_size(self) -> int:
        """Bytes of SQLite's write-ahead log; 0 on PostgreSQL, which keeps its own."""
        path = getattr(self._house.lab(COPY), "path", None)
        log = path and path.with_name(f"{path.name}-wal")
        return log.stat().st_size if log and log.exists() else 0


_PROCESSED = select(func.count(func.distinct(inbound.c.control_id))).where(inbound.c.state == "processed")


# --- memory over a long run ---


def _soaked(options: Options, hosts: Mapping[str, Host]) -> Figures:
    """Orders are placed and their results sent to one process, over and over; its memory after each tenth."""
    figures = Figures("Memory over a long run", ("resident_MB", "per_s", "log_MB"))
    for name, host in hosts.items():
        port = host.server.ask("open", content.WHOLE)
        _soak(host.server, port, name, options.more.soak, figures)
        host.server.ask("close")
    return figures


def _soak(server: Server, port: int, name: str, wanted: int, figures: Figures) -> None:
    sent, shown = 0, 0
    step = max(wanted // 10, SOAK_STEP)
    while sent < wanted:
        load = send(port, server.ask("more"), connections=MOST_CONNECTIONS, seconds=600)
        sent += load.accepted
        if sent // step > shown or sent >= wanted:
            shown = sent // step
            resident = server.cost().resident_bytes / 1e6
            log = server.ask("log") / 1e6
            figures.add(
                f"{name}, after {sent:,} messages", resident_MB=resident, per_s=load.per_second, log_MB=log
            )


if __name__ == "__main__":
    run(main)
