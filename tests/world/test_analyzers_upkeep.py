"""What keeps a device going: reagents that run out, calibrations that fall due, maintenance, and the log about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import stdev
from typing import Any

import pytest

from simulators.analyzers.base import Analyzer, device
from simulators.analyzers.events import (
    Acknowledge,
    Attend,
    Calibrate,
    ControlFinished,
    DeviceRefusal,
    Finished,
    Happened,
    Input,
    Loaded,
    LoadReagent,
    Logged,
    Maintain,
    Switch,
)
from simulators.analyzers.measuring import Meter
from simulators.dice import Dice
from simulators.place_devices import CalibrationPlan, Kit, MaintenanceTask, Upkeep
from tests.world.fake_lis import START, core
from tests.world.test_analyzers import MINUTE, analyzer, orders, sip

HOUR = timedelta(hours=1)
ZONE = core().place.zone
ISE = Kit("ISE", "Electrodes", ("NA", "K"), pack=3, slots=1, warn_below=1, lot_packs=1, lot_sd=1.0)
FLAGS = {"empty": "NOREAG", "expired": "REAGEXP", "overdue": "CALDUE", "refused": "CALEXP"}


def machine(kit: Kit = ISE, calibration: CalibrationPlan | None = None, *tasks: MaintenanceTask) -> Analyzer:
    """A chemistry device that needs this kit for sodium and potassium, and nothing for anything else."""
    calibrator = Kit("CAL", "Calibrator", pack=9, slots=1, warn_below=1)
    upkeep = Upkeep(ZONE, (kit,), (calibrator,), calibration or CalibrationPlan(), tuple(tasks), flags=FLAGS)
    plan = replace(core().place.devices["CHEM-1"], upkeep=upkeep, controls=(), reports_indices=False)
    made = device(plan, Meter(plan, core().analytes, core().value_sets, core().place, Dice(1)), START)
    live(made, START + HOUR)
    return made


def live(one: Analyzer, until: datetime) -> list[Any]:
    """Let time pass for a device that nobody gives anything."""
    return give(one, START, until)


def give(one: Analyzer, at: datetime, until: datetime, *inputs: Input) -> list[Any]:
    """Give it something and let time pass."""
    outputs, wake = one.update(at, inputs)
    while wake is not None and wake <= until:
        more, wake = one.update(wake)
        outputs += more
    return outputs


def measure(one: Analyzer, at: datetime, *tests: str, tube: str = "C1") -> Finished:
    """Run these tests on a tube, for which an hour is enough."""
    done = give(one, at, at + HOUR, orders(*tests, barcode=tube), Loaded((sip(tube, tube=tube),)))
    (finished,) = [item for item in done if isinstance(item, Finished)]
    return finished


def said(one: Analyzer) -> list[tuple[str, str]]:
    """The log as (level, code)."""
    return [(line.level, line.code) for line in one.log]


def only_pack(one: Analyzer, code: str = "ISE") -> Any:
    """The pack of a kit that has one place."""
    (pack,) = one.upkeep.supplies[code].packs
    return pack


def test_a_kit_counts_down_once_for_all_of_its_tests_and_is_not_run_when_it_is_used_up() -> None:
    one = machine()
    only_pack(one).left = 2
    measured = [measure(one, START + (2 + n) * HOUR, "NA", "K", "GLU", tube=f"C{n}") for n in range(3)]
    assert [[bool(item.text) for item in done.measured] for done in measured] == [
        [True, True, True],
        [True, True, True],
        [False, False, True],
    ]
    assert [item.flags for item in measured[2].measured] == [("NOREAG",), ("NOREAG",), ()]
    assert said(one) == [("warning", "reagent_low"), ("error", "reagent_empty")]


def test_a_new_pack_makes_it_run_again_and_its_lot_moves_the_values() -> None:
    one = machine()
    first = only_pack(one).lot
    before = one.upkeep.shift("NA", START)
    only_pack(one).left = 1
    measure(one, START + 2 * HOUR, "NA")
    outputs = give(one, START + 4 * HOUR, START + 4 * HOUR, LoadReagent("ISE"))
    (loaded,) = [item for item in outputs if isinstance(item, Happened)]
    assert loaded.what == "reagent_loaded"
    assert loaded.data["lot"] == only_pack(one).lot != first
    assert before == 0
    assert one.upkeep.shift("NA", START + 5 * HOUR) != 0
    done = measure(one, START + 5 * HOUR, "NA", tube="C2")
    assert [(item.lot, bool(item.text)) for item in done.measured] == [(loaded.data["lot"], True)]


def test_lots_differ_by_as_much_as_the_content_says() -> None:
    shifts = []
    for seed in range(60):
        plan = core().place.devices["CHEM-1"]
        plan = replace(plan, upkeep=Upkeep(ZONE, (ISE,), flags=FLAGS))
        meter = Meter(plan, core().analytes, core().value_sets, core().place, Dice(seed))
        one = device(plan, meter, START)
        one.upkeep.supplies["ISE"].packs.clear()
        one.update(START, (LoadReagent("ISE"),))
        shifts.append(one.upkeep.shift("NA", START) / meter.unit_of("NA"))
    assert stdev(shifts) == pytest.approx(2**0.5, rel=0.3)  # one lot against another


def test_a_full_device_a_strange_lot_and_a_strange_kit_are_refused() -> None:
    one = machine()
    for kit, lot, reason in (
        ("ISE", "", "reagent.full"),
        ("ISE", "0", "reagent.full"),
        ("X", "", "reagent.unknown"),
    ):
        with pytest.raises(DeviceRefusal) as refused:
            one.update(START + 2 * HOUR, (LoadReagent(kit, lot),))
        assert refused.value.reason == reason
    one.upkeep.supplies["ISE"].packs.clear()
    with pytest.raises(DeviceRefusal) as refused:
        one.update(START + 2 * HOUR, (LoadReagent("ISE", "0"),))
    assert refused.value.reason == "reagent.no_lot"


def test_a_pack_that_was_open_too_long_is_flagged_and_thrown_away_by_the_next() -> None:
    one = machine(replace(ISE, open_days=1.0))
    live(one, START + 26 * HOUR)
    assert said(one) == [("warning", "reagent_expired")]
    done = measure(one, START + 26 * HOUR, "NA")
    assert [(bool(item.text), item.flags) for item in done.measured] == [(True, ("REAGEXP",))]
    one.update(START + 28 * HOUR, (LoadReagent("ISE"),))
    assert [item.flags for item in measure(one, START + 28 * HOUR, "NA", tube="C2").measured] == [()]


CALIBRATED = replace(ISE, pack=90, calibrator="CAL", calibration_hours=4.0, calibration_uses=2)
PLAN = CalibrationPlan(minutes=10, drift_sd=1.0, flag_after_hours=2, refuse_after_hours=4)


def test_a_calibration_falls_due_is_flagged_and_in_the_end_refused() -> None:
    one = machine(CALIBRATED, PLAN)
    seen = [measure(one, START + hours * HOUR, "NA", tube=f"C{hours}").measured[0] for hours in (2, 5, 7, 9)]
    assert [(bool(item.text), item.flags) for item in seen] == [
        (True, ()),
        (True, ()),
        (True, ("CALDUE",)),
        (False, ("CALEXP",)),
    ]
    assert said(one) == [
        ("warning", "calibration_due"),
        ("warning", "calibration_overdue"),
        ("error", "calibration_expired"),
    ]


def test_values_wander_between_calibrations_and_come_back() -> None:
    one = machine(CALIBRATED, PLAN)
    unit = one.meter.unit_of("NA")
    day, week = one.upkeep.shift("NA", START + 24 * HOUR), one.upkeep.shift("NA", START + 168 * HOUR)
    assert week == pytest.approx(7 * day)
    assert 0 < abs(day) < 4 * unit
    give(one, START + 168 * HOUR, START + 169 * HOUR, Calibrate(("ISE",)))
    assert one.upkeep.shift("NA", START + 168 * HOUR + 10 * MINUTE) == 0


def test_calibrating_takes_time_calibrator_and_reagent() -> None:
    one = machine(CALIBRATED, PLAN)
    left, vial = only_pack(one).left, only_pack(one, "CAL").left
    at = START + 5 * HOUR
    outputs = give(one, at, at + HOUR, Calibrate(("ISE",)), orders("NA"), Loaded((sip(),)))
    assert one.upkeep.calibrations.of["ISE"].due_at == at + 10 * MINUTE + 4 * HOUR
    (done,) = [item for item in outputs if isinstance(item, Finished)]
    assert done.sampled_at == at + 10 * MINUTE
    assert only_pack(one).left == left - 2 - 1
    assert only_pack(one, "CAL").left == vial - 1
    (happened,) = [item for item in outputs if isinstance(item, Happened)]
    assert (happened.what, happened.data["problem"]) == ("calibrated", "")


def test_a_calibration_without_calibrator_fails_and_the_earlier_one_stays() -> None:
    one = machine(CALIBRATED, PLAN)
    one.upkeep.supplies["CAL"].packs.clear()
    before = one.upkeep.calibrations.of["ISE"]
    give(one, START + 2 * HOUR, START + 3 * HOUR, Calibrate(("ISE",)))
    assert one.upkeep.calibrations.of["ISE"] == before
    assert said(one)[-1] == ("error", "calibration_failed")


def test_one_try_in_so_many_fails_and_may_be_tried_again() -> None:
    one = machine(CALIBRATED, replace(PLAN, fail_share=1.0))
    give(one, START + 2 * HOUR, START + 3 * HOUR, Calibrate(("ISE",)))
    assert one.upkeep.calibrations.tries["ISE"] == 1
    assert said(one)[-1] == ("error", "calibration_failed")


def test_a_device_that_calibrates_itself_never_falls_due() -> None:
    one = machine(CALIBRATED, replace(PLAN, is_automatic=True))
    live(one, START + 13 * HOUR)
    assert one.upkeep.calibrations.of["ISE"].due_at == START + 16 * HOUR
    assert said(one) == []


DAILY = MaintenanceTask("daily", "Wash", (START + 2 * HOUR).astimezone(ZONE).time(), 7, grace_hours=3)


def test_maintenance_falls_due_is_overdue_and_is_done_for_that_day() -> None:
    one = machine(ISE, None, DAILY)
    states = [one.upkeep.chores.state("daily", START + hours * HOUR) for hours in (1, 2, 6)]
    assert states == ["done", "due", "overdue"]
    live(one, START + 6 * HOUR)
    assert said(one) == [("info", "maintenance_due"), ("warning", "maintenance_overdue")]
    give(one, START + 6 * HOUR, START + 7 * HOUR, Maintain("daily"))
    assert one.upkeep.chores.due_at("daily") == START + 26 * HOUR
    assert one.upkeep.chores.done_at["daily"] == START + 6 * HOUR + 7 * MINUTE


def test_it_waits_for_what_runs_and_nothing_is_sampled_meanwhile() -> None:
    one = machine(ISE, None, DAILY)
    at = START + 2 * HOUR
    give(one, at, at + MINUTE, orders("NA"), Loaded((sip(),)))
    outputs = give(one, at + MINUTE, at + MINUTE, Maintain("daily"))
    assert [item for item in outputs if isinstance(item, Logged)] == []  # it has not begun
    done = give(one, at + 2 * MINUTE, at + HOUR, orders("K", barcode="C2"), Loaded((sip("C2", tube="C2"),)))
    first, second = [item for item in done if isinstance(item, Finished)]
    assert first.at == at + 11 * MINUTE
    assert second.sampled_at == at + 18 * MINUTE
    with pytest.raises(DeviceRefusal) as refused:
        one.update(at + HOUR, (Maintain("daily"), Maintain("daily")))
    assert refused.value.reason == "maintenance.running"


def test_controls_wait_until_the_maintenance_is_done() -> None:
    one = analyzer("CHEM-1")
    at = START + 2 * HOUR
    give(one, START, at)
    one.schedule_controls(at + MINUTE)
    outputs = give(one, at, at + HOUR, Maintain("daily"))
    assert {item.at for item in outputs if isinstance(item, ControlFinished)} == {at + 6 * MINUTE}


def test_whoever_goes_round_leaves_nothing_due_and_nothing_unread() -> None:
    one = machine(replace(CALIBRATED, calibration_hours=24.0, warn_below=60), PLAN, DAILY)
    only_pack(one).left = 60
    at = START + 20 * HOUR
    live(one, at)
    give(one, at, at + HOUR, Attend())
    status = one.status(at + HOUR)
    assert status.wants == ()
    assert status.unread == frozenset()
    assert status.state == "ready"


def test_an_attended_device_never_runs_out() -> None:
    one = machine()
    one.upkeep.is_attended = True
    done = [measure(one, START + (2 + n) * HOUR, "NA", tube=f"C{n}") for n in range(10)]
    assert all(item.text for each in done for item in each.measured)
    assert {code for _, code in said(one)} == {"reagent_low", "reagent_loaded"}


def test_lines_of_the_log_are_read_once() -> None:
    one = machine()
    only_pack(one).left = 1
    measure(one, START + 2 * HOUR, "NA")
    assert one.status(START + 4 * HOUR).state == "error"
    one.update(START + 4 * HOUR, (Acknowledge(1),))
    assert one.status(START + 4 * HOUR).state == "ready"
    with pytest.raises(DeviceRefusal):
        one.update(START + 4 * HOUR, (Acknowledge(1),))


def test_switched_off_it_does_nothing_and_warms_up_again() -> None:
    one = machine()
    at = START + 2 * HOUR
    give(one, at, at, Switch(is_on=False))
    assert one.status(at).state == "off"
    give(one, at + MINUTE, at + HOUR, orders("NA"), Loaded((sip(),)))
    assert one.status(at + HOUR).waiting == 1
    with pytest.raises(DeviceRefusal):
        one.update(at + HOUR, (Switch(is_on=False),))
    give(one, at + HOUR, at + HOUR, Switch(is_on=True))
    assert one.status(at + HOUR).state == "warming up"


def test_the_core_packs_devices_are_ready_for_a_day_without_anybody() -> None:
    for code in core().place.devices:
        one = analyzer(code)
        live(one, START + 22 * HOUR)
        stock: Sequence[Any] = one.status(START + 22 * HOUR).stock
        assert [item.code for item in stock if item.state not in ("", "low")] == [], code
        states = {line.state for line in one.status(START + 22 * HOUR).calibrations}
        assert states <= {"valid"}, code
