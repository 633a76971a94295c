"""The small pack, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from lis.domain.catalog import Catalog
from lis.storage.packs import read_pack


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return read_pack(Path(__file__).parents[1] / "data" / "pack").catalog
