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
    for file in past.folder.rglob("*.sqlite"):
        target = tmp_path / "data" / file.relative_to(past.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        with past.house.control.reading(), past.made.lab.database.reading():
            for suffix in ("", "-wal"):
                source = file.with_name(file.name + suffix)
                if source.exists():
                    shutil.copyfile(source, target.with_name(target.name + suffix))
    return tmp_path / "data"
