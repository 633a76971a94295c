"""A small laboratory on SQLite, made once and copied for each test, and its inbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lis.interfaces.inbox import Inbox
from lis.kernel.clock import FixedClock
from lis.lab import Lab
from tests.labs import START, SmallLab, make_small_folder, open_copy


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_folder(tmp_path_factory.mktemp("small"))


@pytest.fixture
def small(_template: Path, tmp_path: Path) -> Iterator[SmallLab]:
    house = open_copy(_template, tmp_path)
    clock = FixedClock(START)
    yield SmallLab(Lab(house.lab("small"), wall=FixedClock(START), clock=clock), clock, house)
    house.close()


@pytest.fixture
def inbox(small: SmallLab) -> Inbox:
    return Inbox(small.lab)
