"""What people do at the analyzers of a world: by name, refused without a trace, lived again from the inputs alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from lis.wire.er7 import Message
from simulators.inputs import Action
from simulators.tubes import Tube
from simulators.world import BenchRefusal, World
from tests.world.fake_lis import START, FakeLis, core, label, new_world, spun, work_for

HOUR = timedelta(hours=1)
CHEM = "CHEM-1"
BARCODE = "263310001015"


def act(world: World, verb: str, **args: Any) -> None:
    """Somebody does something at the chemistry line, now."""
    world.act(Action(world.now, verb, {"analyzer": CHEM, **args}, by="technician1"))


def told(world: World, kind: str) -> list[Mapping[str, Any]]:
    """What the ledger says of this kind."""
    return [entry.data for entry in world.sink.of_kind(kind)]  # type: ignore[attr-defined]


def measured_tube(world: World, lis: FakeLis) -> str:
    """A tube that was run for sodium and potassium and came off."""
    world.step(START + 2 * HOUR)
    tube = next(tube for tube in world.bench.tubes.values() if can_be_run(tube))
    world.receive(next(iter(core().place.printers)), label(BARCODE))
    world.affix(world.printed_labels()[-1].id, tube.id)
    world.receive(CHEM, work_for(BARCODE, "NA", "K"))
    world.load(CHEM, [spun(world, tube.id)])
    world.step(world.now + 3 * HOUR)
    assert world.bench.tubes[tube.id].spot == "done"
    return tube.id


def can_be_run(tube: Tube) -> bool:
    """Serum in the tray."""
    return tube.kind.specimen_type == "SER" and tube.spot == "tray"


def chemistry(world: World) -> Any:
    """The chemistry line's screen."""
    return next(status for status in world.analyzers_status() if status.code == CHEM)


def test_a_tube_is_run_again_diluted_and_answered_under_the_same_order() -> None:
    lis = FakeLis()
    world = new_world(lis)
    tube = measured_tube(world, lis)
    before = len(lis.of(CHEM, b"OUL^R22"))
    act(world, "rerun", tube_id=tube, tests=["K"], dilution=2)
    world.step(world.now + HOUR)
    again = Message.parse(lis.of(CHEM, b"OUL^R22")[before].decode())
    (obx,) = [segment for segment in again.segments if segment.id == "OBX"]
    obr = next(segment for segment in again.segments if segment.id == "OBR")
    assert (obx.value(3, 1), obr.value(2, 1)) == ("102", f"{BARCODE}-K")
    (tcd,) = again.all("TCD")
    assert (tcd.whole(2), tcd.value(8, 1)) == ("^1^:^2", "D")
    assert told(world, "analyzer.measured")[-1]["diluted"] == {"K": 2.0}
    assert world.bench.tubes[tube].spot == "done"


def test_work_for_which_nothing_is_on_board_is_answered_unable_until_there_is() -> None:
    world = new_world(FakeLis())
    world.step(START + 2 * HOUR)
    upkeep = world.stations[CHEM].analyzer.upkeep
    kit = next(kit.code for kit in upkeep.plan.kits if "GLU" in kit.tests)
    while upkeep.supplies[kit].packs:
        upkeep.supplies[kit].packs.pop()

    def answers() -> dict[str, str]:
        reply = Message.parse(world.receive(CHEM, work_for(BARCODE, "GLU", "K")).decode())
        return {orc.value(2, 1).rpartition("-")[2]: orc.value(1) for orc in reply.all("ORC")}

    assert answers() == {"GLU": "UA", "K": "OK"}
    act(world, "load_reagent", reagent=kit)
    assert answers() == {"GLU": "OK", "K": "OK"}


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"dilution": 0.5}, "rerun.dilution"),
        ({"tests": ["TSH"]}, "rerun.unknown"),
        ({"tube_id": "nowhere"}, "tube.away"),
        ({"analyzer": "COAG-1"}, "rerun.unknown"),
        ({"analyzer": "X"}, "analyzer.unknown"),
    ],
)
def test_what_cannot_be_run_again_is_refused(args: dict[str, Any], reason: str) -> None:
    world = new_world(FakeLis())
    tube = measured_tube(world, FakeLis())
    inputs, digest = list(world.inputs), world.ledger.digest
    with pytest.raises(BenchRefusal) as refused:
        act(world, "rerun", **{"tube_id": tube, **args})
    assert refused.value.reason == reason
    assert (world.inputs, world.ledger.digest) == (inputs, digest)


