"""`lis pack`: a broken pack is refused with file, line and reason; a good one comes into force."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from lis.storage import tables as t
from lis.storage.house import House
from tests.labs import PACK
from tests.main.conftest import WALL, Command

NOTES = 1  # the small pack is sound, with one thing worth knowing


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the small pack, to be broken."""
    return Path(shutil.copytree(PACK, tmp_path / "pack"))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def loads(data: Path) -> list[str]:
    """The reasons with which packs were loaded, in order."""
    house = House.open(data=data, url=None, wall=WALL)
    try:
        with house.lab("small").reading() as connection:
            query = select(t.journal.c.reason).where(t.journal.c.verb == "catalog.loaded")
            return list(connection.execute(query.order_by(t.journal.c.seq)).scalars())
    finally:
        house.close()


def test_a_sound_pack_is_found_sound(lis: Command) -> None:
    said = lis("pack", "check", PACK)

    assert (said.status, said.lines[-1]) == (0, f"0 problems, {NOTES} notes")
    assert [line.partition(" ")[0] for line in said.lines[:-1]] == ["note"] * NOTES


def test_every_problem_of_a_broken_pack_is_said_with_file_line_and_reason(lis: Command, pack: Path) -> None:
    change(pack / "panels.csv", "LYTES,3,CL", "LYTES,3,[chlor]")
    change(pack / "critical_values.csv", "2.5,7.0", "2.5,5.8")

    said = lis("pack", "check", pack)

    assert said.status == 1
    assert sorted(line for line in said.lines if line.startswith("problem")) == [
        "problem critical_values.csv:4: K: high 5.8 below normal 5.9",
        "problem panels.csv:4: test [chlor] is not in tests.csv",
    ]
    assert said.lines[-1].startswith("2 problems, ")


def test_a_folder_without_a_pack_is_a_problem(lis: Command, tmp_path: Path) -> None:
    said = lis("pack", "check", tmp_path)

    assert said.status == 1
    assert "problem pack.yaml:0: is not in the pack" in said.lines


def test_a_pack_is_put_in_force_with_a_reason(lis: Command, small: Path, pack: Path) -> None:
    change(pack / "pack.yaml", "Small pack for tests", "Small pack, second edition")

    said = lis("pack", "load", pack, "small", "--reason", "new limits")

    assert (said.status, said.out) == (0, "Small pack, second edition is in force in small.\n")
    assert loads(small) == ["first load", "new limits"]
    assert "its catalogue is Small pack, second edition." in lis("doctor").out


def test_a_broken_pack_comes_into_force_nowhere(lis: Command, small: Path, pack: Path) -> None:
    change(pack / "panels.csv", "LYTES,3,CL", "LYTES,3,CHLOR")

    loaded = lis("pack", "load", pack, "small", "--reason", "new limits")
    made = lis("lab", "create", "new", "--pack", pack)

    assert [loaded.status, made.status] == [1, 1]
    assert "panels.csv:4: test CHLOR is not in tests.csv" in loaded.err
    assert "panels.csv:4: test CHLOR is not in tests.csv" in made.err
    assert loads(small) == ["first load"]
    assert lis("lab", "fork", "new", "newer").err.startswith("There is no laboratory new.")


def test_a_pack_is_loaded_for_a_reason_only(lis: Command, small: Path) -> None:
    assert lis("pack", "load", PACK, "small").status == 2
