"""Rhythms counted over weeks with a fixed seed: hours, weekdays, urgency, rounds, series, and what a day brings."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import cache

import pytest

from lis.wire.er7 import Message
from simulators.hospital_plan import Request, Round
from simulators.ledger import LedgerEntry
from simulators.world import World
from tests.harness import count
from tests.world.fake_lis import START, FakeLis, core, full, new_world

WEEKS = count(8, 40)


class Weeks:
    """Weeks of a hospital with plain people."""

    def __init__(self) -> None:
        self.world: World = new_world(seed=3)
        self.world.step(START + timedelta(weeks=WEEKS))
        self.zone = core().place.zone

    def told(self, kind: str) -> list[LedgerEntry]:
        return self.world.sink.of_kind(kind)  # type: ignore[attr-defined, no-any-return]

    def placed(self, ward: str, *, timed: bool = False) -> list[tuple[datetime, LedgerEntry]]:
        """Requisitions of a ward with their local instants; those for an hour or the others."""
        return [
            (entry.at.astimezone(self.zone), entry)
            for entry in self.told("order.placed")
            if entry.data["ward"] == ward and (entry.data["priority"] == "T") == timed
        ]


@cache
def weeks() -> Weeks:
    return Weeks()


@pytest.mark.parametrize("code", ["4W", "ICU", "ED", "OPD", "NPC"])
def test_orders_follow_the_hours_of_the_ward(code: str) -> None:
    """Chi-square over the hours that may bring something, below its 99.9th percentile for 23 degrees of freedom.

    An order is at times placed again within the hour: so the hour after the last one may bring something too.
    """
    ward = core().place.hospital.ward(code)
    assert ward is not None
    hours = Counter(at.hour for at, _ in weeks().placed(code))
    total = sum(hours.values())
    expected = [total * weight / sum(ward.rhythm) for weight in ward.rhythm]
    closed = {hour for hour, n in enumerate(expected) if n == 0 and expected[hour - 1] == 0}
    assert closed & set(hours) == set()
    chi = sum((hours[hour] - n) ** 2 / n for hour, n in enumerate(expected) if n)
    assert total > 25 * WEEKS / 2
    assert chi < 49.7


def test_orders_follow_the_days_of_the_week() -> None:
    """Chi-square over seven days, below its 99.9th percentile for 6 degrees of freedom."""
    plan = core().place.hospital.weekdays
    days = Counter(
        at.weekday() for ward in core().place.hospital.wards for at, _ in weeks().placed(ward.code)
    )
    total = sum(days.values())
    expected = [total * weight / sum(plan) for weight in plan]
    assert sum((days[day] - n) ** 2 / n for day, n in enumerate(expected)) < 22.5


def test_urgency_and_share_of_a_ward_are_those_of_the_plan() -> None:
    plan = core().place.hospital
    placed = {ward.code: weeks().placed(ward.code) for ward in plan.wards}
    total = sum(map(len, placed.values()))
    for ward in plan.wards:
        assert len(placed[ward.code]) / total == pytest.approx(ward.share, abs=0.04), ward.code
        own = sum(request.weight(ward) for request in plan.requests if not request.given)
        always = sum(request.weight(ward) for request in plan.requests if request.is_stat) / own
        expected = ward.stat_share + (1 - ward.stat_share) * always
        urgent = sum(entry.data["priority"] == "S" for _, entry in placed[ward.code]) / len(placed[ward.code])
        slack = 3 * (expected * (1 - expected) / len(placed[ward.code])) ** 0.5
        assert urgent == pytest.approx(expected, abs=slack), ward.code


def test_some_orders_are_placed_a_second_time() -> None:
    seen: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
    for entry in weeks().told("order.placed"):
        if entry.data["priority"] != "T":
            day = entry.at.astimezone(weeks().zone).date().isoformat()
            seen[entry.data["patient"], day, tuple(entry.data["orders"])] += 1
    again = sum(n - 1 for n in seen.values())
    share = core().place.hospital.duplicate_share
    assert again / sum(seen.values()) > share / 2


def test_rounds_are_written_ahead_and_drawn_about_their_hour() -> None:
    for ward in core().place.hospital.wards:
        for turn in ward.rounds:
            ahead = timedelta(minutes=turn.ahead_minutes)
            written = [
                (datetime.fromisoformat(entry.data["due"]).astimezone(weeks().zone), at)
                for at, entry in weeks().placed(ward.code, timed=True)
                if entry.data["orders"] != list(series().orders)
            ]
            of_turn = [due for due, at in written if at == due.replace(**_hour(turn)) - ahead]
            assert len(of_turn) / (7 * WEEKS) == pytest.approx(turn.mean, rel=0.25), (ward.code, turn)
            beds = {(due - due.replace(**_hour(turn))) / timedelta(minutes=4) for due in of_turn}
            assert beds == set(map(float, range(len(beds))))


def series() -> Request:
    """The request that is drawn again at hours of its own."""
    (request,) = [request for request in core().place.hospital.requests if request.series_minutes]
    return request


def _hour(turn: Round) -> dict[str, int]:
    return {"hour": turn.at.hour, "minute": turn.at.minute}


def test_timed_draws_come_as_punctually_as_their_collector_is() -> None:
    collectors = {one.initials: one for ward in core().place.hospital.wards for one in ward.collectors}
    asked = {e.subject: e.data["due"] for e in weeks().told("order.placed") if e.data["due"]}
    lateness: dict[str, list[float]] = {}
    for tube in weeks().world.bench.tubes.values():
        label = tube.collection_label
        if tube.requisition in asked and label is not None and label.collector in collectors:
            late = tube.drawn_at - datetime.fromisoformat(asked[tube.requisition])
            lateness.setdefault(label.collector, []).append(late / timedelta(minutes=1))
    for initials, minutes in lateness.items():
        low, high = collectors[initials].late_minutes
        assert low - 1 <= min(minutes), initials
        assert max(minutes) <= high, initials
    assert max(lateness["TAB"]) > max(lateness["JMR"])


def test_a_series_is_drawn_again_at_its_hours_as_timed_orders() -> None:
    request = series()
    firsts = [
        (at, entry) for at, entry in weeks().placed("ED") if entry.data["orders"] == list(request.orders)
    ]
    timed = Counter(
        (entry.data["patient"], at)
        for at, entry in weeks().placed("ED", timed=True)
        if entry.data["orders"] == list(request.orders)
    )
    alone = [entry for at, entry in firsts if timed[entry.data["patient"], at] != len(request.series_minutes)]
    assert len(firsts) > WEEKS
    assert len(alone) / len(firsts) < 0.1  # those ordered a second time by somebody else have no series


def test_timed_orders_say_their_hour_in_both_kinds_of_message() -> None:
    lis = FakeLis()
    world = new_world(lis, seed=3)
    world.step(START + timedelta(days=3))
    sent = [Message.parse(raw.decode()) for raw in lis.of("HIS", b"|OML^O21")]
    hours = {(tq1.value(9, 1), bool(tq1.value(7, 1))) for message in sent for tq1 in message.all("TQ1")}
    assert {("T", True), ("R", False), ("S", False)} == hours


def test_a_day_brings_about_25_patients_and_40_tubes() -> None:
    """What wards ask for by themselves; what follows from results comes on top of it."""
    world = World(full(), "demo", START)
    world.step(START + timedelta(days=28))
    tubes, patients = Counter[str](), dict[str, set[str]]()
    for entry in world.sink.of_kind("tube.drawn"):  # type: ignore[attr-defined]
        day = entry.at.astimezone(weeks().zone).date().isoformat()
        tubes[day] += 1
        patients.setdefault(day, set()).add(entry.data["drawn_for"])
    whole = sorted(tubes)[1:-1]
    assert sum(tubes[day] for day in whole) / len(whole) == pytest.approx(40, abs=5)
    assert sum(len(patients[day]) for day in whole) / len(whole) == pytest.approx(25, abs=3)
