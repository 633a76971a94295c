"""At the bench: tubes clot, are spun, poured off, kept and taken out again; nothing happens by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from simulators.tubes import Tube
from simulators.world import Action, BenchRefusal, World
from tests.world.fake_lis import START, FakeLis, core, label, new_world, work_for

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CONTAINER = "263310001015"


def a_world(kind: str = "SST", lis: FakeLis | None = None) -> tuple[World, str]:
    """A world with a tube of this kind in its tray, the latest that came."""
    world = new_world(lis)
    while not (found := [one.id for one in world.tray() if one.container == kind]):
        world.step(world.now + 5 * MINUTE)
    return world, found[-1]


def real(world: World, name: str) -> Tube:
    """The tube as it really is."""
    return world.bench.tubes[name]


def do(world: World, verb: str, **args: Any) -> Any:
    """Somebody does it now."""
    return world.act(Action(world.now, verb, args, by="tech1"))


def refused(world: World, verb: str, **args: Any) -> str:
    """Why it cannot be done; nothing is changed by trying."""
    before = (world.ledger.digest, len(world.inputs), world.tray(), world.bench.centrifuges())
    with pytest.raises(BenchRefusal) as refusal:
        do(world, verb, **args)
    assert (world.ledger.digest, len(world.inputs), world.tray(), world.bench.centrifuges()) == before
    return refusal.value.reason


def clotted(world: World, name: str) -> None:
    """Wait until it has."""
    world.step(max(world.now, real(world, name).drawn_at + 31 * MINUTE))


# the centrifuge


def test_a_spin_runs_in_its_time_and_the_tubes_stay_in_until_they_are_taken_out() -> None:
    world, name = a_world()
    clotted(world, name)
    began = world.now
    do(world, "spin", tube_ids=[name], program="P1")
    (first, _) = world.bench.centrifuges()
    assert (first.is_running, first.ends_at, first.tubes) == (True, began + 12 * MINUTE, (name,))
    assert refused(world, "unload", centrifuge="C1") == "centrifuge.running"
    assert refused(world, "look", tube_id=name) == "tube.away"
    world.step(began + 12 * MINUTE)
    (first, _) = world.bench.centrifuges()
    assert (first.is_running, first.tubes) == (False, (name,))
    assert name not in [one.id for one in world.tray()]
    do(world, "unload", centrifuge="C1")
    assert world.bench.centrifuges()[0].tubes == ()
    seen = world.look(name)
    assert (seen.is_separated, seen.signs) == (True, ())


def test_blood_that_is_spun_before_it_has_clotted_forms_threads() -> None:
    world, name = a_world()
    tube = real(world, name)
    tube.drawn_at = world.now - 5 * MINUTE
    do(world, "spin", tube_ids=[name])
    world.step(world.now + 12 * MINUTE)
    assert "fibrin" in world.look(name).signs
    do(world, "rim", tube_id=name)
    assert "fibrin" in world.look(name).signs  # it forms on: the clot time is not over
    clotted(world, name)
    do(world, "rim", tube_id=name)
    assert world.look(name).signs == ()


def test_too_short_a_spin_leaves_a_haze_and_a_second_one_takes_it() -> None:
    world, name = a_world()
    clotted(world, name)
    do(world, "spin", tube_ids=[name], program="P4")
    world.step(world.now + 8 * MINUTE)
    assert world.look(name).signs == ("haze",)
    do(world, "spin", tube_ids=[name], program="P1")
    world.step(world.now + 13 * MINUTE)
    assert world.look(name).signs == ()
    assert real(world, name).respun_at is None


def test_a_gel_tube_that_was_separated_is_worse_for_a_second_spin() -> None:
    world, name = a_world()
    clotted(world, name)
    for _ in range(2):
        do(world, "spin", tube_ids=[name], program="P1")
        world.step(world.now + 3 * HOUR)
    tube = real(world, name)
    drawn = world.bench._ageing.in_tube(tube, world.now, world.stage.dice)
    assert tube.respun_at is not None
    assert float(drawn["K"]) > float(tube.contents["K"])


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"program": "P9"}, "program.unknown"),
        ({"centrifuge": "C9"}, "centrifuge.none"),
        ({"balanced": False}, "centrifuge.unbalanced"),
    ],
)
def test_what_a_centrifuge_refuses(how: dict[str, object], reason: str) -> None:
    world, name = a_world()
    assert refused(world, "spin", tube_ids=[name], **how) == reason
    assert refused(world, "unload") == "centrifuge.empty"


def test_a_rotor_that_turns_or_is_full_takes_nothing() -> None:
    world, first = a_world()
    world.step(world.now + 2 * HOUR)
    second, third = [one.id for one in world.tray() if one.id != first][:2]
    do(world, "spin", tube_ids=[first], centrifuge="C1")
    assert refused(world, "spin", tube_ids=[second], centrifuge="C1") == "centrifuge.running"
    do(world, "spin", tube_ids=[second])
    assert real(world, second).station == "C2"
    assert refused(world, "spin", tube_ids=[third]) == "centrifuge.none"
    world.step(world.now + HOUR)
    assert refused(world, "spin", tube_ids=[third], centrifuge="C1") == "centrifuge.full"


# the analyzer


def loaded(spin: Callable[[World, str], None], minutes: int = 60) -> tuple[World, FakeLis]:
    """A labelled gold-top tube with work on CHEM-1, prepared somehow and loaded."""
    lis = FakeLis()
    world, name = a_world(lis=lis)
    world.receive("CHEM-1", work_for(CONTAINER, "101", "102"))
    world.receive("PRINTER-1", label(CONTAINER))
    world.affix(world.printed_labels()[0].id, name)
    spin(world, name)
    world.load("CHEM-1", [name])
    world.step(world.now + minutes * MINUTE)
    return world, lis


def spun_well(world: World, name: str) -> None:
    clotted(world, name)
    do(world, "spin", tube_ids=[name], program="P1")
    world.step(world.now + 12 * MINUTE)


def measured(world: World) -> list[Any]:
    return [entry.data for entry in world.sink.entries if entry.kind == "analyzer.measured"]  # type: ignore[attr-defined]


def test_a_tube_that_was_not_spun_is_given_back() -> None:
    world, _ = loaded(lambda world, name: None)
    assert measured(world) == []
    assert [line.code for line in world.stations["CHEM-1"].analyzer.log] == ["clot"]


def test_the_ledger_keeps_patient_tube_and_analyzer_apart() -> None:
    world, _ = loaded(spun_well)
    (done,) = measured(world)
    patient, collected, in_tube, raw, text = done["measured"]["K"]
    assert patient < collected <= in_tube  # haemolysis of the draw, then hours on the cells
    assert raw != in_tube
    assert text == f"{round(raw, 1)}"


def test_threads_block_the_probe_or_mislead_it() -> None:
    def too_early(world: World, name: str) -> None:
        real(world, name).drawn_at = world.now
        do(world, "spin", tube_ids=[name])
        world.step(world.now + 12 * MINUTE)

    world, _ = loaded(too_early)
    codes = [line.code for line in world.stations["CHEM-1"].analyzer.log]
    low = [done["measured"]["K"] for done in measured(world)]
    assert codes == ["clot"] or all(in_tube < collected for _, collected, in_tube, *_ in low)
    assert bool(codes) != bool(low)


# pouring off


def test_an_aliquot_is_bare_has_the_same_blood_and_its_volume_is_accounted_for() -> None:
    world, name = a_world()
    spun_well(world, name)
    tube = real(world, name)
    before, free = tube.volume_ml, tube.free_ml
    assert 0.5 * before < free < 0.6 * before
    child = real(world, do(world, "aliquot", tube_id=name, ml=0.5))
    assert (child.id, child.poured_from, child.volume_ml) == ("A000001", name, 0.5)
    assert (child.collection_label, child.lab_labels, child.patient) == (None, [], tube.patient)
    assert (round(tube.volume_ml, 3), round(tube.free_ml, 3)) == (
        round(before - 0.5, 3),
        round(free - 0.5, 3),
    )
    (poured,) = [entry.data for entry in world.sink.entries if entry.kind == "tube.poured"]  # type: ignore[attr-defined]
    assert (poured["from"], poured["ml"], poured["left_ml"]) == (name, 0.5, tube.volume_ml)
    now = world.now
    both = [world.bench._ageing.in_tube(each, now, world.stage.dice)["K"] for each in (tube, child)]
    assert both[0] == both[1]


def test_no_more_is_poured_than_stands_above_the_cells() -> None:
    world, name = a_world()
    spun_well(world, name)
    assert refused(world, "aliquot", tube_id=name, ml=4.0) == "aliquot.short"
    assert refused(world, "aliquot", tube_id=name, ml=0) == "aliquot.nothing"


def test_a_label_can_go_on_the_wrong_aliquot() -> None:
    world, name = a_world()
    spun_well(world, name)
    first, second = (do(world, "aliquot", tube_id=name, ml=0.3) for _ in range(2))
    world.receive("PRINTER-1", label(CONTAINER))
    world.affix(world.printed_labels()[0].id, second)
    assert (real(world, first).barcode, real(world, second).barcode) == ("", CONTAINER)


# keeping


def test_a_tube_in_the_refrigerator_gets_cold_is_out_of_reach_and_comes_back() -> None:
    world, name = a_world("LAV")
    do(world, "store", tube_id=name, place="FRIDGE", position="A3")
    assert refused(world, "look", tube_id=name) == "tube.away"
    world.step(world.now + HOUR)
    do(world, "retrieve", tube_id=name)
    assert world.look(name).is_cold
    assert refused(world, "retrieve", tube_id=name) == "tube.not_stored"
    assert refused(world, "store", tube_id=name, place="SHELF") == "place.unknown"
    world.step(world.now + HOUR)
    assert not world.look(name).is_cold
    assert [(stay.celsius) for stay in real(world, name).stays] == [21.0, 4.0, 21.0]


def test_blood_that_was_frozen_on_its_cells_has_burst() -> None:
    world, name = a_world()
    do(world, "store", tube_id=name, place="FREEZER")
    world.step(world.now + 2 * HOUR)
    do(world, "retrieve", tube_id=name)
    assert "Hard with ice inside" in world.look(name).remarks
    assert real(world, name).indices["H"] > 200


def test_a_shift_of_hands_can_be_lived_again() -> None:
    world, name = a_world()
    spun_well(world, name)
    child = do(world, "aliquot", tube_id=name, ml=0.4)
    do(world, "store", tube_id=child, place="FREEZER")
    do(world, "unload") if world.bench.centrifuges()[0].tubes else None
    world.step(world.now + HOUR)
    do(world, "retrieve", tube_id=child)
    again = World.restore(core(), 7, START, past=world.inputs, until=world.now)
    assert (again.ledger.digest, again.inputs) == (world.ledger.digest, world.inputs)
    assert again.tubes() == world.tubes()


def test_the_wrong_tube_on_an_analyzer_gives_the_numbers_of_its_additive() -> None:
    lis = FakeLis()
    world, name = a_world("LAV", lis)
    world.receive("CHEM-1", work_for(CONTAINER, "102"))
    world.receive("PRINTER-1", label(CONTAINER))
    world.affix(world.printed_labels()[0].id, name)
    world.load("CHEM-1", [name])
    world.step(world.now + HOUR)
    (done,) = measured(world)
    ((patient, collected, in_tube, *_),) = [done["measured"]["K"]]
    assert patient == collected < 6
    assert in_tube == pytest.approx(collected + 16, abs=2)
