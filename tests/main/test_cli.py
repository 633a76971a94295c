"""`lis` on the command line: what it does to laboratories, and how it refuses."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from lis.storage.house import House
from lis.storage.journal import every
from tests.harness import ROOT
from tests.labs import PACK
from tests.main.conftest import WALL, Command


def verbs(data: Path, slug: str) -> list[str]:
    """The journal of a laboratory."""
    house = House.open(data=data, url=None, wall=WALL)
    try:
        with house.lab(slug).reading() as connection:
            return [row.verb for row in every(connection)]
    finally:
        house.close()


def listed(lis: Command) -> list[tuple[str, ...]]:
    """What `lab list` shows, without the time of making."""
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lis("lab", "list").lines]
    return [tuple(row[:4]) for row in rows if row]


def test_a_laboratory_is_made_from_a_pack(lis: Command, data: Path) -> None:
    assert listed(lis) == []

    made = lis("lab", "create", "north", "--pack", PACK, "--name", "North [main] Lab", "--at", "2026-03-02")

    assert (made.status, made.out) == (0, "Laboratory north is made.\n")
    assert listed(lis) == [("north", "North [main] Lab", "lab", "")]
    assert verbs(data, "north") == ["catalog.loaded"]


def test_a_laboratory_is_copied_put_back_and_dropped(lis: Command, small: Path) -> None:
    before = verbs(small, "small")
    assert lis("lab", "snapshot", "small", "noon").out == "Snapshot small-noon is taken.\n"
    assert lis("pack", "load", PACK, "small", "--reason", "again").status == 0
    assert verbs(small, "small") == [*before, "catalog.loaded"]

    assert lis("lab", "fork", "small", "late").out == "Laboratory late is made from small.\n"
    assert lis("lab", "reset", "small", "small-noon").out == "Laboratory small is back at small-noon.\n"

    assert verbs(small, "small") == before
    assert verbs(small, "late") == [*before, "catalog.loaded"]
    assert [row[0] for row in listed(lis)] == ["late", "small", "small-noon"]
    assert lis("lab", "drop", "late", "--yes").out == "late is removed.\n"
    assert [row[0] for row in listed(lis)] == ["small", "small-noon"]


def test_a_name_that_is_typed_again_is_not_cut_in_a_narrow_window(
    lis: Command, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lis("lab", "snapshot", "small", "before-the-night-shift")
    assert "small-before-the-night-shift" in [row[0] for row in listed(lis)]


def test_dropping_asks_first(lis: Command, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: PTH123, SIM115 -- nobody is at the keyboard

    said = lis("lab", "drop", "small")

    assert (said.status, said.out) == (1, "Remove small for good? [y/N]: ")
    assert [row[0] for row in listed(lis)] == ["small"]


def test_a_backup_becomes_a_laboratory_again(lis: Command, small: Path, tmp_path: Path) -> None:
    file = tmp_path / "small [1].backup"
    before = verbs(small, "small")

    said = lis("db", "backup", "small", file)
    assert said.status == 0
    assert said.out.endswith(f" rows of small are in {file}.\n")
    lis("pack", "load", PACK, "small", "--reason", "after the backup")

    assert lis("db", "restore", file, "small").err.startswith("There is already a laboratory small.")
    assert lis("db", "restore", file, "again").out == f"Laboratory again is restored from {file}.\n"
    assert lis("db", "restore", file, "small", "--replace").status == 0

    assert verbs(small, "again") == before
    assert verbs(small, "small") == before


def test_tables_are_brought_up_to_date(lis: Command, small: Path) -> None:
    said = lis("lab", "migrate")
    assert (said.status, said.lines[-1]) == (0, "0 brought up to date.")


REFUSED = [
    (["lab", "fork", "nowhere", "new"], "There is no laboratory nowhere. There are: small."),
    (["lab", "snapshot", "nowhere", "noon"], "There is no laboratory nowhere. There are: small."),
    (["lab", "reset", "small", "nowhere"], "There is no laboratory nowhere. There are: small."),
    (["lab", "drop", "nowhere", "--yes"], "There is no laboratory nowhere. There are: small."),
    (["db", "backup", "nowhere", "x.backup"], "There is no laboratory nowhere. There are: small."),
    (["db", "restore", "none.backup", "new"], "There is no file none.backup."),
    (
        ["pack", "load", str(PACK), "nowhere", "--reason", "x"],
        "There is no laboratory nowhere. There are: small.",
    ),
    (
        ["lab", "create", "small", "--pack", str(PACK)],
        "There is already a laboratory small. Choose another name.",
    ),
    (["lab", "fork", "small", "small"], "There is already a laboratory small. Choose another name."),
    (
        ["lab", "create", "Two words", "--pack", str(PACK)],
        "A laboratory cannot be called 'Two words'. Use up to 48 small letters, digits and single hyphens, a"
        " letter first.",
    ),
    (
        ["lab", "create", "new", "--pack", "no-pack"],
        "There is no pack in no-pack. Name the folder that holds pack.yaml.",
    ),
]


def test_what_cannot_be_done_is_refused_in_words(lis: Command, small: Path) -> None:
    said = [lis(*arguments) for arguments, _ in REFUSED]

    assert [(one.status, one.err.strip()) for one in said] == [(1, words) for _, words in REFUSED]
    assert [row[0] for row in listed(lis)] == ["small"]


def test_a_folder_and_an_address_that_cannot_be_used_are_said(
    lis: Command, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.write_text("a file where the folder should be")
    assert lis("lab", "list").err == (
        f"The data folder {data} cannot be used: Not a directory."
        " Name another with LIS_DATA or --data, or put its permissions right.\n"
    )

    monkeypatch.setenv("DATABASE_URL", "my secret")
    assert lis("lab", "list").err == (
        "DATABASE_URL is no address of a database. Write it as postgresql://user@host:5432/database.\n"
    )


@pytest.fixture
def free_doors(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Ports for web and HL7: both were free just now."""
    with socket.create_server(("127.0.0.1", 0)) as web, socket.create_server(("127.0.0.1", 0)) as hl7:
        doors = {"web": web.getsockname()[1], "HL7": hl7.getsockname()[1]}
    monkeypatch.setenv("LIS_PORT", str(doors["web"]))
    monkeypatch.setenv("LIS_HL7_PORT", str(doors["HL7"]))
    return doors


