"""Patients come, move from ward to ward, and leave: each movement is sent, and what follows is done where they are."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import cache

import pytest

from lis.wire.er7 import Message
from simulators.ledger import LedgerEntry
from simulators.world import World
from tests.world.fake_lis import START, FakeLis, core, new_world

DAYS = 12


class Stays:
    """Twelve days of a hospital, with its movements and its ledger."""

    def __init__(self) -> None:
        lis = FakeLis()
        self.world: World = new_world(lis, seed=3)
        self.world.step(START + timedelta(days=DAYS))
        self.sent = [Message.parse(raw.decode()) for peer, raw in lis.received if peer == "HIS"]

    def told(self, kind: str) -> list[LedgerEntry]:
        return self.world.sink.of_kind(kind)  # type: ignore[attr-defined, no-any-return]

    def movements(self, trigger: str) -> list[Message]:
        return [m for m in self.sent if m.header.value(9, 1) == "ADT" and m.header.value(9, 2) == trigger]


@cache
def stays() -> Stays:
    return Stays()


def location(message: Message) -> tuple[str, str, str]:
    """Class, ward, and the ward before."""
    pv1 = message.first("PV1")
    assert pv1 is not None
    return pv1.value(2, 1), pv1.value(3, 1), pv1.value(6, 1)


def test_every_move_of_the_plan_happens_and_is_sent_with_both_places() -> None:
    planned = {(move.origin, move.to) for move in core().place.hospital.transfers}
    told = Counter((entry.data["from"], entry.data["to"]) for entry in stays().told("patient.transferred"))
    sent = Counter((origin, to) for _, to, origin in map(location, stays().movements("A02")))
    assert set(told) == planned
    assert sent == told


def test_a_patient_who_comes_from_emergency_is_an_inpatient_under_the_same_visit() -> None:
    arrived = {m.first("PV1").value(19, 1) for m in stays().movements("A04")}  # type: ignore[union-attr]
    from_emergency = [m for m in stays().movements("A02") if location(m)[2] == "ED"]
    assert {location(m)[0] for m in from_emergency} == {"I"}
    assert {m.first("PV1").value(19, 1) for m in from_emergency} <= arrived  # type: ignore[union-attr]


def test_shares_of_moves_are_those_of_the_plan() -> None:
    came = sum(entry.data["ward"] == "ED" for entry in stays().told("patient.admitted"))
    moved = Counter(
        entry.data["to"] for entry in stays().told("patient.transferred") if entry.data["from"] == "ED"
    )
    planned = {move.to: move.share for move in core().place.hospital.transfers if move.origin == "ED"}
    for ward, share in planned.items():
        slack = 3 * (share * (1 - share) / came) ** 0.5
        assert moved[ward] / came == pytest.approx(share, abs=slack), ward


def test_nobody_leaves_from_where_they_are_not_and_everybody_is_in_one_bed() -> None:
    wards: dict[str, str] = {}
    for entry in stays().world.sink.entries:  # type: ignore[attr-defined]
        visit = entry.data.get("visit")
        if entry.kind == "patient.admitted":
            wards[visit] = entry.data["ward"]
        elif entry.kind == "patient.transferred":
            assert wards[visit] == entry.data["from"]
            wards[visit] = entry.data["to"]
        elif entry.kind == "patient.discharged":
            del wards[visit]
    admitting = stays().world.hospital.admitting
    inside = {e.visit: ward.code for ward in core().place.hospital.wards for e in admitting.inside(ward.code)}
    assert inside == wards


def test_no_ward_takes_more_by_transfer_than_it_has_rooms() -> None:
    for ward in core().place.hospital.wards:
        beds = [e.bed for e in stays().world.hospital.admitting.inside(ward.code) if e.bed]
        assert len(beds) <= ward.rooms + 1, ward.code


def test_orders_of_a_moved_patient_come_from_where_they_are_now() -> None:
    """A message after a move names the new ward as the patient's place."""
    place: dict[str, str] = {}
    for message in stays().sent:
        pv1 = message.first("PV1")
        assert pv1 is not None
        visit, ward = pv1.value(19, 1), pv1.value(3, 1)
        if message.header.value(9, 1) == "ADT":
            place[visit] = ward
        else:
            assert ward == place[visit]
