"""One SQLite laboratory per test, copied from a template that is made once per process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lis.storage.database import LabDatabase
from lis.storage.house import House
from tests import databases


@pytest.fixture(scope="session")
def house_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return databases.make_template(tmp_path_factory.mktemp("house"))


@pytest.fixture
def sqlite_house(house_template: Path, tmp_path: Path) -> Iterator[House]:
    """A house with the one laboratory `demo`."""
    house = databases.open_copy(house_template, tmp_path / "data")
    yield house
    house.close()


@pytest.fixture
def lab_db(sqlite_house: House) -> LabDatabase:
    return sqlite_house.lab(databases.SLUG)
