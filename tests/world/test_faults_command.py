"""Faults from the command line, against a laboratory that is not ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from simulators.faults import registry_command
from simulators.faults.base import Injection
from simulators.inputs import Action
from simulators.link import LoopbackLink
from simulators.simulate import app as simulate
from simulators.solo import Solo, solo_world
from tests.world.fake_lis import START, FakeLis, core
from tests.world.test_hospital import DAY


def run(*words: str) -> tuple[int, str]:
    """Exit code and output of `simulate fault ...`."""
    result = CliRunner().invoke(registry_command.app, words)
    return result.exit_code, result.output


def test_the_list_has_every_fault_with_its_kind() -> None:
    code, output = run("list")
    names = [line.split()[0] for line in output.splitlines()]
    assert code == 0
    assert {entry.name for entry in core().faults.entries()} == set(names)


def test_the_list_can_be_of_one_stage() -> None:
    stages = {entry.name: entry.stage for entry in core().faults.entries()}
    _, output = run("list", "--stage", "tube")
    assert [line.split()[0] for line in output.splitlines()] == [
        name for name, stage in stages.items() if stage == "tube"
    ]


def test_every_fault_of_the_list_can_be_put_in_by_its_name() -> None:
    for number, entry in enumerate(core().faults.entries()):
        args = registry_command.injection_of(f"{entry.name}@0.9", number)
        assert Injection.from_args(args, core().faults.make).level == 0.9


def test_a_description_says_how_it_is_seen_and_what_to_do() -> None:
    code, output = run("describe", "short_draw_citrate")
    assert code == 0
    assert "seen by: aPTT long with normal PT" in output
    assert "rejection code: RJ09" in output


def test_an_unknown_fault_is_refused() -> None:
    assert run("describe", "no_such")[0] == 2
    call = "chemistry --lis h:1 --speed 0 --hours 1 --fault no_such"
    assert CliRunner().invoke(simulate, call.split()).exit_code == 2


@pytest.mark.parametrize("text", ["qns@2", "qns@-1", "qns@much"])
def test_a_level_lies_between_0_and_1(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        registry_command.injection_of(text, 1)


def potassium(lis: FakeLis) -> Iterator[float]:
    """Every potassium of a patient that was sent."""
    for _, message in lis.received:
        for line in message.decode().split("\r"):
            fields = line.split("|")
            if fields[0] == "OBX" and fields[3].startswith("102^") and b"|P^^HL70369" in message:
                yield float(fields[5].split("^")[-1])


def test_an_analyzer_alone_measures_spoilt_tubes_and_sends_twice_what_was_answered() -> None:
    values = []
    for faults in ([], ["hemolysis_H500@1", "lost_ack"]):
        lis = FakeLis()
        link = LoopbackLink(lambda message, lis=lis: lis.take("X", message))  # type: ignore[misc]
        world = solo_world(core(), Solo("chemistry", rate=12, mode="unsolicited"), 5, START, link)
        for number, text in enumerate(faults, 1):
            world.act(Action(world.now, "inject", registry_command.injection_of(text, number)))
        world.step(START + DAY / 12)
        sent = [message for _, message in lis.received]
        assert sent.count(sent[0]) == (2 if faults else 1)
        values.append(sorted(set(potassium(lis))))
    assert max(values[0]) < 6 < min(values[1])