@pytest.mark.parametrize(
    ("verb", "args", "reason"),
    [
        ("load_reagent", {"reagent": "GLU"}, "reagent.full"),
        ("calibrate", {"reagents": []}, "calibration.empty"),
        ("calibrate", {"reagents": ["X"]}, "calibration.unknown"),
        ("maintain", {"task": "X"}, "maintenance.unknown"),
        ("acknowledge_error", {"number": 1}, "log.read"),
        ("switch", {"on": True}, "analyzer.switch"),
    ],
)
def test_what_cannot_be_done_at_a_device_is_refused(verb: str, args: dict[str, Any], reason: str) -> None:
    world = new_world()
    world.step(START + HOUR)
    inputs, digest = list(world.inputs), world.ledger.digest
    with pytest.raises(BenchRefusal) as refused:
        act(world, verb, **args)
    assert refused.value.reason == reason
    assert (world.inputs, world.ledger.digest) == (inputs, digest)


def test_what_is_done_is_in_the_ledger_with_who_did_it() -> None:
    world = new_world()
    world.step(START + HOUR)
    act(world, "calibrate", reagents=["GLU", "ISE"])
    act(world, "maintain", task="daily")
    world.step(START + 2 * HOUR)
    assert [done["act"] for done in told(world, "analyzer.attended")] == ["calibrate", "maintain"]
    assert {done["by"] for done in told(world, "analyzer.attended")} == {"technician1"}
    assert {done["kit"] for done in told(world, "analyzer.calibrated")} >= {"GLU", "ISE"}
    assert {done["task"] for done in told(world, "analyzer.maintained")} == {"daily"}
    first = told(world, "analyzer.calibrated")[0]
    assert first["assigned"].keys() == {"GLU", "CSFGLU", "PLFGLU"}


def test_by_habit_somebody_keeps_every_device_going_for_two_weeks() -> None:
    world = new_world()
    world.hospital.rate = 0.0
    world.act(Action(world.now, "attend", {"on": True}))
    world.step(START + timedelta(days=14, hours=2))
    for status in world.analyzers_status():
        assert [line for line in status.stock if line.state in ("empty", "expired")] == [], status.code
        assert {line.state for line in status.calibrations} <= {"valid"}, status.code
        assert {line.state for line in status.tasks} == {"done"}, status.code
    codes = {line["code"] for line in told(world, "analyzer.logged")}
    assert codes & {"reagent_empty", "reagent_expired", "calibration_overdue", "calibration_expired"} == set()


def test_without_anybody_results_are_flagged_on_the_second_morning() -> None:
    world = new_world()
    world.hospital.rate = 0.0
    world.step(START + timedelta(days=3))
    lines = {line["code"]: line["text"] for line in told(world, "analyzer.logged")}
    assert "calibration_overdue" in lines
    assert chemistry(world).wants != ()


def test_a_world_is_lived_again_with_all_that_was_done_at_its_devices() -> None:
    lis = FakeLis()
    world = new_world(lis)
    tube = measured_tube(world, lis)
    act(world, "maintain", task="daily")
    act(world, "calibrate", reagents=["ISE"])
    act(world, "rerun", tube_id=tube, tests=[], dilution=1)
    world.act(Action(world.now, "attend", {"on": True}))
    world.step(START + timedelta(hours=30))
    again = World.restore(core(), 7, START, past=world.inputs, until=world.now)
    assert again.ledger.digest == world.ledger.digest
    assert again.analyzers_status() == world.analyzers_status()
