"""Devices in time, without messages: warm-up, controls, racks, measuring; and a new kind added by one file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from statistics import mean, stdev
from types import ModuleType
from typing import Any

import pytest

from simulators.analyzers.base import Analyzer, device
from simulators.analyzers.events import (
    Asked,
    Cancelled,
    ControlFinished,
    Finished,
    Loaded,
    Logged,
    NothingFor,
    Orders,
    RunControls,
    Sip,
    Work,
)
from simulators.analyzers.measuring import Measured, Meter, reported
from simulators.content_types import Analyte
from simulators.dice import Dice
from tests.world.fake_lis import START, core

MINUTE = timedelta(minutes=1)
BARCODE = "263310001015"


def analyzer(code: str, seed: int = 1, **traits: object) -> Analyzer:
    """One device of the core pack, switched on at START; traits changed where the test needs it."""
    plan = core().place.devices[code]
    plan = replace(plan, traits={**plan.traits, **traits})
    meter = Meter(plan, core().analytes, core().value_sets, core().place, Dice(seed))
    return device(plan, meter, START)


def sip(barcode: str = BARCODE, **changes: Any) -> Sip:
    """A spun gold-top tube with a few things in it."""
    values: dict[str, Any] = {
        "tube": "C1",
        "barcode": barcode,
        "specimen_type": "SER",
        "needs_spin": True,
        "is_separated": True,
        "spin_minutes": 10.0,
        "fill_share": 1.0,
        "volume_ml": 4.0,
        "drawn_at": START,
        "contents": {"NA": 140.0, "K": 4.0, "GLU": 90.0, "HIDX": 5.0, "IIDX": 1.0, "LIDX": 12.0},
        "indices": {"H": 5.0, "I": 1.0, "L": 12.0},
    }
    return Sip(**(values | changes))


def orders(*tests: str, barcode: str = BARCODE, priority: str = "R") -> Orders:
    """Work for one container."""
    return Orders(tuple(Work(barcode, test, test, f"P-{test}", priority) for test in tests))


def run(machine: Analyzer, *inputs: Any, minutes: int = 60) -> list[Any]:
    """Give the inputs at START and let an hour pass, waking whenever the device asks."""
    outputs, wake = machine.update(START, inputs)
    while wake is not None and wake <= START + minutes * MINUTE:
        more, wake = machine.update(wake)
        outputs += more
    return outputs


def finished(outputs: list[Any]) -> list[Finished]:
    """Measured tubes only."""
    return [item for item in outputs if isinstance(item, Finished)]


def test_nothing_is_measured_before_the_device_is_warm() -> None:
    machine = analyzer("CHEM-1")
    (done,) = finished(run(machine, orders("NA"), Loaded((sip(),))))
    assert done.sampled_at == START + 15 * MINUTE
    assert done.at == done.sampled_at + 11 * MINUTE
    assert [item.test for item in done.measured] == ["NA", "HIDX", "IIDX", "LIDX"]


def test_an_unspun_tube_is_spun_on_the_line_and_takes_longer() -> None:
    machine = analyzer("CHEM-1", centrifuges=True)
    (done,) = finished(run(machine, orders("NA"), Loaded((sip(is_separated=False),))))
    assert done.at - done.sampled_at == 21 * MINUTE


def test_whole_blood_has_no_indices_to_report() -> None:
    blood = sip(needs_spin=False, is_separated=False, specimen_type="WB")
    (done,) = finished(run(analyzer("CHEM-1"), orders("A1C"), Loaded((blood,))))
    assert [item.test for item in done.measured] == ["A1C"]


def test_controls_run_after_warm_up_and_on_demand() -> None:
    machine = analyzer("CHEM-1")
    controls = [item for item in run(machine) if isinstance(item, ControlFinished)]
    levels = {(item.material, item.lot, item.level) for item in controls}
    planned = {(item.material, item.lot, item.level) for item in machine.plan.controls}
    assert levels == planned
    assert len(controls) == len(planned)
    again, _ = machine.update(START + 61 * MINUTE, (RunControls(),))
    assert len([item for item in again if isinstance(item, ControlFinished)]) == len(planned)


def test_throughput_sets_the_pace_and_stat_goes_first() -> None:
    tubes = [sip(str(number), tube=f"C{number}") for number in range(4)]
    work = [orders("NA", barcode=str(number), priority="S" if number == 2 else "R") for number in range(4)]
    done = finished(run(analyzer("CHEM-1"), *work, Loaded(tuple(tubes))))
    assert [item.sip.barcode for item in done] == ["2", "0", "1", "3"]
    gaps = {later.sampled_at - first.sampled_at for first, later in pairwise(done)}
    assert gaps == {MINUTE}


@pytest.mark.parametrize(
    ("code", "tube", "traits", "line"),
    [
        ("CHEM-1", {"barcode": ""}, {}, "no_barcode"),
        ("CHEM-1", {"barcode": "other"}, {}, "no_order"),
        ("CHEM-1", {"volume_ml": 0.1}, {}, "short_sample"),
        ("CHEM-1", {"is_separated": False}, {"centrifuges": False}, "clot"),
        ("HEME-1", {"is_separated": True}, {}, "not_mixed"),
        ("COAG-1", {"fill_share": 0.7}, {"checks_fill": True}, "short_fill"),
    ],
)
def test_what_cannot_be_measured_is_logged(
    code: str, tube: dict[str, Any], traits: dict[str, Any], line: str
) -> None:
    outputs = run(analyzer(code, **traits), orders("NA"), Loaded((sip(**tube),)))
    assert [item.code for item in outputs if isinstance(item, Logged)] == [line]
    assert finished(outputs) == []


def test_cancelled_work_is_not_done() -> None:
    cancel = Cancelled(BARCODE, frozenset({"NA"}))
    (done,) = finished(run(analyzer("CHEM-1"), orders("NA", "K"), cancel, Loaded((sip(),))))
    assert [work.test for work in done.work] == ["K"]
    outputs = run(analyzer("CHEM-1"), orders("NA"), Cancelled(BARCODE), Loaded((sip(),)))
    assert [item.code for item in outputs if isinstance(item, Logged)] == ["no_order"]


def test_a_device_that_queries_waits_for_work() -> None:
    machine = analyzer("CHEM-1", host_query=True)
    asked = [item for item in run(machine, Loaded((sip(),)), minutes=16) if isinstance(item, Asked)]
    assert asked == [Asked(BARCODE, "0001", 1)]
    outputs, wake = machine.update(START + 16 * MINUTE, (orders("NA"),))
    while not finished(outputs):
        assert wake is not None
        outputs, wake = machine.update(wake)
    assert finished(outputs)[0].sip.barcode == BARCODE


@pytest.mark.parametrize(("negative", "until"), [(True, 16), (False, 21)])
def test_a_query_without_work_gives_the_tube_back(negative: bool, until: int) -> None:
    machine = analyzer("CHEM-1", host_query=True)
    run(machine, Loaded((sip(),)), minutes=16)
    machine.update(START + until * MINUTE, (NothingFor(BARCODE),) if negative else ())
    assert [line.code for line in machine.log] == ["no_order"]


@pytest.mark.parametrize(
    ("code", "chosen", "run"), [("CHEM-1", ("K",), {"K"}), ("HEME-1", ("WBC",), None), ("CHEM-1", (), None)]
)
def test_controls_of_single_tests_are_run_where_a_control_is_not_measured_whole(
    code: str, chosen: tuple[str, ...], run: set[str] | None
) -> None:
    machine = analyzer(code)
    at = machine.ready_at + MINUTE
    machine.update(at)
    outputs, _ = machine.update(at, (RunControls(chosen),))
    done = [item for item in outputs if isinstance(item, ControlFinished)]
    every = {control.test for control in machine.plan.controls}
    assert {measured.test for item in done for measured in item.measured} == (run or every)


def test_what_asks_for_its_work_is_said_by_the_content() -> None:
    asking = {code: plan.traits["host_query"] for code, plan in core().place.devices.items()}
    assert asking == {"CHEM-1": True, "HEME-1": True, "COAG-1": False, "UA-1": False, "BG-1": False}


def measure(
    code: str, contents: Mapping[str, Any], tests: tuple[str, ...], seed: int = 1, tube: str = "C1"
) -> Any:
    """What a device says about a tube, by test."""
    machine = analyzer(code, seed)
    return {item.test: item for item in machine.meter.specimen(tube, 1, contents, {}, tests)}


def test_counts_hang_together_as_the_device_computes_them() -> None:
    blood = {"RBC": 4.8, "MCV": 90.0, "HGB": 14.4, "HCT": 43.2, "MCH": 30.0, "MCHC": 33.3, "WBC": 7.0}
    blood |= {"NEUTP": 60.0, "LYMPHP": 30.0, "MONOP": 6.0, "EOSP": 3.0, "BASOP": 1.0, "NEUTA": 4.2}
    seen = {
        test: item.raw
        for test, item in measure("HEME-1", blood, ("HCT", "MCHC", "NEUTA", "NEUTP", "LYMPHP")).items()
    }
    alone = measure("HEME-1", blood, ("RBC", "MCV", "HGB", "WBC", "NEUTP"))
    raw = {test: item.raw for test, item in alone.items()}
    assert seen["HCT"] == pytest.approx(raw["RBC"] * raw["MCV"] / 10)
    assert seen["MCHC"] == pytest.approx(raw["HGB"] * 100 / seen["HCT"])
    assert seen["NEUTA"] == pytest.approx(raw["WBC"] * raw["NEUTP"] / 100)


def test_a_differential_adds_up() -> None:
    parts = {"NEUTP": 60.0, "LYMPHP": 30.0, "MONOP": 6.0, "EOSP": 3.0, "BASOP": 1.0}
    seen = measure("HEME-1", parts, tuple(parts))
    assert sum(item.raw for item in seen.values()) == pytest.approx(100)


def test_one_more_test_shifts_no_other() -> None:
    contents = sip().contents
    few = measure("CHEM-1", contents, ("NA", "K"))
    more = measure("CHEM-1", contents, ("GLU", "NA", "K"))
    assert {test: more[test] for test in few} == few


def test_scatter_is_the_tests_own_and_bias_stays() -> None:
    contents = {"NA": 140.0}
    meter = analyzer("CHEM-1").meter
    raws = [float(meter.specimen(f"C{n}", 1, contents, {}, ("NA",))[0].raw) for n in range(300)]  # type: ignore[arg-type]
    cv = core().analytes["NA"].cv_analytical
    assert cv is not None
    assert stdev(raws) / mean(raws) * 100 == pytest.approx(cv, rel=0.15)
    assert abs(mean(raws) / 140 - 1) < 0.01


def test_controls_scatter_inside_their_limits() -> None:
    machine = analyzer("CHEM-1")
    (low,) = [c for c in machine.plan.controls if c.test == "NA" and c.level == 1]
    values = [float(machine.meter.control((low,), number)[0].text) for number in range(300)]
    z_scores = [(value - low.mean) / low.sd for value in values]
    assert max(map(abs, z_scores)) < 3.5
    assert 0.5 < stdev(z_scores) < 1.0


def test_pads_of_a_control_are_read_as_its_maker_expects() -> None:
    machine = analyzer("UA-1")
    coded = [control for control in machine.plan.controls if control.expected]
    assert len(coded) == 16
    assert {control.level for control in coded} == {1, 2}
    for control, read in zip(coded, machine.meter.control(coded, 1), strict=True):
        assert read.text in control.expected


def test_drift_moves_patients_and_controls_alike() -> None:
    still, moving = analyzer("CHEM-1"), analyzer("CHEM-1")
    moving.meter.drift["NA"] = 0.05
    (control,) = [c for c in still.plan.controls if c.test == "NA" and c.level == 1]
    for read in (
        lambda machine: machine.meter.specimen("C1", 1, {"NA": 140.0}, {}, ("NA",))[0].raw / 140,
        lambda machine: machine.meter.control((control,), 1)[0].raw / control.mean,
    ):
        assert read(moving) - read(still) == pytest.approx(0.05)


ANALYTE = Analyte("X", "X", "CHEM", "mg/dL", "NM", "", 1, 0.5, "normal", 1.0, 2.0, 10.0)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (5.24, ("5.0", "")),
        (5.25, ("5.5", "")),
        (1.99, ("2.0", "<")),
        (2.0, ("2.0", "")),
        (10.0, ("10.0", "")),
        (10.01, ("10.0", ">")),
    ],
)
def test_rounding_and_range(raw: float, expected: tuple[str, str]) -> None:
    assert reported(raw, ANALYTE) == expected


def test_a_pad_is_read_at_most_one_step_beside() -> None:
    codes = [code.code for code in core().value_sets[core().analytes["UGLU"].value_set]]
    seen = {
        measure("UA-1", {"UGLU": codes[2]}, ("UGLU",), tube=f"C{number}")["UGLU"].text
        for number in range(400)
    }
    assert seen == set(codes[1:4])


def test_what_is_not_in_the_tube_is_not_measured() -> None:
    assert measure("CHEM-1", {}, ("NA",))["NA"] == Measured("NA", None, None, "")


def test_a_new_kind_of_analyzer_is_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    class Osmometer(Analyzer):
        kind = "osmometer"

    module = ModuleType("simulators.analyzers.osmometer")
    module.DEVICE = Osmometer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    plan = replace(core().place.devices["CHEM-1"], code="OSM-1", kind="osmometer", reports_indices=False)
    machine = device(plan, Meter(plan, core().analytes, core().value_sets, core().place, Dice(1)), START)
    (done,) = finished(run(machine, orders("NA"), Loaded((sip(),))))
    assert [item.test for item in done.measured] == ["NA"]
