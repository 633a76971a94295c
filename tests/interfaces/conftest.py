"""A small laboratory on SQLite, made once and copied for each test, and its inbox."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lis.interfaces.inbox import Inbox
from lis.kernel.clock import FixedClock
from lis.lab import Lab
from lis.storage.house import House
from tests.labs import START, SmallLab, open_small_lab


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    house = House.open(data=folder, url=None, wall=FixedClock(START))
    open_small_lab(house)
    house.close()
    return folder


@pytest.fixture
def small(_template: Path, tmp_path: Path) -> Iterator[SmallLab]:
    shutil.copytree(_template, tmp_path, dirs_exist_ok=True)
    house = House.open(data=tmp_path, url=None, wall=FixedClock(START))
    clock = FixedClock(START)
    yield SmallLab(Lab(house.lab("small"), wall=FixedClock(START), clock=clock), clock, house)
    house.close()


@pytest.fixture
def inbox(small: SmallLab) -> Inbox:
    return Inbox(small.lab)
