"""`lis world`: kept, forked and put back by command, while nobody serves the laboratory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from lis.kernel.clock import FixedClock
from lis.kernel.errors import Conflict, Invalid, NotFound
from lis.training import commands_world, rewinding
from tests.training import pasts

World = Callable[..., Result]


@pytest.fixture
def world(own_folder: Path) -> World:
    """The command on the prepared laboratory's folder."""

    def invoke(*words: str) -> Result:
        environment = {"LIS_DATA": str(own_folder), "COLUMNS": "160"}
        return CliRunner().invoke(commands_world.app, words, env=environment)

    return invoke


def lived_on(folder: Path, minutes: int) -> None:
    house = pasts.open_house(folder)
    standing = rewinding.stand(house, "past", FixedClock(pasts.WALL))
    standing.live([], standing.world.now + timedelta(minutes=minutes))
    house.close()


def listed(world: World) -> list[list[str]]:
    """What `list` shows: laboratory, snapshot, kind and instant."""
    lines = [line for line in world("list").output.splitlines() if "│" in line]
    return [[cell.strip() for cell in line.split("│")[1:-1]][:4] for line in lines]


def test_kept_lived_on_put_back_and_forked(world: World, own_folder: Path) -> None:
    assert world("snapshot", "past", "noon").output == "Snapshot noon of past is taken.\n"
    lived_on(own_folder, 30)
    assert listed(world) == [
        ["past", "", "", "2026-11-25 12:30"],
        ["", "noon", "kept", "2026-11-25 12:00"],
    ]
    back = world("rewind", "past", "noon", "--yes").output
    assert back == "Laboratory past is back at noon; what it was before is its snapshot before.\n"
    assert world("fork", "past", "twin", "--snapshot", "before").exit_code == 0
    assert world("fork", "past", "other").exit_code == 0
    assert listed(world) == [
        ["other", "", "", "2026-11-25 12:00"],
        ["past", "", "", "2026-11-25 12:00"],
        ["", "noon", "kept", "2026-11-25 12:00"],
        ["", "before", "kept", "2026-11-25 12:30"],
        ["twin", "", "", "2026-11-25 12:30"],
    ]
    assert world("drop", "past", "noon").exit_code == 0
    assert ["", "noon", "kept", "2026-11-25 12:00"] not in listed(world)


def test_an_instant_of_the_past_is_lived_again_in_place_or_beside(world: World) -> None:
    at = (pasts.START + timedelta(minutes=33)).astimezone(ZoneInfo("America/Chicago"))
    beside = world("rewind", "past", f"{at:%Y-%m-%dT%H:%M}", "--new", "then")
    assert beside.output == f"Laboratory then stands at {at:%Y-%m-%dT%H:%M} of past.\n"
    assert world("rewind", "past", f"{at:%Y-%m-%d %H:%M}", "--yes").exit_code == 0
    assert listed(world) == [
        ["past", "", "", "2026-11-25 09:33"],
        ["", "before", "kept", "2026-11-25 12:00"],
        ["then", "", "", "2026-11-25 09:33"],
    ]


def test_putting_back_is_asked_for(world: World) -> None:
    world("snapshot", "past", "noon")
    assert world("rewind", "past", "noon").exit_code == 1
    assert [row[1] for row in listed(world)] == ["", "noon"]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("rewind past never --yes", NotFound),
        ("rewind past 2026-11-25T13:00 --yes", Conflict),
        ("snapshot nowhere noon", NotFound),
        ("fork past past", Conflict),
        (f"fork past {'a' * 25}", Invalid),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_left_behind(
    world: World, words: str, refusal: type[Exception]
) -> None:
    before = listed(world)
    assert isinstance(world(*words.split()).exception, refusal)
    assert listed(world) == before
