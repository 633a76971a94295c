"""Laboratories for tests: made once per process, then copied, because making the tables is the slow part."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, func, insert, select

from lis.kernel.clock import FixedClock
from lis.storage.database import LabDatabase
from lis.storage.house import House
from lis.storage.tables import inbound, journal, patient

SLUG = "demo"
ZONE = "America/New_York"
LAB_START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # 07:00 in the laboratory
WALL_START = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


def create(house: House, slug: str = SLUG) -> LabDatabase:
    """An empty laboratory whose clock starts at LAB_START."""
    return house.create_lab(
        slug, name="Demo laboratory", zone=ZONE, environment="T", lab_anchor=LAB_START, actor="admin"
    )


def make_template(folder: Path) -> Path:
    """A data folder with one laboratory, closed; copy it, never open it."""
    house = House.open(data=folder, url=None, wall=FixedClock(WALL_START))
    create(house)
    house.close()
    return folder


def open_copy(template: Path, folder: Path, wall: FixedClock | None = None) -> House:
    """A house of its own that begins as the template."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return House.open(data=folder, url=None, wall=wall or FixedClock(WALL_START))


def back_to(connection: Connection, revision: str) -> None:
    """Make a laboratory what the program of an earlier revision left."""
    for step, undo in _UNDO.items():
        if step > revision:
            connection.exec_driver_sql(undo)
    connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")


_UNDO = {
    "0004": "DROP INDEX ix_result_reported",
    "0003": "DROP INDEX ix_observation_named",
    "0002": "ALTER TABLE result_version DROP COLUMN sent_dilution",
}


def add_patient(connection: Connection, key: int = 1, mrn: str = "M-1") -> None:
    connection.execute(
        insert(patient).values(
            id=key, mrn=mrn, family="Ōé", given="Ann", sex="F", registered_at=LAB_START, updated_at=LAB_START
        )
    )


def count_patients(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(patient)).scalar_one()


def add_event(connection: Connection, seq: int = 1, subject: str = "lab") -> None:
    """One line in a laboratory's journal, as if the system had written it."""
    who = {"actor": "system", "role": "", "station": "", "via": "admin"}
    connection.execute(
        insert(journal).values(
            seq=seq, at=LAB_START, recorded_at=WALL_START, **who, verb="lab.created", subject=subject, data={}
        )
    )


def add_message(connection: Connection, key: int, raw: bytes) -> None:
    """A message as it came, not yet looked at."""
    texts = [c.name for c in inbound.columns if c.type.__class__.__name__ == "Text"]
    times = {"received_at": LAB_START, "recorded_at": WALL_START}
    connection.execute(insert(inbound).values(**dict.fromkeys(texts, ""), **times, id=key, raw=raw))
