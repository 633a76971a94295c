"""The doors of laboratories that this process serves with their worlds, and the snapshots it takes by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection, select

from lis.kernel.clock import Clock
from lis.kernel.errors import Conflict
from lis.lab import Lab
from lis.storage import outbox
from lis.storage import tables as t
from lis.storage.house import House
from lis.training import chronicle, snapshots
from lis.training.running import LiveWorld, LiveWorlds, Served
from lis.training.travelling import Travel

BY = "automatic"
LOOK_EVERY = 5.0  # wall seconds
TENDED_FOR = timedelta(seconds=20)
KEEP_EVERY = timedelta(minutes=30)
"""Lab time between two snapshots that are taken by themselves, when somebody worked meanwhile."""
TRIES, BETWEEN_TRIES = 40, 0.05
HEARD_LATELY = 50
ANY_PORT = 0
log = structlog.get_logger(__name__)


class Serving(Protocol):
    """The product, as far as doors are concerned."""

    house: House
    wall: Clock

    @property
    def served(self) -> Mapping[str, Served]: ...

    def serve(self, slug: str, port: int) -> Served: ...

    def leave(self, slug: str) -> None: ...


class Open:
    """Doors that are open: a laboratory is kept while it runs, and closed to be put back."""

    def __init__(self, product: Serving, worlds: LiveWorlds) -> None:
        self._product, self._worlds = product, worlds

    @contextmanager
    def still(self, slug: str) -> Iterator[None]:
        """Between two turns, and not between what a peer has heard and the laboratory's note of its answer.

        What is heard and never answered is said again in any case; it is not waited for longer than a while.
        """
        live, pause = self._worlds.get(slug), threading.Event()
        for tries_left in reversed(range(TRIES)):
            with live.still():
                if not tries_left or not is_half_said(live):
                    yield
                    return
            pause.wait(BETWEEN_TRIES)

    @contextmanager
    def closed(self, slug: str) -> Iterator[None]:
        live = self._worlds.get(slug)
        if not live.failure and not live.is_ready:
            raise Conflict("world.not_ready", "The bench is being set up.", "Wait a few seconds.")
        port = self._product.served[slug].port
        with self._worlds.leaving(slug):
            self._product.leave(slug)
        try:
            yield
        finally:
            self._enter(slug, port)

    def open(self, slug: str) -> None:
        self._enter(slug, ANY_PORT)

    def _enter(self, slug: str, port: int) -> None:
        with self._product.house.control.reading() as connection:
            head = chronicle.head_of(connection, slug)
        self._worlds.continue_clock(head)
        self._worlds.enter(head, self._product.serve(slug, port))


def is_half_said(live: LiveWorld) -> bool:
    """Whether a peer has heard something that the laboratory does not know to be said yet."""
    heard = [item.data for item in live.world.inputs[-HEARD_LATELY:] if item.kind == "message"]
    with live.lab.database.reading() as connection:
        queued = [bytes(row.body) for row in connection.execute(_UNDER_WAY)]
    return any(isinstance(part, bytes) and part in body for body in queued for part in heard)


_UNDER_WAY = select(t.outbox.c.body).where(
    t.outbox.c.state == outbox.QUEUED, t.outbox.c.body.is_not(None), t.outbox.c.attempts > 0
)


class Tending:
    """Says that the worlds of this process are run here, and keeps an instant of each now and then."""

    def __init__(self, travel: Travel, worlds: LiveWorlds, wall: Clock) -> None:
        self._travel, self._worlds, self._wall = travel, worlds, wall
        self._last: dict[str, tuple[datetime, int]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tending", daemon=True)

    def start(self) -> None:
        """From now on, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """No longer; others may touch the worlds."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._say_until(None)

    def look(self) -> None:
        """Once round all worlds."""
        self._say_until(self._wall.now() + TENDED_FOR)
        for slug in self._worlds.slugs:
            live = self._worlds.get(slug)
            if live.is_ready and not live.failure and self._is_due(slug, live.lab):
                self._travel.keep_automatically(slug, BY)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.look()
            except Exception as error:
                log.error("world.not_kept", exc_info=error)
            self._stop.wait(LOOK_EVERY)

    def _say_until(self, until: datetime | None) -> None:
        with self._travel.house.control.writing() as connection:
            chronicle.tend(connection, self._worlds.slugs, until)

    def _is_due(self, slug: str, lab: Lab) -> bool:
        """The first time; later when it is a while ago, in lab time, and somebody worked since."""
        now, events = lab.now(), snapshots.events_of(lab.database)
        kept_at, kept_events = self._last.get(slug) or self._kept_last(slug)
        went_back = kept_at is not None and (now < kept_at or events < kept_events)
        if kept_at is None or (now - kept_at >= KEEP_EVERY and _somebody_worked(lab, kept_events)):
            self._last[slug] = now, events
            return True
        self._last[slug] = (now, events) if went_back else (kept_at, kept_events)
        return False

    def _kept_last(self, slug: str) -> tuple[datetime | None, int]:
        known = snapshots.of(self._travel.house, slug)
        last = max(known, key=lambda one: one.taken_at, default=None)
        return (last.at, last.events) if last else (None, 0)


def _somebody_worked(lab: Lab, since: int) -> bool:
    with lab.database.reading() as connection:
        return _acted(connection, since)


def _acted(connection: Connection, since: int) -> bool:
    """Whether a person's act is in the journal after a position."""
    mine = select(t.journal.c.seq).where(t.journal.c.seq > since, t.journal.c.via == "web").limit(1)
    return connection.execute(mine).first() is not None
