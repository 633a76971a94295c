"""The telephone: who answers, what is repeated, who rings and when, and what follows from what they are told."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from simulators.ledger import LedgerEntry
from simulators.telephone import Call
from simulators.world import Action, BenchRefusal, World, WorldContent
from tests.world.fake_lis import START, FakeLis, core, full

MINUTE = timedelta(minutes=1)


def world_of(seed: int = 5, *, attended: bool = True, content: WorldContent | None = None) -> World:
    """A world at six in the morning, whose laboratory says nothing of what it finds."""
    world = World(content or core(), seed, START, FakeLis().links())
    if attended:
        act(world, "take_calls", on=True)
    return world


def act(world: World, verb: str, **args: Any) -> Any:
    return world.act(Action(world.now, verb, args, "t1"))


def told(world: World, kind: str) -> list[LedgerEntry]:
    return world.sink.of_kind(kind)  # type: ignore[attr-defined, no-any-return]


def reached(world: World, role: str) -> Call:
    """Ring the ward until somebody of this role answers."""
    for _ in range(200):
        call: Call = act(world, "phone", ward="ICU", what="K 6.2")
        if call.role == role:
            return call
    raise AssertionError(f"no {role} answers")


def ringing(world: World, about: str) -> Call:
    """Step until a call about this rings."""
    for _ in range(3_000):
        world.step(world.now + MINUTE)
        for call in world.hospital.telephone.calls():
            if call.state == "ringing" and call.about == about:
                return call
    raise AssertionError(f"nobody rings about {about}")


def report(placer: str, flag: str = "") -> bytes:
    return (
        "MSH|^~\\&|LIS|LAB|HIS|GENHOSP|20261127070000-0600||ORU^R01^ORU_R01|OUT2|T|2.5.1\r"
        f"PID|1||T000001\rORC|SC|{placer}\rOBR|1|{placer}|26331-BMP|BMP^Panel^L|||||||||||||||||||||F\r"
        f"OBX|1|NM|2823-3^Potassium^LN^K^Potassium^L||7.1|mmol/L|3.5-5.1|{flag}|||F\r"
    ).encode()


# the laboratory rings


def test_wards_and_providers_stand_in_the_directory_with_their_numbers() -> None:
    plan = core().place.hospital
    listed = world_of().hospital.telephone.directory()
    assert [one.code for one in listed] == [*(w.code for w in plan.wards), *(p.id for p in plan.providers)]
    assert all(one.number for one in listed)


def test_who_answers_is_drawn_and_known_to_the_ledger() -> None:
    worlds = [world_of() for _ in range(2)]
    answers = [[act(world, "phone", ward="ICU", what="K") for _ in range(60)] for world in worlds]
    assert answers[0] == answers[1]
    assert {call.role for call in answers[0]} == {"", "nurse", "clerk", "provider"}
    assert [entry.data["who"] for entry in told(worlds[0], "ward.phoned")] == [c.who for c in answers[0]]
    assert all(call.who in call.said[0].text for call in answers[0] if call.who)
    assert {call.state for call in answers[0] if not call.who} == {"unanswered"}


def test_a_provider_answers_their_own_number() -> None:
    world = world_of()
    calls = [act(world, "phone", ward="P1003", what="K") for _ in range(20)]
    assert {(call.who, call.role) for call in calls if call.who} == {("Paola Marchetti", "provider")}


@pytest.mark.parametrize(
    ("verb", "args", "reason"),
    [
        ("phone", {"ward": "9Z"}, "ward.unknown"),
        ("answer", {"call": "T99999"}, "call.unknown"),
        ("call", {"ward": "9Z", "text": "Hello"}, "ward.unknown"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_no_trace(verb: str, args: dict[str, str], reason: str) -> None:
    world = world_of()
    before = len(world.inputs)
    with pytest.raises(BenchRefusal) as refused:
        act(world, verb, **args)
    assert refused.value.reason == reason
    assert len(world.inputs) == before


def test_what_a_nurse_is_told_is_repeated_nearly_always_rightly() -> None:
    """3 in 100 are wrong; the ledger knows which."""
    world = world_of()
    call = reached(world, "nurse")
    repeated = [act(world, "say", call=call.id, text="potassium 6.2").said[-1].text for _ in range(600)]
    entries = told(world, "call.said")
    wrong = [entry for entry in entries if not entry.data["is_right"]]
    assert 0.01 < len(wrong) / len(entries) < 0.06
    assert {entry.data["repeated"] for entry in wrong} == {"potassium 2.6", "potassium 62"}
    assert all(entry.data["repeated"] in text for entry, text in zip(entries, repeated, strict=True))


def test_a_clerk_takes_no_results_and_gets_a_nurse() -> None:
    world = world_of()
    call = reached(world, "clerk")
    assert "6.2" not in act(world, "say", call=call.id, text="potassium 6.2").said[-1].text
    assert told(world, "call.said")[-1].data["repeated"] == ""
    after = act(world, "reply", call=call.id, choice="may_i_nurse")
    assert after.role == "nurse"
    assert after.who in after.said[-1].text
    assert "6" in act(world, "say", call=call.id, text="potassium 6.2").said[-1].text


@pytest.mark.parametrize(
    ("verb", "args", "words"),
    [
        ("say", {"text": "potassium 6.2"}, "Nobody is on the line"),
        ("reply", {"choice": "who_is_it"}, "Nobody is on the line"),
        ("hang_up", {}, "Nobody is on the line"),
        ("answer", {}, "rung off"),
    ],
)
def test_after_hanging_up_nobody_hears(verb: str, args: dict[str, str], words: str) -> None:
    world = world_of()
    call = reached(world, "nurse")
    act(world, "hang_up", call=call.id)
    with pytest.raises(BenchRefusal, match=words):
        act(world, verb, call=call.id, **args)


def test_silence_and_what_is_not_offered_are_refused() -> None:
    world = world_of()
    call = reached(world, "nurse")
    with pytest.raises(BenchRefusal, match="Say something"):
        act(world, "say", call=call.id, text=" ")
    with pytest.raises(BenchRefusal, match="cannot be said here"):
        act(world, "reply", call=call.id, choice="not_here")


# wards ring


def test_calls_are_taken_elsewhere_until_the_bench_takes_them() -> None:
    world = world_of(attended=False)
    world.step(START + timedelta(days=1))
    assert len(told(world, "call.taken_elsewhere")) > 1
    assert told(world, "call.ringing") == []
    act(world, "take_calls", on=True)
    world.step(START + timedelta(days=2))
    assert len(told(world, "call.ringing")) > 1


def test_a_ward_whose_urgent_report_does_not_come_rings_and_names_what_it_waits_for() -> None:
    world = world_of()
    (occasion,) = [one for one in core().place.hospital.telephone.occasions if one.kind == "overdue"]
    call = ringing(world, "overdue")
    (placed,) = [entry for entry in told(world, "order.placed") if entry.subject == call.subject]
    assert placed.data["priority"] == "S"
    assert placed.data["patient"] in call.says
    assert all(core().place.orderables[code].name in call.says for code in placed.data["orders"])
    assert [choice.id for choice in call.choices] == list(occasion.choices)
    (drawn_at,) = {t.drawn_at for t in world.bench.tubes.values() if t.requisition == call.subject}
    low, high = occasion.after_minutes
    assert low <= (call.since - drawn_at) / MINUTE <= high


def test_about_half_of_what_is_overdue_makes_somebody_ring_and_nothing_does_once_it_is_reported() -> None:
    counts = []
    for answers in (False, True):
        world = world_of(seed=3)
        while world.now < START + timedelta(hours=40):
            world.step(world.now + 15 * MINUTE)
            for entry in told(world, "order.placed") if answers else ():
                world.receive("HIS", report(f"{entry.subject}-1"))
        urgent = sum(
            e.data["priority"] == "S" and world.now - e.at > 120 * MINUTE for e in told(world, "order.placed")
        )
        first = [e for e in told(world, "call.ringing") if e.data["attempt"] == 1]
        counts.append((urgent, sum(e.data["about"] == "overdue" for e in first)))
    assert 0.2 < counts[0][1] / counts[0][0] < 0.8
    assert counts[1][1] == 0


def test_a_missed_call_rings_off_comes_again_and_the_last_is_a_providers() -> None:
    world = world_of()
    act(world, "call", ward="ED", text="{ward}, {name}. Where is our blood?")
    plan, mine = core().place.hospital.telephone, dict[str, Call]()
    for _ in range(40):
        mine |= {call.id: call for call in world.hospital.telephone.calls() if call.about == "asked"}
        world.step(world.now + MINUTE)
    entries = [e for e in told(world, "call.ringing") if e.data["about"] == "asked"]
    assert [entry.data["attempt"] for entry in entries] == [1, 2, 3]
    assert [call.role for call in mine.values()] == ["nurse", "nurse", "provider"]
    assert {call.state for call in mine.values()} == {"missed"}
    assert [call.says.startswith(plan.last_time) for call in mine.values()] == [False, False, True]
    gaps = [(b.at - a.at) / MINUTE - plan.rings_minutes for a, b in pairwise(entries)]
    assert all(plan.again_minutes[0] <= gap <= plan.again_minutes[1] for gap in gaps)


def test_a_call_that_is_answered_is_heard_and_not_repeated() -> None:
    world = world_of()
    act(world, "call", ward="ED", text="{ward}, {name}. Where is our blood?", choices=["in_lab"])
    (call,) = [one for one in world.hospital.telephone.calls() if one.state == "ringing"]
    heard = act(world, "answer", call=call.id)
    assert heard.said[0].text == f"Emergency department, {call.who}. Where is our blood?"
    reply = act(world, "reply", call=call.id, choice="in_lab")
    assert [said.text for said in reply.said[1:]] == [
        "It is in the laboratory, and not finished.",
        "All right. We are waiting for it.",
    ]
    act(world, "hang_up", call=call.id)
    world.step(world.now + 30 * MINUTE)
    assert [e.data["attempt"] for e in told(world, "call.ringing") if e.data["about"] == "asked"] == [1]


def test_a_specimen_that_never_came_is_ordered_and_drawn_anew() -> None:
    world = world_of()
    call = ringing(world, "overdue")
    (first,) = [e for e in told(world, "order.placed") if e.subject == call.subject]
    before = len(told(world, "order.placed"))
    act(world, "answer", call=call.id)
    act(world, "reply", call=call.id, choice="not_here")
    again = told(world, "order.placed")[before]
    wanted = ("patient", "orders", "priority")
    assert [again.data[key] for key in wanted] == [first.data[key] for key in wanted]


def test_what_cannot_be_added_is_ordered_on_its_own() -> None:
    world = world_of()
    call = ringing(world, "add_on")
    (first,) = [e for e in told(world, "order.placed") if e.subject == call.subject]
    before = len(told(world, "order.placed"))
    act(world, "answer", call=call.id)
    act(world, "reply", call=call.id, choice="cannot_add")
    added = told(world, "order.placed")[before]
    assert (added.data["patient"], added.data["orders"]) == (first.data["patient"], [call.added])
    assert call.added not in first.data["orders"]
    assert core().place.orderables[call.added].name in call.says


def test_a_strange_value_makes_somebody_ring_now_and_then() -> None:
    world = world_of(seed=3)
    world.step(START + timedelta(hours=12))
    for entry in told(world, "order.placed"):
        for index in range(1, 10):
            world.receive("HIS", report(f"{entry.subject}-{index}", "HH"))
    call = ringing(world, "unclear")
    reports = 9 * len(told(world, "order.placed"))
    world.step(world.now + 15 * MINUTE)
    unclear = [
        e for e in told(world, "call.ringing") if e.data["about"] == "unclear" and e.data["attempt"] == 1
    ]
    assert "K 7.1 mmol/L" in call.says
    assert 0 < len(unclear) / reports < 0.15


def test_a_world_lived_again_has_had_the_same_calls() -> None:
    world = world_of(content=full())
    world.step(START + timedelta(hours=6))
    call = reached(world, "nurse")
    act(world, "say", call=call.id, text="potassium 6.2")
    again = World.restore(full(), 5, START, FakeLis().links(), past=world.inputs, until=world.now)
    assert again.ledger.digest == world.ledger.digest
    assert again.hospital.telephone.calls() == world.hospital.telephone.calls()
