"""Bags: what came together, the requisitions in the pocket, and how paper, bag and tube can disagree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from simulators.bags import LOOSE, BagView
from simulators.world import Action, BenchRefusal, World
from tests.world.fake_lis import START, new_world
from tests.world.test_faults_preanalytical import tube

HOUR = timedelta(hours=1)


def morning(fault: str = "", hours: int = 4, **parameters: Any) -> World:
    """Some hours with a fault in them."""
    world = new_world()
    if fault:
        world.act(Action(START, "inject", {"id": "f", "fault": fault, "parameters": parameters}))
    world.step(START + hours * HOUR)
    return world


def bags(world: World) -> list[BagView]:
    """Those that came with a paper."""
    return world.bench.bags_seen()


def test_a_bag_holds_the_tubes_of_one_requisition_and_its_paper() -> None:
    world = morning()
    assert len(bags(world)) > 3
    for bag in bags(world):
        (paper,) = bag.papers
        inside = [world.bench.tubes[name] for name in bag.tubes]
        assert {one.requisition for one in inside} == {paper.number} == {bag.id}
        assert {one.collection_label.mrn for one in inside if one.collection_label} == {paper.mrn}
        assert {one.arrived_at for one in inside} == {bag.arrived_at}
        assert bag.caps == tuple(one.kind.cap_colour for one in inside)


def test_opening_a_bag_takes_all_out_and_is_known_to_the_ledger() -> None:
    world = morning()
    bag = bags(world)[0]
    assert {one.bag for one in world.tray() if one.id in bag.tubes} == {bag.id}
    world.act(Action(world.now, "open_bag", {"bag_id": bag.id}, by="tech1"))
    assert {one.bag for one in world.tray() if one.id in bag.tubes} == {""}
    (opened,) = [entry for entry in world.sink.entries if entry.kind == "bag.opened"]  # type: ignore[attr-defined]
    assert (opened.subject, opened.data["tubes"], opened.data["by"]) == (bag.id, list(bag.tubes), "tech1")
    with pytest.raises(BenchRefusal) as refusal:
        world.act(Action(world.now, "open_bag", {"bag_id": bag.id}))
    assert refusal.value.reason == "bag.open"


def test_taking_a_tube_in_the_hand_opens_its_bag() -> None:
    world = morning()
    bag = bags(world)[0]
    world.look(bag.tubes[0])
    assert bags(world)[0].is_open


def test_several_requisitions_come_in_one_bag_when_their_packer_says_so() -> None:
    world = morning(hours=1)
    before = len(bags(world))
    for number in range(2):
        world.bench.arrive(tube("SST", number=100 + number, bag="BATCH-1", requisition=f"X{number}"))
    world.bench.arrive(tube("SST", number=200, bag=LOOSE))
    (batch,) = bags(world)[before:]
    assert (batch.id, batch.tubes) == ("BATCH-1", ("C100", "C101"))
    assert world.bench.tubes["C200"].bag == ""


def test_tubes_in_crossed_bags_lie_with_each_others_papers() -> None:
    world = morning("bags_crossed")
    struck = [entry for entry in world.sink.entries if entry.kind == "fault.struck"]  # type: ignore[attr-defined]
    assert struck
    for entry in struck:
        one = world.bench.tubes.get(entry.subject)
        if one is not None and one.paper is not None and one.collection_label is not None:
            assert one.collection_label.mrn == one.patient
            assert one.paper.mrn == entry.data["change"]["paper"][1]["mrn"]


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        ("requisition_one_digit", "mrn"),
        ("requisition_misspelt", "name"),
        ("requisition_birth_year", "born_on"),
        ("requisition_time", "collected_at"),
    ],
)
def test_a_requisition_can_be_wrong_in_one_place_and_the_label_right(fault: str, part: str) -> None:
    world = morning(fault)
    for one in world.bench.tubes.values():
        assert one.paper is not None and one.collection_label is not None
        differing = {
            name
            for name in ("mrn", "name", "born_on", "collected_at")
            if getattr(one.paper, name) != getattr(one.collection_label, name)
        }
        assert differing == {part}


def test_a_tube_can_come_without_paper_or_without_bag() -> None:
    assert {bag.papers for bag in bags(morning("no_requisition"))} == {()}
    world = morning("hand_carried")
    assert (bags(world), {one.bag for one in world.tray()}) == ([], {""})


def test_a_wet_bag_shows() -> None:
    assert {bag.is_wet for bag in bags(morning("leaking_tube"))} == {True}
    assert {bag.is_wet for bag in bags(morning())} == {False}
