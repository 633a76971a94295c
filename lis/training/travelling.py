"""Keeping an instant, forking from it, going back to it: the same acts for worlds that run and for those that stand.

A laboratory that runs is kept between two turns of its world; to put it back its doors are closed and opened again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Protocol

from lis.kernel.clock import Clock, local
from lis.kernel.errors import Conflict, Invalid
from lis.storage import directory
from lis.storage.house import House
from lis.training import chronicle, following, rewinding, snapshots
from lis.training.chronicle import WorldHead
from lis.training.people import Hash
from lis.training.preparing import Progress
from lis.training.snapshots import AUTOMATIC, KEPT, LONGEST_NAME, Snapshot

AUTO, BEFORE, FORK, RELIVED = "auto", "before", "fork", "relived"


class Doors(Protocol):
    """What stands between a laboratory and those who would change it meanwhile."""

    def still(self, slug: str) -> AbstractContextManager[None]:
        """Its world stands between two turns, written down."""

    def closed(self, slug: str) -> AbstractContextManager[None]:
        """Nobody serves it, and no world runs around it."""

    def open(self, slug: str) -> None:
        """It was made just now: it is served like the others."""


class Travel:
    """Time in the laboratories of a house, and where it branches."""

    def __init__(self, house: House, doors: Doors, wall: Clock, hashed: Hash) -> None:
        self.house, self._doors, self._wall, self._hashed = house, doors, wall, hashed

    def keep(self, slug: str, label: str, by: str, kind: str = KEPT) -> Snapshot:
        """A snapshot of a laboratory and its world at this instant."""
        with self._doors.still(slug):
            return snapshots.take(self.house, slug, label, by, wall=self._wall, kind=kind)

    def keep_automatically(self, slug: str, by: str) -> Snapshot:
        """One that nobody asked for, named by the lab's day and hour; older ones go."""
        at = local(self.head(slug).stood_at, snapshots.zone_of(self.house.lab(slug)))
        label = snapshots.free_label(self.house, slug, f"{AUTO}-{at:%m%d-%H%M}")
        taken = self.keep(slug, label, by, AUTOMATIC)
        snapshots.prune(self.house, slug, by)
        return taken

    def fork(self, slug: str, new: str, by: str, label: str = "") -> None:
        """A laboratory of its own with its world, from a snapshot on, or from this instant."""
        self._check_name(new)
        passing = snapshots.free_label(self.house, slug, FORK)
        source = snapshots.find(self.house, slug, label) if label else self.keep(slug, passing, by)
        try:
            snapshots.fork(self.house, source, new, by)
        finally:
            if not label:
                snapshots.drop(self.house, source, by)
        self._doors.open(new)

    def back(self, slug: str, label: str, by: str) -> Snapshot:
        """A laboratory and its world become what they were; what they are now is kept first, as the snapshot given."""
        target = snapshots.find(self.house, slug, label)
        return self._put_back(slug, target.lab, by)

    def back_to(
        self, slug: str, at: datetime, by: str, new: str = "", progress: Progress | None = None
    ) -> Snapshot | None:
        """The same for an instant: a snapshot's own, or any of the past. With `new` as a laboratory of its own."""
        exact = snapshots.nearest(self.house, slug, at)
        label = exact.label if exact is not None and exact.at == at else ""
        if new:
            self._apart(slug, new, at, by, label, progress)
            return None
        if label:
            return self.back(slug, label, by)
        passing = snapshots.free_label(self.house, slug, RELIVED)
        temporary = f"{slug}-{passing}"
        self._relive(slug, temporary, at, progress)
        try:
            return self._put_back(slug, temporary, by)
        finally:
            self.house.drop(temporary, by)
            following.open_worlds(self.house)

    def _apart(
        self, slug: str, new: str, at: datetime, by: str, label: str, progress: Progress | None
    ) -> None:
        if label:
            self.fork(slug, new, by, label)
            return
        self._check_name(new)
        self._relive(slug, new, at, progress)
        self._doors.open(new)

    def head(self, slug: str) -> WorldHead:
        """What a laboratory's world is made from."""
        following.open_worlds(self.house)
        with self.house.control.reading() as connection:
            return chronicle.head_of(connection, slug)

    def _relive(self, slug: str, new: str, at: datetime, progress: Progress | None) -> None:
        rewinding.relive(self.house, slug, new, at, hashed=self._hashed, wall=self._wall, progress=progress)

    def _put_back(self, slug: str, source: str, by: str) -> Snapshot:
        with self._doors.closed(slug):
            label = snapshots.free_label(self.house, slug, BEFORE)
            before = snapshots.take(self.house, slug, label, by, wall=self._wall)
            snapshots.put_back(self.house, slug, source, by)
        return before

    def _check_name(self, new: str) -> None:
        directory.check_free(new, self.house.entries())
        if len(new) > LONGEST_NAME:
            raise Invalid(
                "lab.name_long", f"{new} is longer than {LONGEST_NAME} letters.", "Choose a shorter name."
            )


class Shut:
    """The doors of laboratories that nobody serves, as for a command. `check` refuses where somebody does."""

    def __init__(self, house: House, wall: Clock) -> None:
        self._house, self._wall = house, wall

    @contextmanager
    def still(self, slug: str) -> Iterator[None]:
        self.check(slug)
        yield

    closed = still

    def open(self, slug: str) -> None:
        """It is served when the product starts."""

    def check(self, slug: str) -> None:
        """On SQLite the file lock says it too; over PostgreSQL the world's own note alone."""
        following.open_worlds(self._house)
        with self._house.control.reading() as connection:
            head = chronicle.head_of(connection, slug)
        if head.tended_until is not None and head.tended_until > self._wall.now():
            raise Conflict(
                "world.runs",
                f"Laboratory {slug} is being served, and its hospital and bench run.",
                "Do it on its own page (Bench, then Time), or stop the product first.",
            )
