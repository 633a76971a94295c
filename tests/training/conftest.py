"""One prepared laboratory per process; tests that change it work on a copy of its folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from argon2 import PasswordHasher

from lis.storage.export import canonical_digest
from lis.storage.house import House
from lis.training.preparing import Prepared
from lis.web.security_sessions import Passwords
from tests.training import pasts

LIGHT = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
structlog.configure(
    processors=[
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    ]
)


@dataclass
class Past:
    """A lived past: its house, what was prepared, and the folder it lies in."""

    house: House
    made: Prepared
    folder: Path
    digest: str


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """Three hours; to be looked at only."""
    folder = tmp_path_factory.mktemp("past")
    house = pasts.open_house(folder)
    made = pasts.live(house, hashed=LIGHT.hash)
    with made.lab.database.reading() as connection:
        digest = canonical_digest(connection)
    yield Past(house, made, folder, digest)
    house.close()


@pytest.fixture
def own_folder(past: Past, tmp_path: Path) -> Path:
    """A copy of the prepared laboratory's folder, as a process that stopped would leave it."""
    return copied(past, tmp_path)


def copied(past: Past, to: Path) -> Path:
    """Copy the databases; nobody writes in them."""
    for file in past.folder.rglob("*.sqlite*"):
        target = to / "data" / file.relative_to(past.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix != ".lock":
            shutil.copyfile(file, target)
    return to / "data"
