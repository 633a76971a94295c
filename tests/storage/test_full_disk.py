"""A disk of 20 MB is filled: what does not fit is refused in words, what was saved stays, and with room it goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lis.kernel.clock import FixedClock
from lis.storage.database import LabDatabase, StorageFull
from lis.storage.house import House
from lis.storage.tables import inbound
from tests import databases
from tests.databases import WALL_START, add_message

SIZE_MB = 20
MESSAGE_BYTES = 256 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own of 20 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(disk)]
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("mount: only root on Linux may mount a small file system")
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mount: this machine does not let us mount a small file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.fixture
def house_on_small_disk(small_disk: Path) -> Iterator[House]:
    house = House.open(data=small_disk / "data", url=None, wall=FixedClock(WALL_START))
    yield house
    house.close()


def store(lab: LabDatabase, count: int) -> None:
    """Two messages in one transaction."""
    with lab.writing() as connection:
        add_message(connection, 2 * count + 1, b"x" * MESSAGE_BYTES)
        add_message(connection, 2 * count + 2, b"y" * MESSAGE_BYTES)


def stored(lab: LabDatabase) -> int:
    with lab.reading() as connection:
        return connection.execute(select(func.count()).select_from(inbound)).scalar_one()


def fill_up(lab: LabDatabase) -> int:
    """Store until it is refused; how many transactions went through."""
    for count in range(SIZE_MB * 1024 * 1024 // MESSAGE_BYTES):
        try:
            store(lab, count)
        except StorageFull:
            return count
    raise AssertionError("the disk was never full")


def use_up(path: Path) -> None:
    """Take the last bytes of a disk."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass


def assert_whole(lab: LabDatabase) -> None:
    with lab.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_a_full_disk_refuses_and_keeps_what_was_saved(small_disk: Path, house_on_small_disk: House) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 4 * 1024 * 1024)
    house = house_on_small_disk
    lab = databases.create(house)

    saved = fill_up(lab)

    assert saved > 5
    assert stored(lab) == 2 * saved
    with pytest.raises(StorageFull, match="no room left"):
        store(lab, saved)
    assert_whole(lab)
    with pytest.raises(StorageFull):
        house.fork("demo", "copy", "admin")
    assert [entry.slug for entry in house.entries()] == ["demo"]

    use_up(small_disk / "rest")
    with pytest.raises(StorageFull):
        house.backup("demo", small_disk / "demo.gz", "admin")
    assert sorted(path.name for path in small_disk.iterdir()) == ["ballast", "data", "rest"]

    ballast.unlink()
    store(lab, saved)
    assert stored(lab) == 2 * saved + 2


def test_a_lab_that_may_not_grow_refuses_and_keeps_what_was_saved(lab_db: LabDatabase) -> None:
    """The same without a file system of its own: SQLite is told how large the file may become."""
    with lab_db.writing() as connection:
        pages = 4 * 1024 * 1024 // 4096
        assert connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").scalar_one() == pages

    saved = fill_up(lab_db)

    assert saved > 3
    assert stored(lab_db) == 2 * saved
    assert_whole(lab_db)
    with lab_db.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 100000")
    store(lab_db, saved)
    assert stored(lab_db) == 2 * saved + 2