def test_a_house_in_order_is_found_good(lis: Command, small: Path, free_doors: dict[str, int]) -> None:
    said = lis("doctor")

    assert (said.status, said.lines) == (
        0,
        [
            f"ok  The control database opens (SQLite in {small}).",
            "ok  Laboratory small opens; its catalogue is Small pack for tests.",
            "ok  Labels and reports are typeset.",
            f"ok  The web port {free_doors['web']} is free.",
            f"ok  The HL7 port {free_doors['HL7']} is free.",
        ],
    )


def test_a_damaged_laboratory_and_a_taken_door_are_found(
    lis: Command, small: Path, free_doors: dict[str, int]
) -> None:
    (small / "labs" / "small.sqlite").write_bytes(b"not a database any more")

    with socket.create_server(("127.0.0.1", free_doors["HL7"])):
        said = lis("doctor")

    assert said.status == 1
    assert said.lines[1].startswith("bad Laboratory small: The storage refused (file is not a database).")
    taken = "in use: by this product if it runs, else choose another"
    assert said.lines[-1] == f"ok  The HL7 port {free_doors['HL7']} is {taken}."


def test_a_missing_laboratory_file_is_found(lis: Command, small: Path, free_doors: dict[str, int]) -> None:
    (small / "labs" / "small.sqlite").unlink()

    said = lis("doctor")

    assert said.status == 1
    assert said.lines[1].startswith("bad Laboratory small: The storage refused (the file ")


def test_a_house_that_does_not_open_is_found(lis: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")

    said = lis("doctor")

    assert said.status == 1
    assert said.lines[0].startswith("bad PostgreSQL: The database server cannot be reached")


@pytest.fixture
def without_training(tmp_path: Path) -> Path:
    """The project's folder without lis/training, by links."""
    package = tmp_path / "project" / "lis"
    package.mkdir(parents=True)
    for part in (ROOT / "lis").iterdir():
        if part.name not in ("training", "__pycache__"):
            (package / part.name).symlink_to(part)
    return package.parent


def sub_commands(listing: str) -> set[str]:
    """What `lis --help` lists."""
    rows = [line.strip("│ ").split() for line in listing.partition(" Commands ")[2].splitlines()]
    return {row[0] for row in rows if row} & {"demo", *OWN}


OWN = {"account", "db", "doctor", "inbox", "lab", "log", "pack", "serve"}


def test_training_takes_its_sub_commands_along(without_training: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(without_training)}
    command = [sys.executable, "-m", "lis.main", "--help"]
    run = subprocess.run(
        command, cwd=without_training, env=environment, capture_output=True, text=True, check=True
    )

    assert sub_commands(run.stdout) == OWN


def test_training_adds_its_sub_commands(lis: Command) -> None:
    assert sub_commands(lis("--help").out) == {"demo", *OWN}


def test_equal_histories_have_equal_digests(lis: Command, small: Path, tmp_path: Path) -> None:
    file = tmp_path / "history.txt"
    lis("lab", "fork", "small", "late")
    first, _, name = lis("lab", "digest", "small", file).out.partition("  ")
    assert (name, sha256(file.read_bytes()).hexdigest()) == ("small\n", first)
    assert lis("lab", "digest", "late").out == f"{first}  late\n"
    assert lis("pack", "load", PACK, "late", "--reason", "again").status == 0
    assert lis("lab", "digest", "late").out.partition("  ")[0] != first


def test_what_was_done_to_laboratories_is_told(lis: Command, small: Path) -> None:
    lis("lab", "snapshot", "small", "noon")
    lis("lab", "reset", "small", "small-noon")
    told = [line.split("  ", 1)[1] for line in lis("log").lines]
    assert told == [
        'lab.created  small  by tests  {"parent":""}',
        'lab.snapshot_taken  small-noon  by command line  {"parent":"small"}',
        'lab.reset  small  by command line  {"snapshot":"small-noon"}',
    ]
    assert [line.split("  ", 1)[1] for line in lis("log", "small").lines] == [told[0], told[2]]
