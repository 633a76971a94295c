"""What a crew does about values that were measured while their controls were out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lis.domain.qc import gate
from lis.kernel.clock import FixedClock
from lis.storage.house import House
from lis.training import crew_reading as reading
from lis.training.crew_controls import BETWEEN_RUNS, Controls
from simulators.world import World
from tests.labs import START, actor, open_small_lab
from tests.services.bench import CHEMISTRY, Bench, bench
from tests.world import fake_lis

LYTES = {"NA": "140", "K": "4.1", "CL": "103", "CO2": "25", "HIDX": "5", "IIDX": "1", "LIDX": "10"}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Bench]:
    house = House.open(data=tmp_path, url=None, wall=FixedClock(START))
    open_small_lab(house)
    yield bench(house)
    house.close()


def due(small: Bench) -> list[reading.Due]:
    with small.lab.reading() as here:
        return reading.look(here.connection).due


def runs(world: World) -> list[object]:
    """The analyzers whose controls were started by hand, and for which tests."""
    done = [item for item in world.inputs if item.kind == "action" and item.name == "run_controls"]
    return [(item.data["analyzer"], item.data["tests"]) for item in done if isinstance(item.data, dict)]


def test_controls_that_are_out_are_run_again_and_values_wait_until_they_are_in(small: Bench) -> None:
    small.run_controls(off_by_sd=4)
    [tube] = small.order("LYTES").container_ids
    small.receive(tube)
    small.measure(tube, LYTES)
    case = next(case for case in due(small) if case.test == "NA")
    assert (case.is_out_of_control, case.analyzer) == (True, CHEMISTRY)
    assert case.reason == reading.REASONS[gate.NAME]

    world = fake_lis.new_world(fake_lis.FakeLis())
    crew = Controls(small.lab, world, actor("technician"))
    once = (CHEMISTRY, ["NA"])
    assert crew.in_again([case]) == []
    crew.run_again([case])
    assert runs(world) == [once]
    world.step(world.now + BETWEEN_RUNS - timedelta(minutes=1))
    crew.run_again([case])
    assert runs(world) == [once]
    world.step(world.now + timedelta(minutes=1))
    crew.run_again([case])
    assert runs(world) == [once, once]

    small.clock.advance(timedelta(hours=25))
    small.run_controls()
    assert crew.in_again([case]) == [case]


def test_what_is_made_of_a_doubted_value_waits_with_it(small: Bench) -> None:
    small.run_controls(off_by_sd=4)
    [tube] = small.order("LYTES").container_ids
    small.receive(tube)
    small.measure(tube, LYTES)
    cases = {case.test: case for case in due(small)}
    doubted = [case for case in cases.values() if case.is_out_of_control]
    assert {case.test for case in doubted} == {"NA", "K", "CL", "CO2"}
    assert cases["AGAP"].against == ("calculation.input_on_hold",)
    assert (cases["AGAP"].hangs_on(doubted), cases["NA"].hangs_on(doubted)) == (True, False)
    assert not cases["AGAP"].hangs_on([replace(case, accession="another") for case in doubted])


def test_a_value_whose_controls_are_in_is_not_doubted(small: Bench) -> None:
    small.run_controls()
    [tube] = small.order("LYTES").container_ids
    small.receive(tube)
    small.measure(tube, LYTES | {"NA": "170"})
    case = next(case for case in due(small) if case.test == "NA")
    assert (case.on_hold, case.is_out_of_control) == (True, False)


def test_what_was_verified_before_a_control_failed_is_sent_once_all_of_its_accession_are_in(
    small: Bench,
) -> None:
    small.run_controls()
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    small.measure(placed.container_ids[0], LYTES)
    small.verify(placed.accession, "NA", "CL", "CO2", "AGAP")
    small.clock.advance(timedelta(minutes=1))
    small.run_controls(off_by_sd=4)
    with small.lab.reading() as here:
        refused = reading.look(here.connection).verified

    world = fake_lis.new_world(fake_lis.FakeLis())
    crew = Controls(small.lab, world, actor("technician"))
    assert (crew.to_send(refused), runs(world)) == ([], [(CHEMISTRY, ["CL", "CO2", "NA"])])
    small.clock.advance(timedelta(minutes=1))
    small.run_controls(run="R2")
    assert [case.test for case in crew.to_send(refused)] == ["NA", "CL", "CO2", "AGAP"]
    assert crew.to_send([]) == []
