"""A stopped world goes on from where it stood: lived again from its inputs, lab time continued, nothing sent twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lis.kernel.clock import FixedClock
from lis.kernel.errors import Conflict
from lis.lab import Lab
from lis.main.product import Product
from lis.main.settings import Settings
from lis.storage import tables as t
from lis.storage.house import House
from lis.training import chronicle
from lis.training.chronicle import Chronicle
from lis.training.running import LiveWorld, LiveWorlds, restore
from simulators.ledger import export
from simulators.world import load_world
from tests.training import pasts
from tests.training.conftest import Past
from tests.waiting import until


def test_a_world_lived_again_meets_the_same_state(past: Past) -> None:
    with past.house.control.reading() as connection:
        head = chronicle.head_of(connection, "past")
    kept = Chronicle(past.house.control, "past")
    again = restore(past.house, head, load_world(pasts.CORE), kept)
    was = past.made.world
    assert (again.now, again.ledger.digest, again.inputs) == (was.now, was.ledger.digest, was.inputs)
    assert again.tubes() == was.tubes()
    assert again.analyzers_status() == was.analyzers_status()


def test_a_world_of_other_content_is_not_lived_again(past: Past, tmp_path: Path) -> None:
    shutil.copytree(pasts.CORE, tmp_path / "pack")
    with (tmp_path / "pack" / "units.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    with past.house.control.reading() as connection:
        head = chronicle.head_of(connection, "past")
    other = chronicle.WorldHead(
        head.lab, head.seed, str(tmp_path / "pack"), head.digest, head.started_at, head.stood_at, None
    )
    with pytest.raises(Conflict) as refused:
        restore(past.house, other, load_world(pasts.CORE), Chronicle(past.house.control, "past"))
    assert refused.value.code == "world.other_content"
