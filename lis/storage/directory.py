"""The directory of laboratories in the control database: what there is, and where it is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from lis.kernel.errors import Conflict, Invalid
from lis.storage import control
from lis.storage.tables.control import lab_directory, membership, session

LAB, SNAPSHOT = "lab", "snapshot"
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_SLUG = 48
KEPT_FOR_US = ("control",)


@dataclass(frozen=True, slots=True)
class LabEntry:
    """A laboratory or snapshot in the directory."""

    slug: str
    name: str
    place: str
    kind: str
    parent: str
    created_at: datetime


def entries(connection: Connection) -> list[LabEntry]:
    """What is in the directory and not dropped, by slug."""
    columns = [lab_directory.c[name] for name in LabEntry.__slots__]
    query = select(*columns).where(lab_directory.c.dropped_at.is_(None)).order_by(lab_directory.c.slug)
    return [LabEntry(**row) for row in connection.execute(query).mappings()]


def check_free(slug: str, taken: list[LabEntry]) -> None:
    """Refuse a slug that is no slug, or is somebody's."""
    if len(slug) > LONGEST_SLUG or not SLUG.fullmatch(slug) or slug in KEPT_FOR_US:
        raise Invalid(
            "lab.slug",
            f"A laboratory cannot be called {slug!r}.",
            f"Use up to {LONGEST_SLUG} small letters, digits and single hyphens, a letter first.",
        )
    if any(entry.slug == slug for entry in taken):
        raise Conflict("lab.exists", f"There is already a laboratory {slug}.", "Choose another name.")


def add(connection: Connection, entry: LabEntry) -> None:
    """List a laboratory; a slug that was dropped may come again."""
    dropped = lab_directory.c.slug == entry.slug, lab_directory.c.dropped_at.is_not(None)
    connection.execute(delete(lab_directory).where(*dropped))
    values = {name: getattr(entry, name) for name in LabEntry.__slots__}
    connection.execute(insert(lab_directory).values(**values))


def drop(connection: Connection, slug: str, *, at: datetime, actor: str) -> None:
    """Take a laboratory off the directory, with the memberships and sessions in it."""
    connection.execute(delete(membership).where(membership.c.lab == slug))
    connection.execute(delete(session).where(session.c.lab == slug))
    connection.execute(update(lab_directory).where(lab_directory.c.slug == slug).values(dropped_at=at))
    control.record(connection, at, actor, "lab.dropped", slug)
