"""The house of laboratories: the control database, and every laboratory it lists.

What is done to a whole laboratory (made, copied, put back, dropped) is one operation each, noted in the control
database. A copy's clock goes on from the instant at which it was taken.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, insert

from lis.kernel.canonical import instant_text
from lis.kernel.clock import Clock
from lis.kernel.errors import Conflict, Invalid, NotFound
from lis.storage import control, copies, directory, migrations
from lis.storage.database import Fill, LabDatabase, Site
from lis.storage.directory import LabEntry
from lis.storage.migrations import Family
from lis.storage.postgresql import PostgresqlSite
from lis.storage.sqlite import SqliteSite
from lis.storage.tables import lab

Progress = Callable[[str, int, int], None]  # laboratory, how many are done, of how many


class House:
    """Opens, lists, makes, copies and drops laboratories. One per process."""

    def __init__(self, site: Site, wall: Clock, *, exclusive: bool = False) -> None:
        self.control = site.control()
        self.dialect = site.dialect
        self._site, self._wall, self._exclusive = site, wall, exclusive
        self._open: dict[str, LabDatabase] = {}
        self._changing = threading.RLock()

    @classmethod
    def open(cls, *, data: Path | None, url: str | None, wall: Clock, exclusive: bool = False) -> House:
        """On PostgreSQL when there is a URL, else SQLite files in the folder. `exclusive`: this process serves them."""
        if url:
            return cls(PostgresqlSite(url), wall, exclusive=exclusive)
        if data is None:
            raise Invalid("house.nowhere", "Neither a data folder nor a database URL was given.")
        return cls(SqliteSite(data), wall, exclusive=exclusive)

    def close(self) -> None:
        for database in [*self._open.values(), self.control]:
            database.close()
        self._open.clear()
        self._site.close()

    def labs(self) -> list[LabEntry]:
        """The laboratories in the order of their names; snapshots are not among them."""
        return [entry for entry in self.entries() if entry.kind == directory.LAB]

    def snapshots(self, slug: str) -> list[LabEntry]:
        """The snapshots of a laboratory, oldest first."""
        taken = [
            entry for entry in self.entries() if entry.kind == directory.SNAPSHOT and entry.parent == slug
        ]
        return sorted(taken, key=lambda entry: entry.created_at)

    def entries(self) -> list[LabEntry]:
        with self.control.reading() as connection:
            return directory.entries(connection)

    def entry(self, slug: str) -> LabEntry:
        found = next((entry for entry in self.entries() if entry.slug == slug), None)
        if found is None:
            raise NotFound("lab.unknown", f"There is no laboratory {slug}.", self._known())
        return found

    def _known(self) -> str:
        slugs = ", ".join(entry.slug for entry in self.labs())
        return f"There are: {slugs}." if slugs else "None has been made yet."

    def lab(self, slug: str) -> LabDatabase:
        """A laboratory's database, opened once and kept open."""
        with self._changing:
            if slug not in self._open:
                self._open[slug] = self._opened(self._living(slug))
            return self._open[slug]

    def _living(self, slug: str) -> LabEntry:
        entry = self.entry(slug)
        if entry.kind == directory.SNAPSHOT:
            raise Conflict("lab.is_snapshot", f"{slug} is a snapshot; nothing happens in it.", "Fork it.")
        return entry

    def _opened(self, entry: LabEntry) -> LabDatabase:
        database = self._attach(entry)
        try:
            self._check_revision(database)
        except BaseException:
            database.close()
            raise
        return database

    def _attach(self, entry: LabEntry) -> LabDatabase:
        return self._site.attach(entry.slug, entry.place, exclusive=self._exclusive)

    def _check_revision(self, database: LabDatabase) -> None:
        with database.reading() as connection:
            revision = migrations.revision(connection, migrations.LAB)
        if revision != migrations.head(migrations.LAB):
            raise Conflict(
                "lab.revision",
                f"Laboratory {database.slug} has tables of another version ({revision or 'none'}).",
                "Migrate it with this version of the program, or use the version that wrote it.",
            )

    def create_lab(
        self, slug: str, *, name: str, zone: str, environment: str, lab_anchor: datetime, actor: str
    ) -> LabDatabase:
        """A new laboratory: empty tables, its head row, lab time running at speed 1 from the anchor."""

        def fill(connection: Connection) -> None:
            head = {"id": 1, "slug": slug, "name": name, "zone": zone, "environment": environment}
            clock = {"lab_anchor": lab_anchor, "wall_anchor": self._wall.now(), "speed": 1.0, "paused": False}
            connection.execute(insert(lab).values(**head, **clock))

        with self._changing:
            directory.check_free(slug, self.entries())
            draft = self._site.build(self._site.place_of(slug), fill)
            self._publish(draft, slug, name=name, actor=actor, verb="lab.created")
            return self.lab(slug)

    def add_to_control(self, family: Family) -> None:
        """Tables of somebody else in the control database, kept up to date with its own."""
        with self.control.writing() as connection:
            migrations.upgrade_if_behind(connection, family)

    def migrate_all(self, progress: Progress | None = None, actor: str = "system") -> int:
        """Bring every laboratory and snapshot to this program's tables; how many were behind."""
        entries = self.entries()
        behind = 0
        for done, entry in enumerate(entries):
            if progress:
                progress(entry.slug, done, len(entries))
            behind += self._migrate(entry, actor)
        if progress:
            progress("", len(entries), len(entries))
        return behind

    def _migrate(self, entry: LabEntry, actor: str) -> bool:
        with self._changing, self._using(entry) as database, database.writing() as connection:
            was_behind = migrations.upgrade_if_behind(connection, migrations.LAB)
        if was_behind:
            self._note(actor, "lab.migrated", entry.slug, revision=migrations.head(migrations.LAB))
        return was_behind

    def snapshot(self, slug: str, label: str, actor: str) -> str:
        """Keep a laboratory as it is at this instant; the snapshot's slug."""
        entry = self._living(slug)
        taken = f"{slug}-{label}"
        with self._changing:
            directory.check_free(taken, self.entries())
            draft = self._copied(entry, taken)
            self._publish(draft, taken, name=label, actor=actor, verb="lab.snapshot_taken", source=entry)
        return taken

    def fork(self, source: str, new_slug: str, actor: str) -> LabDatabase:
        """A laboratory of its own that begins as a copy of a laboratory or a snapshot."""
        entry = self.entry(source)
        with self._changing:
            directory.check_free(new_slug, self.entries())
            draft = self._copied(entry, new_slug)
            self._publish(draft, new_slug, name=entry.name, actor=actor, verb="lab.forked", source=entry)
            return self.lab(new_slug)

    def reset(self, slug: str, snapshot: str, actor: str) -> None:
        """Put a laboratory back to a snapshot; what happened since is gone, and the control database says so."""
        source = self.entry(snapshot)
        with self._changing, self._alone(slug) as database:
            draft = self._copied(source, slug)
            self._site.swap(draft, database)
        self._note(actor, "lab.reset", slug, snapshot=snapshot)

    def _copied(self, source: LabEntry, slug: str) -> str:
        wall = self._wall.now()
        stood_at = None if source.kind == directory.SNAPSHOT else wall

        def settle(connection: Connection) -> None:
            copies.settle(connection, slug, wall=wall, stood_at=stood_at)

        with self._using(source) as database:
            return self._site.copy(database, self._site.place_of(slug), settle)

    def backup(self, slug: str, path: Path, actor: str) -> int:
        """Write a laboratory to one portable file; how many rows it has."""
        entry = self.entry(slug)
        ran = entry.kind == directory.LAB  # a snapshot's clock stands
        taken_at = instant_text(self._wall.now()) if ran else None
        about = {"slug": slug, "name": entry.name, "taken_at": taken_at}
        with self._using(entry) as database, database.reading() as connection:
            rows = copies.dump(connection, path, about)
        self._note(actor, "lab.backed_up", slug, file=path.name, rows=rows)
        return rows

    def restore(self, path: Path, slug: str, actor: str, *, replace: bool = False) -> LabDatabase:
        """A laboratory out of a backup file: a new one, or with `replace` in the place of one that exists."""
        header = copies.header_of(path)
        with self._changing:
            exists = replace and any(entry.slug == slug for entry in self.labs())
            if not exists:
                directory.check_free(slug, self.entries())
            draft = self._site.build(self._site.place_of(slug), self._loading(path, slug), header["revision"])
            if exists:
                with self._alone(slug) as database:
                    self._site.swap(draft, database)
                self._note(actor, "lab.restored", slug, file=path.name)
            else:
                self._publish(
                    draft, slug, name=header["name"], actor=actor, verb="lab.restored", file=path.name
                )
            return self.lab(slug)

    def _loading(self, path: Path, slug: str) -> Fill:
        taken_at = copies.header_of(path)["taken_at"]
        stood_at = datetime.fromisoformat(taken_at) if taken_at else None

        def fill(connection: Connection) -> None:
            copies.load(connection, path)
            migrations.upgrade_if_behind(connection, migrations.LAB)
            copies.settle(connection, slug, wall=self._wall.now(), stood_at=stood_at)

        return fill

    def drop(self, slug: str, actor: str) -> None:
        """Remove a laboratory or snapshot; its sessions and memberships end with it."""
        entry = self.entry(slug)
        with self._changing:
            if entry.kind == directory.LAB:
                with self._alone(slug):
                    pass
            database = self._open.pop(slug, None)
            if database:
                database.close()
            with self.control.writing() as connection:
                directory.drop(connection, slug, at=self._wall.now(), actor=actor)
            self._site.remove(entry.place)

    @contextmanager
    def _using(self, entry: LabEntry) -> Iterator[LabDatabase]:
        """A database for the length of one operation: the open one, or opened for it."""
        database = self._open.get(entry.slug)
        if database is not None:
            yield database
            return
        database = self._attach(entry)
        try:
            yield database
        finally:
            database.close()

    @contextmanager
    def _alone(self, slug: str) -> Iterator[LabDatabase]:
        """A laboratory that no other process serves while its content is replaced."""
        with nullcontext() if self._exclusive else self._site.guard(slug, self._living(slug).place):
            yield self.lab(slug)

    def _publish(
        self,
        draft: str,
        slug: str,
        *,
        name: str,
        actor: str,
        verb: str,
        source: LabEntry | None = None,
        **data: object,
    ) -> None:
        """List the draft in the directory and put it in its place, both or neither."""
        kind = directory.SNAPSHOT if verb == "lab.snapshot_taken" else directory.LAB
        parent = source.slug if source else ""
        place = self._site.place_of(slug)
        entry = LabEntry(slug, name, place, kind, parent, self._wall.now())
        published = False
        try:
            with self.control.writing() as connection:
                directory.add(connection, entry)
                control.record(connection, entry.created_at, actor, verb, slug, parent=parent, **data)
                self._site.publish(draft, place)
                published = True
        except BaseException:
            self._site.remove(draft)
            if published and all(listed.slug != slug for listed in self.entries()):
                self._site.remove(place)
            raise

    def _note(self, actor: str, verb: str, slug: str, **data: object) -> None:
        with self.control.writing() as connection:
            control.record(connection, self._wall.now(), actor, verb, slug, **data)
