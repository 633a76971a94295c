"""Snapshot, fork, rewind: whatever point a shift is taken up again at, it meets the same end. On both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from lis.kernel.clock import FixedClock
from lis.kernel.errors import Conflict
from lis.storage.export import canonical_lines
from lis.storage.house import House
from lis.training import chronicle, rewinding, snapshots
from simulators.ledger import export
from tests.training import pasts
from tests.training.scripts import MINUTE, shift

WALL = FixedClock(pasts.WALL)
BEGIN = pasts.START + pasts.HOUR
END = BEGIN + 100 * MINUTE


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house with one laboratory that has an hour behind it."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None
    found = House.open(data=tmp_path, url=url, wall=WALL)
    pasts.live(found, hours=1)
    yield found
    found.close()


def told(house: House, slug: str) -> tuple[list[str], str]:
    """What a laboratory recorded and said, and what was true in its world."""
    with house.lab(slug).reading() as connection:
        lines = list(canonical_lines(connection))
    with house.control.reading() as connection:
        return lines, export(chronicle.entries_of(connection, slug))


def lived(house: House, slug: str, until: datetime, keep_at: list[datetime] | None = None) -> None:
    """Live the script on from where a laboratory stands; snapshots are taken on the way."""
    standing = rewinding.stand(house, slug, WALL)
    for number, at in enumerate(keep_at or []):
        standing.live(shift(BEGIN), at)
        standing.keep(house, f"at-{number}", "tests", WALL)
    standing.live(shift(BEGIN), until)


def test_rewound_to_any_point_and_lived_again_a_shift_meets_the_same_end(house: House) -> None:
    points = [BEGIN, BEGIN + 22 * MINUTE, BEGIN + 37 * MINUTE, BEGIN + 80 * MINUTE]
    lived(house, "past", END, points)
    first = told(house, "past")
    assert len(first[0]) > 700
    for number, at in enumerate(points):
        snapshot = snapshots.nearest(house, "past", at)
        assert snapshot is not None and (snapshot.at, snapshot.label) == (at, f"at-{number}")
        snapshots.put_back(house, "past", snapshot.lab, "tests")
        assert told(house, "past") != first
        lived(house, "past", END)
        assert told(house, "past") == first


def test_between_two_snapshots_a_script_leads_to_any_instant(house: House) -> None:
    lived(house, "past", END, [BEGIN + 15 * MINUTE])
    first = told(house, "past")
    between = BEGIN + 52 * MINUTE
    snapshot = snapshots.nearest(house, "past", between)
    assert snapshot is not None
    snapshots.fork(house, snapshot, "then", "tests")
    lived(house, "then", between)
    stopped = told(house, "then")
    assert 0 < len(stopped[1]) < len(first[1])
    assert first[1].startswith(stopped[1])
    lived(house, "then", END)
    assert told(house, "then") == first


def test_forks_go_on_alike_when_the_same_is_done_in_them_and_apart_when_not(house: House) -> None:
    lived(house, "past", END, [BEGIN + 30 * MINUTE])
    snapshot = snapshots.find(house, "past", "at-0")
    for slug in ("one", "other", "idle"):
        snapshots.fork(house, snapshot, slug, "tests")
    lived(house, "one", END)
    lived(house, "other", END)
    rewinding.stand(house, "idle", WALL).live([], END)
    assert told(house, "one") == told(house, "other") == told(house, "past")
    one, idle = (_of_the_journal(told(house, slug)[0]) for slug in ("one", "idle"))
    assert one[: snapshot.events] == idle[: snapshot.events]
    assert one != idle


def test_the_past_is_lived_again_to_an_instant_in_the_middle_of_a_round(house: House) -> None:
    whole = told(house, "past")
    at = pasts.START + 41 * MINUTE
    rewinding.relive(house, "past", "then", at, hashed=str.upper, wall=WALL)
    journal, truths = _of_the_journal(told(house, "then")[0]), told(house, "then")[1]
    assert journal == _of_the_journal(whole[0])[: len(journal)]
    *lived_again, handed_over = truths.splitlines()
    assert whole[1].splitlines()[: len(lived_again)] == lived_again
    assert '"telephone.attended"' in handed_over  # at its end a past is handed to who works here next
    with house.control.reading() as connection:
        head = chronicle.head_of(connection, "then")
    assert (head.stood_at, head.pack) == (at, "core")
    rewinding.relive(house, "past", "again", BEGIN, hashed=str.upper, wall=WALL)
    assert told(house, "again") == whole


def test_what_people_did_is_not_lived_again_by_itself(house: House) -> None:
    lived(house, "past", END, [BEGIN + 30 * MINUTE])
    with pytest.raises(Conflict) as refused:
        rewinding.relive(house, "past", "then", BEGIN + 40 * MINUTE, hashed=str.upper, wall=WALL)
    assert refused.value.code == "world.not_replayable"
    assert "at-0" in refused.value.advice
    assert [entry.slug for entry in house.labs()] == ["past"]


def _of_the_journal(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("journal ")]
