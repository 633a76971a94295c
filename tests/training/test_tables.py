"""The training side's own tables: migrated they are what the code thinks, and worlds of an older version stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert

from lis.kernel.clock import FixedClock
from lis.storage import migrations
from lis.storage.house import House
from lis.training import chronicle
from lis.training.tables import TRAINING, world
from tests import databases
from tests.training import pasts

FIRST = ("lab", "seed", "pack", "started_at", "stood_at")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house without laboratories."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None
    found = House.open(data=tmp_path, url=url, wall=FixedClock(pasts.WALL))
    yield found
    found.close()


def test_migrated_tables_are_the_tables(house: House) -> None:
    house.add_to_control(TRAINING)
    with house.control.reading() as connection:
        names = set(TRAINING.metadata.tables)
        options = {
            "compare_type": True,
            "version_table": TRAINING.version_table,
            "include_name": lambda name, kind, _parent: kind != "table" or name in names,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, TRAINING.metadata) == []


def test_a_world_of_the_first_version_stays_and_says_what_is_not_known_of_it(house: House) -> None:
    databases.create(house, "old")
    values = ("old", "7", "core", pasts.START, pasts.START)
    with house.control.writing() as connection:
        migrations.upgrade(connection, TRAINING, "0001")
        columns = [world.c[name] for name in FIRST]
        for lab in ("old", "gone"):
            row = dict(zip(columns, (lab, *values[1:]), strict=True))
            connection.execute(insert(world).values(row))
    house.add_to_control(TRAINING)
    with house.control.reading() as connection:
        head, *others = chronicle.heads(connection)
        done = chronicle.position(connection)
    assert others == []
    assert tuple(getattr(head, name) for name in FIRST) == values
    assert (head.past_until, head.content, head.followed) == (None, "", done)
