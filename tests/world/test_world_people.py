"""The world with its own people on the core pack: what is in the tubes, and what a day costs."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from lis.wire.er7 import Message
from simulators.world import World
from tests.world.fake_lis import START, FakeLis, full, label, work_for

DAY = timedelta(days=1)


def test_every_ordered_test_an_analyzer_runs_is_in_its_tube() -> None:
    """What a panel asks for and some analyzer measures, the person's body must answer."""
    world = World(full(), 11, START)
    world.step(START + DAY)
    menu = {assay.test for plan in full().place.devices.values() for assay in plan.menu}
    missing = {
        (code, test)
        for entry in world.sink.entries  # type: ignore[attr-defined]
        if entry.kind == "order.placed"
        for code in entry.data["orders"]
        for test in full().place.orderables[code].tests
        if test in menu and test not in tube_of(world, entry.subject, code)
    }
    assert missing == set()


def tube_of(world: World, requisition: str, order: str) -> set[str]:
    """Names of what is in the tube of this order; everything when it has not been collected yet."""
    container = full().place.orderables[order].container
    tubes = [tube for tube in world.bench.tubes.values() if tube.requisition == requisition]
    return next((set(tube.contents) for tube in tubes if tube.kind.code == container), set(full().analytes))


def test_a_blood_count_from_bench_to_message() -> None:
    lis = FakeLis()
    world = World(full(), 11, START, lis.links())
    world.step(START + DAY / 4)
    tube = next(tube.id for tube in world.tray() if tube.container == "LAV")
    world.receive("HEME-1", work_for("263310001015", "CBCD", specimen="WB"))
    world.receive("PRINTER-1", label("263310001015"))
    world.affix(world.printed_labels()[0].id, tube)
    world.load("HEME-1", [tube])
    world.step(world.now + DAY / 24)
    (result,) = [m for m in lis.of("HEME-1", b"|OUL^R22") if b"263310001015" in m]
    rows = [s for s in Message.parse(result.decode()).segments if s.id == "OBX"]
    values = {row.value(3, 1): float(row.value(5)) for row in rows}
    assert {row.value(11) for row in rows} == {"F"}
    parts = ("NEUT%", "LYMPH%", "MONO%", "EO%", "BASO%")
    assert sum(values[part] for part in parts) == pytest.approx(100, abs=0.3)
    assert values["HCT"] == pytest.approx(values["RBC"] * values["MCV"] / 10, abs=0.4)


@pytest.mark.alone
def test_a_day_without_a_laboratory_costs_little() -> None:
    begun = time.process_time()
    world = World(full(), 7, START)
    world.step(START + DAY)
    assert time.process_time() - begun < 1.5
    assert len(world.bench.tubes) > 25
