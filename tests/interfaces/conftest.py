"""A small laboratory on SQLite, and its inbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lis.interfaces.inbox import Inbox
from lis.kernel.clock import FixedClock
from lis.storage.house import House
from tests.labs import START, SmallLab, open_small_lab


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallLab]:
    house = House.open(data=tmp_path, url=None, wall=FixedClock(START))
    yield open_small_lab(house)
    house.close()


@pytest.fixture
def inbox(small: SmallLab) -> Inbox:
    return Inbox(small.lab)
