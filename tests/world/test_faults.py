"""Injecting, triggering and withdrawing; the mechanisms themselves have tests of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from simulators.dice import Dice
from simulators.faults.base import Fault, Injection, Injections, Trigger, register
from simulators.faults.message import Parcels
from simulators.tubes import Tube
from simulators.world import Action
from tests.world.fake_lis import START, FakeLis, new_world


@register
class Unlabelled(Fault[Tube]):
    """A tube without its collection label: the kind of fault a test adds with one class."""

    name, stage = "test.unlabelled", "tube"

    def apply(self, thing: Tube, level: float, dice: Dice) -> tuple[Tube, Mapping[str, Any]]:
        """Take the label off."""
        return replace(thing, collection_label=None), {"label": "none"}


@register
class Twice(Fault[Parcels]):
    """Every message goes out twice."""

    name, stage = "test.twice", "message"

    def apply(self, thing: Parcels, level: float, dice: Dice) -> tuple[Parcels, Mapping[str, Any]]:
        """The same bytes again."""
        return thing * 2, {"copies": 2}


def inject(**trigger: Any) -> Action:
    """Put it into the world."""
    return Action(START, "inject", {"id": "f1", "fault": Unlabelled.name, "level": 1.0, "trigger": trigger})


def bare_tubes(*actions: Action) -> tuple[list[str], list[str]]:
    """Tubes that came without collection label, and those the ledger says were struck."""
    world = new_world(FakeLis())
    for action in actions:
        world.act(action)
    world.step(START + timedelta(hours=7))
    bare = [tube.id for tube in world.tubes() if tube.collection_label is None]
    return bare, [entry.subject for entry in world.sink.entries if entry.kind == "fault.struck"]  # type: ignore[attr-defined]


def test_a_fault_strikes_as_often_as_it_may_and_the_ledger_knows() -> None:
    bare, struck = bare_tubes(inject(times=2))
    assert len(bare) == 2
    assert sorted(struck) == sorted(bare)


def test_a_fault_strikes_only_what_matches() -> None:
    bare, struck = bare_tubes(inject(matching={"container": "LAV"}))
    assert set(bare) <= set(struck)
    assert struck


def test_a_withdrawn_fault_strikes_nothing() -> None:
    withdraw = Action(START, "withdraw", {"id": "f1"})
    assert bare_tubes(inject(), withdraw) == ([], [])


def test_a_message_fault_changes_what_leaves_one_peer() -> None:
    lis = FakeLis()
    world = new_world(lis)
    args = {"id": "f2", "fault": Twice.name, "level": 1.0, "trigger": {"matching": {"peer": "HIS"}}}
    world.act(Action(START, "inject", args))
    world.step(START + timedelta(hours=3))
    sent = {peer: [m for p, m in lis.received if p == peer] for peer in ("HIS", "CHEM-1")}
    assert len(sent["HIS"]) == 2 * len(set(sent["HIS"])) > 0
    assert len(sent["CHEM-1"]) == len(set(sent["CHEM-1"])) > 0


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        (Trigger(), True),
        (Trigger(since=START), True),
        (Trigger(since=START + timedelta(seconds=1)), False),
        (Trigger(until=START), False),
        (Trigger(until=START + timedelta(seconds=1)), True),
        (Trigger(chance=0.0), False),
        (Trigger(times=1), False),
        (Trigger(times=2), True),
        (Trigger(matching={"ward": "ED"}), True),
        (Trigger(matching={"ward": "ICU"}), False),
        (Trigger(matching={"bed": "1"}), False),
    ],
)
def test_when_a_trigger_meets(trigger: Trigger, expected: bool) -> None:
    assert trigger.meets(START, {"ward": "ED"}, used=1, dice=Dice(1)) is expected


def test_two_faults_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"test\.unlabelled"):
        register(type("Again", (Unlabelled,), {}))


def test_stages_do_not_meet_each_other() -> None:
    told: list[Any] = []
    injections = Injections(Dice(1), lambda *entry: told.append(entry))
    injections.inject(Injection("a", Unlabelled(), 1.0, Trigger()))
    assert injections.pass_through("message", (b"x",), "m1", START, {}) == (b"x",)
    assert [entry[0] for entry in told] == ["fault.injected"]
