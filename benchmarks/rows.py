"""What the rows of a message cost by themselves: what the whole job writes, written again with nothing before it.

The statements of a run are noted as the driver gets them, and given to it once more on a second copy of the same
laboratory, transaction by transaction. So it shows what of the distance from the floor is rows, and what is the rest:
reading, asking, judging, telling. No network; messages come one at a time, or as many at once as 32 connections send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Engine, event

from benchmarks import content, ingest, labs, messages
from benchmarks.common import Figures, databases, parser, read, run, show
from benchmarks.labs import Place
from lis.interfaces.inbox import Arrival, Inbox
from lis.kernel.clock import monotonic
from lis.lab import Lab
from lis.main.memory import set_aside_what_lasts
from lis.storage.house import House

COLUMNS = ("per_s", "x_floor", "ms", "rows")
AT_ONCE = (1, ingest.MOST_CONNECTIONS)
BY, COPY = "benchmark", "copy"
WRITES = ("INSERT", "UPDATE", "WITH")
Statement = tuple[str, Any]
Transaction = Sequence[Statement]


@dataclass(frozen=True)
class Job:
    """A laboratory whose tubes wait, and the messages that report them."""

    place: Place
    house: House
    frames: Sequence[bytes]

    @contextmanager
    def copy(self) -> Iterator[Lab]:
        """A laboratory in which none of the messages has come yet."""
        lab = Lab(self.house.fork(labs.SLUG, COPY, BY))
        with lab.reading():  # the catalogue is read
            set_aside_what_lasts()
        yield lab
        self.house.drop(COPY, BY)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    made = parser(__doc__.splitlines()[0])
    made.add_argument("--messages", type=int, default=1600, help="messages of 10 OBX (1,600)")
    options = read(made, argv)
    figures = Figures("What the rows of messages cost by themselves", COLUMNS)
    with databases(options, figures) as places:
        for name, (folder, url) in places.items():
            job = prepared(
                Place(folder / name, url), 2 * max(AT_ONCE) if options.quick else options.more.messages
            )
            for _ in range(options.rounds):
                one_round(name, job, options.seconds, figures)
            job.house.close()
    show(figures, options=options)
    return 0


def prepared(place: Place, count: int, patients: int = labs.PATIENTS) -> Job:
    """The laboratory, with so many tubes that wait."""
    house = place.open()
    lab = labs.make(house)
    labs.give_past(lab, content.USUAL_WIDTH, patients)
    tubes = labs.order_tubes(lab, count, content.USUAL_WIDTH, received=True, series="R")
    return Job(place, house, messages.for_tubes(tubes, content.USUAL_WIDTH))


def one_round(name: str, job: Job, seconds: float, figures: Figures) -> None:
    """The floor, then the rows alone and the whole job for each number of messages at once."""
    lowest = ingest.floor(job.place, job.frames, seconds).per_second
    _add(figures, f"{name} floor", lowest, lowest)
    for count in AT_ONCE:
        transactions = noted(job, count)
        with job.copy() as lab:
            per_second = _timed(job, partial(written, lab, transactions))
        more = {"rows": _rows(transactions) / len(job.frames)} if name == "sqlite" else {}
        _add(figures, f"{name}, {count:>2} at once, its rows alone", per_second, lowest, **more)
        with job.copy() as lab:
            per_second = _timed(job, partial(received, lab, job.frames, count))
        _add(figures, f"{name}, {count:>2} at once, whole job in process", per_second, lowest)


def noted(job: Job, count: int) -> Sequence[Transaction]:
    """What the driver gets to write, by transaction."""
    transactions: list[list[Statement]] = []

    def note(_connection: object, _cursor: object, text: str, given: object, *_: object) -> None:
        if text.startswith(WRITES):
            transactions[-1].append((text, given))

    with job.copy() as lab:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            received(lab, job.frames, count, before=lambda: transactions.append([]))
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    return transactions


def received(
    lab: Lab, frames: Sequence[bytes], count: int, before: Callable[[], object] = lambda: None
) -> None:
    """Messages as the listener hands them over, so many at once."""
    inbox = Inbox(lab)
    arrivals = [Arrival(frame.strip(b"\x0b\x1c\r")) for frame in frames]
    for first in range(0, len(arrivals), count):
        before()
        replies = inbox.receive_many(arrivals[first : first + count])
        assert all(reply is not None and b"|AA|" in reply for reply in replies)


def written(lab: Lab, transactions: Sequence[Transaction]) -> None:
    """The same statements again, each transaction's in one."""
    for transaction in transactions:
        with lab.database.writing() as connection:
            for text, given in transaction:
                connection.exec_driver_sql(text, given)


def _timed(job: Job, do: Callable[[], None]) -> float:
    began = monotonic()
    do()
    return len(job.frames) / (monotonic() - began)


def _rows(transactions: Sequence[Transaction]) -> int:
    given = (given for transaction in transactions for _, given in transaction)
    return sum(len(one) if isinstance(one, list) else 1 for one in given)  # one row comes as its cells alone


def _add(figures: Figures, case: str, per_second: float, lowest: float, **more: float) -> None:
    figures.add(case, per_s=per_second, x_floor=per_second / lowest, ms=1000 / per_second, **more)


if __name__ == "__main__":
    run(main)
