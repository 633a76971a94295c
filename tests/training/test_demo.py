"""The demonstration is made once, made anew when it was left half made, and says how to sign in."""

from __future__ import annotations

import io
import socket
from pathlib import Path

from rich.console import Console
from sqlalchemy import update

from lis.domain.people import ROLES
from lis.kernel.clock import FixedClock
from lis.storage import migrations
from lis.storage.house import House
from lis.training import chronicle, demo, preparing
from lis.training.people import STAFF
from lis.training.preparing import loopback
from lis.training.running import free_or_any
from lis.training.tables import world
from lis.web.queries import quality
from tests.databases import back_to
from tests.training import pasts


def make(house: House) -> bool:
    console = Console(file=io.StringIO())
    return demo.prepare_if_missing(
        house, days=0.02, hashed=str.upper, wall=FixedClock(pasts.WALL), console=console
    )


def test_the_demonstration_is_made_once_and_anew_when_left_half_made(tmp_path: Path) -> None:
    house = pasts.open_house(tmp_path)
    assert make(house)
    assert not make(house)
    with house.control.writing() as connection:
        connection.execute(update(world).values(prepared_at=None))
    assert make(house)
    with house.control.reading() as connection:
        head = chronicle.head_of(connection, demo.SLUG)
    assert head.stood_at == demo.END
    assert head.prepared_at == pasts.WALL
    house.close()


def test_a_demonstration_of_an_earlier_version_is_brought_forward(tmp_path: Path) -> None:
    house = pasts.open_house(tmp_path)
    make(house)
    with house.lab(demo.SLUG).writing() as connection:
        back_to(connection, "0001")
    house.close()
    house = pasts.open_house(tmp_path)
    assert not make(house)
    with house.lab(demo.SLUG).reading() as connection:
        assert migrations.revision(connection, migrations.LAB) == migrations.head(migrations.LAB)
    house.close()


def test_the_night_has_one_level_to_judge_within_its_first_hour(tmp_path: Path) -> None:
    """The lower gas control is out for oxygen; run again it is in."""
    house = pasts.open_house(tmp_path)
    past = preparing.Past(demo.PACK, demo.SEED, demo.END - 2 * pasts.HOUR, demo.END)
    made = preparing.prepare(house, "night", past, hashed=str.upper, wall=FixedClock(pasts.WALL))
    say, world = loopback(made.lab, made.world), made.world
    world.after_turn = say

    def due() -> list[tuple[str, str, str]]:
        with made.lab.reading() as reading:
            rows = quality.gate_due(reading)
        return [(row.analyzer, row.test, row.status.outcome) for row in rows if row.analyzer == "BG-1"]

    assert due() == []
    world.step(demo.END + pasts.HOUR)
    assert due() == [("BG-1", "PO2", "failed")]
    world.run_controls("BG-1")
    world.step(world.now + pasts.HOUR / 12)
    assert due() == []
    house.close()


def test_one_sign_in_per_role_is_printed() -> None:
    console = Console(file=io.StringIO(), width=120)
    console.print(demo.sign_ins())
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert {member.role for member in STAFF} == set(ROLES)
    assert [
        member.code for member in STAFF if member.code not in printed or member.password not in printed
    ] == []


def test_a_port_that_somebody_has_is_left_to_them() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_or_any(port) == 0
    assert free_or_any(None) == 0
