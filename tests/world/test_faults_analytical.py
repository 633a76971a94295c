"""What happens at an analyzer: a control that was not handled as it must be."""

from __future__ import annotations

from datetime import timedelta

from simulators.analyzers.events import ControlFinished
from simulators.analyzers.measuring import Measured
from simulators.dice import Dice
from simulators.faults.analytical import ControlMishandled
from simulators.world import Action
from tests.world.fake_lis import START, FakeLis, new_world

VALUES = (
    Measured("PO2", 65.0, 65.2, "65.2"),
    Measured("PCO2", 65.0, 64.9, "64.9"),
    Measured("PHA", 7.2, 7.203, "7.203"),
)
LEVEL = ControlFinished(START, "GAS", "GAS1", 1, VALUES, 4)


def texts(fault: ControlMishandled, level: float = 0.5) -> tuple[str, ...]:
    struck, _ = fault.apply(LEVEL, level, Dice(1))
    return tuple(item.text for item in struck.measured)


def test_only_the_named_values_of_a_control_move_and_keep_their_digits() -> None:
    fault = ControlMishandled(factors={"PO2": 1.2, "PHA": 1.001})
    assert texts(fault) == ("78.2", "64.9", "7.210")
    assert texts(fault, 0.25) == ("71.7", "64.9", "7.207")
    assert fault.apply(LEVEL, 0.5, Dice(1))[1] == {"PO2": ["65.2", "78.2"], "PHA": ["7.203", "7.210"]}


def test_what_is_no_control_or_has_none_of_its_tests_cannot_have_it() -> None:
    assert ControlMishandled(factors={"PO2": 1.2}).suits(LEVEL)
    assert not ControlMishandled(factors={"NA": 1.2}).suits(LEVEL)
    assert not ControlMishandled(factors={"PO2": 1.2}).suits("a tube")


def test_one_level_of_one_run_is_out_and_the_next_run_is_as_ever() -> None:
    def values(fault: str) -> list[float]:
        world = new_world(FakeLis())
        if fault:
            trigger = {"matching": {"analyzer": "BG-1", "level": 1}, "times": 1}
            world.act(Action(START, "inject", {"id": "f", "fault": fault, "trigger": trigger}))
        world.step(START + timedelta(minutes=30))
        world.run_controls("BG-1")
        told = world.sink.of_kind("analyzer.controlled")  # type: ignore[attr-defined]
        mine = [entry.data["control"] for entry in told if entry.subject == "BG-1"]
        return [float(item["text"]) for one in mine for item in one["measured"] if item["test"] == "PO2"]

    plain, struck = values(""), values("control_aired")
    assert [round(b / a, 2) for a, b in zip(plain, struck, strict=True)] == [1.18, 1.0, 1.0, 1.0]
