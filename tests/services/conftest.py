"""A small laboratory on SQLite for the tests of use cases: made once, then copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lis.kernel.clock import FixedClock
from lis.storage.house import House
from tests.labs import START, open_small_lab
from tests.services.bench import Bench, bench


@pytest.fixture(scope="session")
def small_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    house = House.open(data=folder, url=None, wall=FixedClock(START))
    open_small_lab(house)
    house.close()
    return folder


@pytest.fixture
def small(small_template: Path, tmp_path: Path) -> Iterator[Bench]:
    shutil.copytree(small_template, tmp_path, dirs_exist_ok=True)
    house = House.open(data=tmp_path, url=None, wall=FixedClock(START))
    yield bench(house)
    house.close()
