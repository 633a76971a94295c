"""The server's process of a measurement: one copy of a prepared laboratory after another behind a port."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from itertools import count
from multiprocessing.connection import Connection
from threading import Event, Thread

from sqlalchemy import func, select

from benchmarks import content, labs
from benchmarks.labs import Place
from benchmarks.serving import attend
from lis.domain.people import system
from lis.interfaces.inbox import Inbox
from lis.interfaces.listener import Listener, Route
from lis.lab import Lab
from lis.main.memory import set_aside_what_lasts
from lis.services import cataloguing
from lis.storage import tables as t
from lis.storage.house import House

BY, COPY = "benchmark", "copy"
AT_ONCE = 500
STEPS_A_DAY = 18  # a day has 9,999 accession numbers
LOOKS_PER_SECOND = 20


def serve(place: Place, door: Connection) -> None:
    """A process that serves one copy of the prepared laboratory after another."""
    house = place.open(exclusive=True)
    try:
        with closing(Bench(house)) as bench:
            attend(
                door,
                open=bench.open,
                close=bench.close,
                more=bench.more,
                log=bench.log_size,
                look=bench.look,
            )
    finally:
        house.close()


class Bench:
    """One copy at a time behind a port."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._listener: Listener | None = None
        self._dashboard: Dashboard | None = None
        self._steps = count()

    def open(self, kind: str) -> int:
        """Make a fresh copy that judges by this content, and listen; the port."""
        lab = Lab(self._house.fork(labs.SLUG, COPY, BY))
        if kind != content.WHOLE:
            with lab.work(system("admin")) as work:
                cataloguing.load_pack(work, content.pack(kind), reason="to measure without judging")
        with lab.reading():  # the catalogue is read
            set_aside_what_lasts()
        self._listener = Listener([Route(Inbox(lab))])
        return self._listener.start()

    def close(self) -> int:
        """Hang up and throw the copy away; how many messages it had processed, each counted once."""
        self.look(False)
        if self._listener is None:
            return 0
        self._listener.stop()
        self._listener = None
        with self._house.lab(COPY).reading() as connection:
            processed = int(connection.execute(_PROCESSED).scalar_one())
        self._house.drop(COPY, BY)
        return processed

    def look(self, on: bool) -> int:
        """Put a dashboard on the copy, or take it away; how often it had looked."""
        looked, self._dashboard = self._dashboard.stop() if self._dashboard else 0, None
        if on:
            self._dashboard = Dashboard(Lab(self._house.lab(COPY)))
        return looked

    def more(self, width: int) -> tuple[list[str], datetime]:
        """Tubes of so many tests, ordered and received just now, and the laboratory's time."""
        lab, step = Lab(self._house.lab(COPY)), next(self._steps)
        if step and step % STEPS_A_DAY == 0:
            labs.next_day(lab)
        return labs.order_tubes(lab, AT_ONCE, width, received=True, series=f"S{step}-"), lab.now()

    def log_size(self) -> int:
        """Bytes of SQLite's write-ahead log; 0 on PostgreSQL, which keeps its own."""
        path = getattr(self._house.lab(COPY), "path", None)
        log = path and path.with_name(f"{path.name}-wal")
        return log.stat().st_size if log and log.exists() else 0


class Dashboard:
    """A screen in the same process that is drawn anew many times a second: the newest results, and counts."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._stop = Event()
        self._looked = 0
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Take it away; how often it had looked."""
        self._stop.set()
        self._thread.join()
        return self._looked

    def _look(self) -> None:
        while not self._stop.wait(1 / LOOKS_PER_SECOND):
            with self._lab.reading() as reading:
                reading.connection.execute(_NEWEST).all()
                reading.connection.execute(_COUNTS).all()
            self._looked += 1


_PROCESSED = select(func.count(func.distinct(t.inbound.c.control_id))).where(t.inbound.c.state == "processed")
_NEWEST = (
    select(t.lab_order.c.accession, t.patient.c.mrn, t.result.c.test, t.result_version.c.value)
    .select_from(
        t.result_version.join(t.result, t.result.c.id == t.result_version.c.result_id)
        .join(t.lab_order, t.lab_order.c.id == t.result.c.order_id)
        .join(t.patient, t.patient.c.id == t.result.c.patient_id)
    )
    .order_by(t.result_version.c.id.desc())
    .limit(50)
)
_COUNTS = select(t.result.c.state, func.count()).group_by(t.result.c.state)
