"""The hospital's days: rhythms, movements, orders and what comes with them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from lis.wire.er7 import Message
from simulators.admitting import DISCHARGED
from simulators.world import World
from tests.world.fake_lis import START, FakeLis, full, new_world, status_of

DAY = timedelta(days=1)


class Days:
    """Three days of a world with everything it sent, read."""

    def __init__(self) -> None:
        self.lis = FakeLis()
        self.world: World = new_world(self.lis, seed=3)
        self.world.step(START + 3 * DAY)
        self.messages = [Message.parse(raw.decode()) for _, raw in self.lis.received]

    def kinds(self) -> Counter[str]:
        """How many of each type and event."""
        return Counter(f"{m.header.value(9, 1)}^{m.header.value(9, 2)}" for m in self.messages)

    def of(self, kind: str) -> list[Message]:
        """Messages of one type."""
        return [m for m in self.messages if m.header.value(9, 1) == kind]


@pytest.fixture(scope="module")
def days() -> Days:
    """Lived once for all tests of this file."""
    return Days()


def test_a_weekday_brings_about_as_many_tubes_as_the_plan_says(days: Days) -> None:
    tubes = len(days.world.bench.tubes)
    plan = days.world.content.place.hospital.requisitions_per_day
    assert 2.0 * plan < tubes < 5.0 * plan  # Friday and a weekend, one to three tubes each


def test_all_kinds_of_messages_are_sent(days: Days) -> None:
    kinds = days.kinds()
    assert set(kinds) >= {"OML^O21", "ORM^O01", "ADT^A01", "ADT^A03", "ADT^A04", "ORU^R01"}


def test_control_ids_never_repeat(days: Days) -> None:
    ids = [message.header.value(10) for message in days.messages]
    assert len(ids) == len(set(ids))


def test_an_order_is_sent_when_it_was_collected_and_names_its_containers(days: Days) -> None:
    for message in days.of("OML"):
        collected = {segment.value(7) for segment in message.segments if segment.id == "OBR"}
        pv1 = message.first("PV1")
        assert pv1 is not None
        if pv1.value(3, 1) != "NPC":  # a site outside sends its orders when the courier leaves
            assert collected == {message.header.value(7)}
        numbers = [segment.value(3, 1, 1) for segment in message.segments if segment.id == "SAC"]
        drawn = {entry.subject for entry in days.world.sink.entries if entry.kind == "tube.drawn"}  # type: ignore[attr-defined]
        assert set(numbers) <= drawn


def test_a_patient_is_known_before_the_first_order(days: Days) -> None:
    known: set[str] = set()
    for message in days.messages:
        patients = {segment.value(3, 1) for segment in message.segments if segment.id == "PID"}
        if message.header.value(9, 1) == "ADT":
            known |= patients
        elif message.header.value(9, 1) in ("OML", "ORM"):
            assert patients <= known


def test_nobody_lies_in_two_beds(days: Days) -> None:
    inside: Counter[str] = Counter()
    for entry in days.world.sink.entries:  # type: ignore[attr-defined]
        if entry.kind == "patient.admitted":
            inside[entry.subject] += 1
        elif entry.kind == "patient.discharged":
            inside[entry.subject] -= 1
        assert inside[entry.subject] <= 1 or entry.kind != "patient.admitted"


def test_emergency_orders_are_urgent_more_often_than_any_other_wards_and_clinics_sleep_at_night(
    days: Days,
) -> None:
    placed = [entry for entry in days.world.sink.entries if entry.kind == "order.placed"]  # type: ignore[attr-defined]
    urgent = Counter(entry.data["ward"] for entry in placed if entry.data["priority"] == "S")
    everything = Counter(entry.data["ward"] for entry in placed)
    assert max(everything, key=lambda ward: urgent[ward] / everything[ward]) == "ED"
    assert urgent["ED"] > 0.4 * everything["ED"]
    zone = days.world.content.place.zone
    hours = {entry.at.astimezone(zone).hour for entry in placed if entry.data["ward"] == "OPD"}
    assert hours <= set(range(6, 17))


def test_what_does_not_keep_is_always_urgent(days: Days) -> None:
    placed = [entry.data for entry in days.world.sink.entries if entry.kind == "order.placed"]  # type: ignore[attr-defined]
    gases = {data["priority"] for data in placed if data["orders"] == ["ABGP"] or data["orders"] == ["LACTO"]}
    assert gases == {"S"}


def test_a_report_is_acknowledged_and_kept(days: Days) -> None:
    report = b"MSH|^~\\&|LIS|LAB|HIS|X|20261127||ORU^R01|R1|T|2.5.1\rPID|1||T1\rOBR|1|R9-1|26|BMP\rOBX|1|NM|NA||140\r"
    answer = days.world.receive("HIS", report)
    assert answer.split(b"\r")[1] == b"MSA|AA|R1"
    (entry,) = [e for e in days.world.sink.entries if e.kind == "report.received"]  # type: ignore[attr-defined]
    assert (entry.subject, entry.data["report"]["values"][0]["value"]) == ("R9-1", "140")


def _report(placer: str, mrn: str, flag: str) -> bytes:
    return (
        "MSH|^~\\&|LIS|LAB|HIS|GENHOSP|20261127070000-0600||ORU^R01^ORU_R01|OUT2|T|2.5.1\r"
        f"PID|1||{mrn}\rORC|SC|{placer}\rOBR|1|{placer}|26331-BMP|BMP^Panel^L|||||||||||||||||||||F\r"
        f"OBX|1|NM|2823-3^Potassium^LN^K^Potassium^L||7.1|mmol/L|3.5-5.1|{flag}|||F\r"
    ).encode()


def _first_order(lis: FakeLis, world: World) -> tuple[Message, str, str]:
    """The first OML order that was sent: the message, its placer number, its patient."""
    while not (sent := lis.of("HIS", b"|OML^O21")):
        world.step(world.now + timedelta(minutes=10))
    message = Message.parse(sent[0].decode())
    orc, pid = message.first("ORC"), message.first("PID")
    assert orc is not None and pid is not None
    return message, orc.value(2, 1), pid.value(3, 1)


def _changed(lis: FakeLis) -> list[Message]:
    messages = [Message.parse(raw.decode()) for peer, raw in lis.received if peer == "HIS"]
    return [m for m in messages if any(s.id == "ORC" and s.value(1) == "XO" for s in m.segments)]


def test_a_rejected_specimen_is_drawn_again_once_and_carried_to_the_laboratory() -> None:
    lis = FakeLis()
    world = new_world(lis, seed=3)
    message, placer, mrn = _first_order(lis, world)
    for _ in range(2):  # said twice, drawn once
        assert b"|AA|" in world.receive("HIS", status_of(placer))
    world.step(world.now + timedelta(hours=3))

    (again,) = _changed(lis)
    (orc,), (sac,), (pid,) = again.all("ORC"), again.all("SAC"), again.all("PID")
    first = message.first("SAC")
    assert first is not None
    assert (orc.value(2, 1), pid.value(3, 1)) == (placer, mrn)
    assert sac.value(3, 1, 1) != first.value(3, 1, 1)
    assert world.bench.tubes[sac.value(3, 1, 1)].patient == mrn
    kinds = Counter(entry.kind for entry in world.sink.entries)  # type: ignore[attr-defined]
    assert (kinds["order.status"], kinds["order.recollected"]) == (2, 1)


def test_what_is_to_be_drawn_again_of_somebody_who_has_left_is_called_off() -> None:
    lis = FakeLis()
    world = new_world(lis, seed=3)
    message, placer, mrn = _first_order(lis, world)
    pv1, obr = message.first("PV1"), message.first("OBR")
    assert pv1 is not None and obr is not None
    world.hospital.admitting._discharge(pv1.value(19, 1))
    world.receive("HIS", status_of(placer))
    world.step(world.now + timedelta(hours=3))

    assert _changed(lis) == []
    sent = [Message.parse(raw.decode()) for peer, raw in lis.received if peer == "HIS"]
    (off,) = [one for one in sent if any(orc.value(1) == "CA" for orc in one.all("ORC"))]
    (orc,), (pid,), (asked,) = off.all("ORC"), off.all("PID"), off.all("OBR")
    assert (orc.value(2, 1), orc.value(16, 2), pid.value(3, 1)) == (placer, DISCHARGED, mrn)
    assert (asked.value(4, 1), off.all("SPM")) == (obr.value(4, 1), [])
    (told,) = [entry for entry in world.sink.entries if entry.kind == "order.called_off"]  # type: ignore[attr-defined]
    assert told.data == {"orders": [obr.value(4, 1)]}


def test_who_has_gone_home_from_a_clinic_is_called_back_and_not_called_off() -> None:
    world = new_world(FakeLis(), seed=3)
    world.step(START + timedelta(hours=36))
    admitting = world.hospital.admitting
    gone = {
        encounter.ward.patient_class: visit
        for visit, encounter in admitting._encounters.items()
        if not admitting.is_here(visit)
    }
    assert {kind: admitting.has_left(visit) for kind, visit in gone.items()} == {
        "I": True,
        "E": True,
        "O": False,
    }


def test_a_status_that_asks_for_nothing_is_only_noted() -> None:
    lis = FakeLis()
    world = new_world(lis, seed=3)
    _, placer, _ = _first_order(lis, world)
    world.receive("HIS", status_of(placer, "nonsense", status="CA"))
    world.receive("HIS", status_of("nonsense"))
    world.step(world.now + timedelta(hours=3))

    assert _changed(lis) == []


@pytest.mark.parametrize(("flag", "acts"), [("HH", 1), ("H", 0)])
def test_a_critical_value_is_treated_and_ordered_again_once(flag: str, acts: int) -> None:
    lis = FakeLis()
    world = new_world(lis, seed=3)
    _, placer, mrn = _first_order(lis, world)
    for _ in range(2):
        world.receive("HIS", _report(placer, mrn, flag))
    world.step(world.now + timedelta(hours=3))

    entries = world.sink.entries  # type: ignore[attr-defined]
    acted = [entry for entry in entries if entry.kind == "report.acted_on" and entry.subject == mrn]
    assert [(entry.data["test"], entry.data["treatment"]) for entry in acted] == [
        ("K", "insulin_infusion")
    ] * acts
    stat = (
        [e for e in entries if e.kind == "order.placed" and e.data["patient"] == mrn and e.at > acted[0].at]
        if acts
        else []
    )
    assert [e.data["orders"] for e in stat if e.data["priority"] == "S"][:1] == [["BMP"]] * acts


def test_what_a_ward_gives_after_a_report_is_in_the_blood_and_said_with_the_next_order() -> None:
    """Red cells for a critical hemoglobin: the control's truth is higher than before, and its order says why."""
    lis = FakeLis()
    place = full().place
    always = replace(place.hospital.remarks, share=1.0)
    certain = tuple(replace(one, share=1.0) for one in place.hospital.reactions)
    plan = replace(place.hospital, remarks=always, reactions=certain, requisitions_per_day=12.0)
    world = World(replace(full(), place=replace(place, hospital=plan)), 3, START, lis.links())
    _, placer, mrn = _first_order(lis, world)
    told = world.sink.of_kind  # type: ignore[attr-defined]
    person = next(
        e.person for w in plan.wards for e in world.hospital.admitting.inside(w.code) if e.person.mrn == mrn
    )
    world.receive("HIS", _report(placer, mrn, "LL").replace(b"^K^Potassium", b"^HGB^Hemoglobin"))
    while not told("report.acted_on"):
        world.step(world.now + timedelta(minutes=5))
    visit = world.hospital.admitting.visit_of(mrn)
    assert visit is not None
    treated = world.hospital.admitting.at(visit).person
    assert [course.influence for course in treated.courses[len(person.courses) :]] == ["red_cell_transfusion"]
    before = {e.subject for e in told("tube.drawn")}
    world.step(world.now + timedelta(hours=8))

    bodies = world.hospital.admitting._bodies
    drawn = [e for e in told("tube.drawn") if e.data["drawn_for"] == mrn and e.subject not in before]
    control = next(e for e in drawn if "HGB" in e.data["truth"])
    assert control.data["truth"]["HGB"] == pytest.approx(bodies.values(treated, control.at)["HGB"])
    assert control.data["truth"]["HGB"] > float(bodies.values(person, control.at)["HGB"]) + 0.4
    (order,) = [
        m
        for m in map(Message.parse, (raw.decode() for raw in lis.of("HIS", b"|OML^O21")))
        if control.subject in {sac.value(3, 1, 1) for sac in m.all("SAC")}
    ]
    obr = order.first("OBR")
    assert obr is not None
    assert "red cells transfused" in obr.value(13)
