"""A small laboratory on SQLite for the tests of use cases: made once, then copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.labs import make_small_folder, open_copy
from tests.services.bench import Bench, bench


@pytest.fixture(scope="session")
def small_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_folder(tmp_path_factory.mktemp("small"))


@pytest.fixture
def small(small_template: Path, tmp_path: Path) -> Iterator[Bench]:
    house = open_copy(small_template, tmp_path)
    yield bench(house)
    house.close()
