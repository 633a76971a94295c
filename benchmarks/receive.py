"""People who receive tubes in the browser's way, in closed loop: one scan, its answer, the next scan.

All work in one laboratory, which is the hardest case: they wait for one writer. Measured twice: without a pause, which
says how much goes through, and with hands that take two seconds from an answer to the next tube, which says how long
people wait. Afterwards the laboratory is asked whether every scan that was answered with a row is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread

import uvicorn
from argon2 import PasswordHasher
from sqlalchemy import func, select

from benchmarks import labs
from benchmarks.browsing import scan_all
from benchmarks.common import Figures, Options, databases, parser, read, run, show
from benchmarks.labs import Place
from benchmarks.serving import Server, attend
from lis.domain.people import PROCESSOR, system
from lis.kernel.clock import WallClock
from lis.lab import Lab
from lis.storage import control
from lis.storage.house import House
from lis.storage.tables import container
from lis.web.app import create_app
from lis.web.security_sessions import Passwords

USERS = 30
PAUSES = (0.0, 2.0)  # seconds from an answer to the same person's next scan
PASSWORD = "scan-tubes-all-day"
COLUMNS = ("scans_per_s", "p50_ms", "p95_ms", "cpu_ms", "refused", "lost")
BY, COPY = "benchmark", "copy"
LIGHT = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # signing in is not what is measured


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and say by the status whether a scan was lost."""
    options = read_options(argv)
    users = 5 if options.quick else options.more.users
    figures = Figures(f"{users} people receive tubes", COLUMNS)
    with databases(options, figures) as places:
        for name, place, tubes in prepared(options, users, places):
            for pause in PAUSES:
                for number in range(options.rounds):
                    one_round(name, place, users, tubes, options.seconds, figures, number, pause)
    show(figures, options=options)
    return int(any(sum(row["lost"]) for row in figures.cases.values()))


def read_options(argv: Sequence[str] | None) -> Options:
    made = parser(__doc__.splitlines()[0], seconds=5.0)
    made.add_argument("--users", type=int, default=USERS, help=f"people who scan at once ({USERS})")
    made.add_argument("--tubes", type=int, default=600, help="tubes for each round (600)")
    return read(made, argv)


def prepared(
    options: Options, users: int, places: dict[str, tuple[Path, str | None]]
) -> Iterator[tuple[str, Place, list[str]]]:
    """A laboratory in each database, with people who may sign in and tubes that are on their way."""
    for name, (folder, url) in places.items():
        place = Place(folder / name, url)
        house = place.open()
        lab = labs.make(house)
        count = min(40, options.more.tubes) if options.quick else options.more.tubes
        tubes = labs.order_tubes(lab, count, 1, received=False, series="T")
        _add_people(house, lab, users)
        house.close()
        yield name, place, tubes


def user(number: int) -> str:
    return f"person{number:02d}"


def _add_people(house: House, lab: Lab, users: int) -> None:
    """Staff of the laboratory, each with an account."""
    at, hashed = WallClock().now(), LIGHT.hash(PASSWORD)
    with lab.work(system("admin")) as work, house.control.writing() as connection:
        for name in map(user, range(users)):
            work.staff.add(code=name, name=name, initials=name[-2:], role=PROCESSOR, active=True)
            control.create_account(
                connection, username=name, name=name, password_hash=hashed, at=at, actor=BY
            )


def one_round(
    name: str,
    place: Place,
    users: int,
    tubes: Sequence[str],
    seconds: float,
    figures: Figures,
    number: int,
    pause: float,
) -> None:
    slug = f"{COPY}{number}"
    names = [user(one) for one in range(users)]
    with copied(place, slug, names), Server(serve, place) as server:
        port = server.ask("port")
        before = server.cost().cpu_seconds
        load = scan_all(port, slug, names, PASSWORD, tubes, seconds, pause)
        cpu = server.cost().cpu_seconds - before
        figures.add(
            f"{name}, {pause:g} s pause" if pause else name,
            scans_per_s=load.per_second,
            p50_ms=load.milliseconds(0.5),
            p95_ms=load.milliseconds(0.95),
            cpu_ms=cpu * 1000 / max(len(load.latencies), 1),
            refused=load.refused,
            lost=load.accepted - server.ask("received", slug),
        )


@contextmanager
def copied(place: Place, slug: str, names: Sequence[str]) -> Iterator[None]:
    """A fresh copy of the laboratory in which these people work."""
    at = WallClock().now()
    house = place.open()
    house.fork(labs.SLUG, slug, BY)
    with house.control.writing() as connection:
        for name in names:
            account = control.account_by_username(connection, name)
            assert account is not None
            control.set_membership(connection, account.id, slug, name, at=at, actor=BY)
    house.close()
    yield
    house = place.open()
    house.drop(slug, BY)
    house.close()


def serve(place: Place, door: Connection) -> None:
    """A process with the web application alone."""
    house = place.open(exclusive=True)
    app = create_app(house, wall=WallClock(), passwords=Passwords(LIGHT))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    attend(door, port=lambda: _port(server), received=lambda slug: _received(house, slug))
    server.should_exit = True
    thread.join(10)
    house.close()


def _port(server: uvicorn.Server) -> int:
    pause = Event()
    while not server.started:
        pause.wait(0.02)
    return int(server.servers[0].sockets[0].getsockname()[1])


def _received(house: House, slug: str) -> int:
    query = select(func.count()).select_from(container).where(container.c.state == "received")
    with house.lab(slug).reading() as connection:
        return int(connection.execute(query).scalar_one())


if __name__ == "__main__":
    run(main)
