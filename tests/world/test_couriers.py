"""How tubes come: from the wards one after the other, from a site outside all together with the courier's runs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from lis.wire.er7 import Message
from simulators.couriers import next_run
from simulators.hospital_plan import Ward
from simulators.tubes import Tube
from simulators.world import World
from tests.world.fake_lis import START, FakeLis, core, new_world

SITE = "NPC"


def site() -> Ward:
    found = core().place.hospital.ward(SITE)
    assert found is not None
    return found


@cache
def world() -> World:
    """Twelve days."""
    made = new_world(seed=3)
    made.step(START + timedelta(days=12))
    return made


def tubes() -> list[Tube]:
    """The tubes of the site that have arrived."""
    return [tube for tube in world().bench.tubes.values() if tube.ward == SITE]


def arrived_after(tube: Tube) -> tuple[datetime, timedelta]:
    """The run that brought a tube, and how long it was on the road."""
    assert tube.arrived_at is not None
    drawn = tube.drawn_at.astimezone(world().stage.zone) + timedelta(minutes=10)
    run = next_run(drawn, site())
    return run, tube.arrived_at - run


def test_tubes_of_a_site_come_with_its_runs() -> None:
    low, high = site().transport_minutes
    roads = [road / timedelta(minutes=1) for _, road in map(arrived_after, tubes())]
    assert len(roads) > 30
    assert all(low <= road <= high for road in roads)


def test_all_tubes_of_a_run_come_at_the_same_instant() -> None:
    by_run: dict[datetime, set[datetime | None]] = {}
    for tube in [one for one in tubes() if not one.kept_back]:
        by_run.setdefault(arrived_after(tube)[0], set()).add(tube.arrived_at)
    assert {len(instants) for instants in by_run.values()} == {1}
    assert len(by_run) < 0.8 * len(tubes())


def test_outside_specimens_wait_for_hours_and_those_of_emergency_for_minutes() -> None:
    def median_wait(ward: str) -> float:
        waits = sorted(
            (tube.arrived_at - tube.drawn_at) / timedelta(minutes=1)
            for tube in world().bench.tubes.values()
            if tube.ward == ward and tube.arrived_at is not None
        )
        return waits[len(waits) // 2]

    assert median_wait(SITE) > 60
    assert median_wait("ED") < 15


def test_what_the_site_spins_says_so_on_its_label_and_the_rest_does_not() -> None:
    for tube in tubes():
        label = tube.collection_label
        note = label.note if label else ""
        if tube.spun_at is not None:
            assert tube.kind.code in site().spins
            assert tube.spun_at <= arrived_after(tube)[0]
            assert note.endswith(f"Spun {tube.spun_at.astimezone(world().stage.zone):%H:%M}") or label is None
        else:
            assert "Spun" not in note
    spun = sum(tube.spun_at is not None for tube in tubes())
    wanted = sum(tube.kind.code in site().spins for tube in tubes())
    assert 0.6 * wanted < spun <= wanted


@pytest.mark.parametrize(
    ("local", "run"),
    [
        ("2026-11-27T09:59:00", "2026-11-27T10:00:00"),
        ("2026-11-27T10:00:00", "2026-11-27T10:00:00"),
        ("2026-11-27T10:00:01", "2026-11-27T12:45:00"),
        ("2026-11-27T18:16:00", "2026-11-27T21:00:00"),
        ("2026-11-27T21:01:00", "2026-11-28T10:00:00"),
        ("2026-10-31T22:00:00", "2026-11-01T10:00:00"),  # the night in which summer time ends
    ],
)
def test_the_next_run_is_the_next_one_on_the_wall_clock(local: str, run: str) -> None:
    zone = ZoneInfo("America/Chicago")
    found = next_run(datetime.fromisoformat(local).replace(tzinfo=zone), site())
    assert found == datetime.fromisoformat(run).replace(tzinfo=zone)
    assert found.astimezone(UTC).astimezone(zone).time() in site().couriers


def test_no_citrated_plasma_of_a_site_comes_later_than_it_keeps_from_its_draw() -> None:
    """Four hours, but for what goes wrong on the way: the runs and the longest road leave room for that."""
    local = [datetime.combine(date(2026, 11, 27), at) for at in site().couriers]
    opens = datetime.combine(local[0].date(), time(next(h for h, w in enumerate(site().rhythm) if w)))
    longest = max(later - earlier for earlier, later in pairwise([opens, *local]))
    ready, road = timedelta(minutes=10), timedelta(minutes=site().transport_minutes[1])
    assert longest + ready + road <= timedelta(hours=4)


def test_the_sites_orders_go_when_the_courier_leaves_and_say_when_it_spun() -> None:
    lis = FakeLis()
    made = new_world(lis, seed=3)
    made.step(START + timedelta(days=6))
    seen = 0
    for raw in lis.of("HIS", b"|OML^O21"):
        message = Message.parse(raw.decode())
        pv1, obr = message.first("PV1"), message.first("OBR")
        assert pv1 is not None
        assert obr is not None
        said = [segment.value(5, 1) for segment in message.all("OBX")]
        tubes = [made.bench.tubes.get(sac.value(3, 1, 1)) for sac in message.all("SAC")]
        spun = [tube.spun_at for tube in tubes if tube and tube.ward == SITE and tube.spun_at]
        if pv1.value(3, 1) == SITE and all(tubes):
            seen += 1
            assert message.header.value(7)[8:12] in {f"{at:%H%M}" for at in site().couriers}
            assert said == [f"{at.astimezone(made.stage.zone):%Y%m%d%H%M%S%z}" for at in spun]
        elif pv1.value(3, 1) != SITE:
            assert said == []
    assert seen > 5
