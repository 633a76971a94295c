"""Short pasts of a laboratory with its world, for tests: the core pack, a few hours of a Wednesday morning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from lis.kernel.clock import FixedClock
from lis.storage.house import House
from lis.training import preparing
from lis.training.chronicle import PACKS
from lis.training.people import Hash
from lis.training.preparing import Connect, Prepared, Progress, loopback

CORE = PACKS / "core"
START = datetime(2026, 11, 25, 15, tzinfo=UTC)  # Wednesday 09:00 in the laboratory
WALL = datetime(2026, 12, 24, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURS = 3


def open_house(folder: Path, wall: FixedClock | None = None) -> House:
    return House.open(data=folder, url=None, wall=wall or FixedClock(WALL))


def live(
    house: House,
    *,
    hours: float = HOURS,
    slug: str = "past",
    seed: str = "22",
    pack: Path = CORE,
    hashed: Hash = str.upper,
    progress: Progress | None = None,
    connect: Connect = loopback,
) -> Prepared:
    """Prepare a laboratory with a few hours of past."""
    return preparing.prepare(
        house,
        slug,
        preparing.Past(pack, seed, START, START + hours * HOUR),
        hashed=hashed,
        wall=FixedClock(WALL),
        progress=progress,
        connect=connect,
    )
