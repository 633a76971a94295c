"""What the LIS admin sees: the catalogue in force, its versions, and the staff. No patients, no results."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from lis.lab import Reading
from lis.storage import tables as t


def versions(reading: Reading) -> list[Row[Any]]:
    """Every catalogue this laboratory has had, the newest first."""
    v = t.catalog_version
    return list(reading.connection.execute(select(v).order_by(v.c.id.desc())))


def files(reading: Reading) -> list[str]:
    """The names of the files of the catalogue in force."""
    f = t.catalog_file.c
    query = select(f.name).where(f.version_id == reading.head.catalog_version_id).order_by(f.name)
    return list(reading.connection.execute(query).scalars())


def staff(reading: Reading) -> list[Row[Any]]:
    """The staff, by role and name."""
    s = t.staff
    return list(reading.connection.execute(select(s).order_by(s.c.role, s.c.name)))
