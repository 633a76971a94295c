"""When somebody is drawn: clinics close, and a site outside draws for its courier."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache

import pytest

from lis.wire.er7 import Message
from simulators.coming import back_at
from simulators.couriers import next_run
from simulators.hospital_plan import Ward
from simulators.world import World
from tests.world.fake_lis import START, FakeLis, core, new_world, status_of

MINUTE = timedelta(minutes=1)
ZONE = core().place.zone
CLINIC, SITE, EMERGENCY = "OPD", "NPC", "ED"


def ward(code: str) -> Ward:
    found = core().place.hospital.ward(code)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("code", "asked", "minutes", "drawn"),
    [
        (EMERGENCY, "2026-11-27T23:30", 40, "2026-11-28T00:10"),
        (CLINIC, "2026-11-27T14:00", 40, "2026-11-27T14:40"),
        (CLINIC, "2026-11-27T16:30", 40, "2026-11-28T06:40"),
        (CLINIC, "2026-11-28T01:00", 15, "2026-11-28T06:15"),
        (SITE, "2026-11-27T11:50", 60, "2026-11-27T14:20"),
        (SITE, "2026-11-27T18:30", 60, "2026-11-27T19:50"),
        (SITE, "2026-11-27T19:10", 60, "2026-11-28T08:50"),
        (SITE, "2026-11-27T21:50", 15, "2026-11-28T09:35"),
        (CLINIC, "2026-10-31T22:00", 30, "2026-11-01T06:30"),  # the night in which summer time ends
        (SITE, "2026-10-31T22:00", 30, "2026-11-01T09:20"),
    ],
)
def test_patients_are_called_back_when_a_clinic_is_open_and_before_a_courier(
    code: str, asked: str, minutes: int, drawn: str
) -> None:
    now = datetime.fromisoformat(asked).replace(tzinfo=ZONE).astimezone(UTC)
    at = back_at(ward(code), now, minutes * MINUTE, ZONE)
    assert f"{at.astimezone(ZONE):%Y-%m-%dT%H:%M}" == drawn


@cache
def ten_days() -> World:
    made = new_world(FakeLis(), seed=5)
    made.step(START + timedelta(days=10))
    return made


@pytest.mark.parametrize(
    ("code", "opens", "closes"), [(CLINIC, time(6), time(17, 40)), (SITE, time(7), time(20, 40))]
)
def test_nobody_is_drawn_when_a_clinic_is_closed(code: str, opens: time, closes: time) -> None:
    """Who came in the last hour waits their turn."""
    drawn = [tube.drawn_at.astimezone(ZONE) for tube in ten_days().bench.tubes.values() if tube.ward == code]
    assert len(drawn) > 20
    assert [at for at in drawn if not opens <= at.time() <= closes] == []


def test_every_tube_of_a_site_leaves_on_the_day_of_its_draw() -> None:
    drawn = [tube.drawn_at.astimezone(ZONE) for tube in ten_days().bench.tubes.values() if tube.ward == SITE]
    assert drawn
    assert [at for at in drawn if next_run(at + 10 * MINUTE, ward(SITE)).date() != at.date()] == []


def test_what_is_refused_at_night_a_site_draws_again_for_its_next_courier() -> None:
    lis = FakeLis()
    made = new_world(lis, seed=5)
    made.step(datetime(2026, 11, 27, 21, 50, tzinfo=ZONE))
    tube = next(one for one in reversed(made.bench.tubes.values()) if one.ward == SITE and one.paper)
    sent = [Message.parse(raw.decode()) for raw in lis.of("HIS", b"|OML^O21")]
    (order,) = [m for m in sent if tube.id in {sac.value(3, 1, 1) for sac in m.all("SAC")}]
    made.receive("HIS", status_of(order.all("ORC")[0].value(2, 1)))
    made.step(made.now + timedelta(hours=16))
    (again,) = [
        one
        for one in made.bench.tubes.values()
        if one.requisition == tube.requisition and one.drawn_at > tube.drawn_at
    ]
    local = again.drawn_at.astimezone(ZONE)
    assert local.date() == tube.drawn_at.astimezone(ZONE).date() + timedelta(days=1)
    assert next_run(local + 10 * MINUTE, ward(SITE)) - local < 90 * MINUTE
