"""What the laboratory gets when something happens to messages: each mechanism against a laboratory that says AA."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from simulators.dice import Dice
from simulators.faults.base import Fault
from simulators.faults.message import Parcel, Parcels, facts_of
from simulators.faults.preanalytical_model import FaultError
from simulators.stage import RETRY_AFTER
from simulators.world import Action, World
from tests.world.fake_lis import START, FakeLis, core, label, new_world, spun, work_for

CONTAINER = "263310001015"
RESULTS = (
    b"MSH|^~\\&|CHEM-1|LAB|LIS|LAB|20261127080000-0600||ORU^R01^ORU_R01|CHEM-1-00000001|T|2.5.1\r"
    b"OBR|1|P1|263310001015|RESULTS^^L|||20261127075000-0600|||||||||||||||20261127080000-0600|||F\r"
    b"OBX|1|NM|107^Glucose^99CHEM-1|3|97|mg/dL|||||F|||20261127075000-0600||||8000^CHEM-1|20261127080000-0600\r"
    b"OBX|2|NM|102^Potassium^99CHEM-1|3|4.1|mmol/L|||||F|||20261127075000-0600||||8000^CHEM-1|20261127080000-0600\r"
    b"SPM|1|263310001015||SER^^HL70487|||||||P^^HL70369\r"
)
CONTROL = RESULTS.replace(b"P^^HL70369", b"Q^^HL70369")
LAW = (
    b"MSH|^~\\&|CHEM-1|LAB|LIS|LAB|20261127080000-0600||OUL^R22^OUL_R22|CHEM-1-00000001|T|2.5.1\r"
    b"SPM|1|263310001015||SER^^HL70487|||||||P^^HL70369\rSAC|||263310001015\r"
    b"OBR||P1||107^Glucose\rORC|SC||||CM\rOBX|1|NM|107^Glucose||97|mg/dL|||||F\r"
    b"OBR||P2||102^Potassium\rORC|SC||||CM\rOBX|1|NM|102^Potassium||4.1|mmol/L|||||F\r"
)
MESSAGE = Parcel(RESULTS, "CHEM-1-00000001")


def made(name: str, **parameters: Any) -> Fault[Any]:
    """A fault of the core pack."""
    return core().faults.make(name, parameters)


def left_of(name: str, content: bytes = RESULTS, **parameters: Any) -> Parcels:
    """What leaves instead of one message."""
    parcels: Parcels = made(name, **parameters).apply((Parcel(content, MESSAGE.control),), 0.5, Dice(4))[0]
    return parcels


def fields(content: bytes, segment: bytes, place: int) -> list[bytes]:
    """One field of every segment of a name."""
    lines = [line.split(b"|") for line in content.split(b"\r")]
    return [line[place] for line in lines if line[0] == segment]


def test_a_lost_answer_changes_nothing_of_the_message() -> None:
    assert left_of("lost_ack") == (Parcel(RESULTS, MESSAGE.control, answers_lost=1),)


def test_a_retransmission_is_the_same_bytes() -> None:
    assert [parcel.content for parcel in left_of("retransmit")] == [RESULTS, RESULTS]


def test_doubled_results_differ_only_in_their_control_id() -> None:
    first, second = left_of("doubled")
    assert first == MESSAGE
    assert second.content == RESULTS.replace(b"CHEM-1-00000001", b"CHEM-1-00000001D")


def test_a_partial_message_lacks_some_results_and_keeps_some() -> None:
    (part,) = left_of("partial")
    assert len(fields(part.content, b"OBX", 3)) == 1
    assert fields(part.content, b"SPM", 2) == [CONTAINER.encode()]


def test_the_rest_of_a_partial_message_comes_later_under_its_own_id() -> None:
    part, rest = left_of("partial", rest_after=20.0)
    codes = [fields(parcel.content, b"OBX", 3) for parcel in (part, rest)]
    assert sorted(codes[0] + codes[1]) == [b"102^Potassium^99CHEM-1", b"107^Glucose^99CHEM-1"]
    assert (rest.control, rest.held_back) == ("CHEM-1-00000001R", timedelta(minutes=20))


def test_the_named_results_are_missing() -> None:
    (part,) = left_of("partial", tests=["GLU"])
    assert fields(part.content, b"OBX", 3) == [b"102^Potassium^99CHEM-1"]
    assert made("partial", tests=["PLT"]).suits((MESSAGE,)) is False


def test_a_partial_work_order_message_lacks_the_order_with_its_result() -> None:
    (part,) = left_of("partial", LAW)
    assert [len(fields(part.content, name, 0)) for name in (b"OBR", b"ORC", b"OBX")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "parameters", "values", "units"),
    [
        ("glucose_in_mmol", {}, [b"5.4", b"4.1"], [b"mmol/L", b"mmol/L"]),
        ("unit", {"test": "GLU", "unit": ""}, [b"97", b"4.1"], [b"", b"mmol/L"]),
        (
            "unit",
            {"test": "GLU", "factor": 0.0555, "decimals": 1},
            [b"5.4", b"4.1"],
            [b"mg/dL", b"mmol/L"],
        ),
        ("unit", {"unit": "mg/L"}, [b"97", b"4.1"], [b"mg/L", b"mg/L"]),
    ],
)
def test_a_unit_is_converted_lost_or_lies(
    name: str, parameters: Mapping[str, Any], values: list[bytes], units: list[bytes]
) -> None:
    (parcel,) = left_of(name, **parameters)
    assert (fields(parcel.content, b"OBX", 5), fields(parcel.content, b"OBX", 6)) == (values, units)


def test_a_code_changes_and_its_name_does_not() -> None:
    (parcel,) = left_of("code", test="GLU")
    assert fields(parcel.content, b"OBX", 3) == [b"107X^Glucose^99CHEM-1", b"102^Potassium^99CHEM-1"]


@pytest.mark.parametrize("content", [RESULTS, LAW])
def test_a_wrong_container_is_wrong_everywhere_alike(content: bytes) -> None:
    (parcel,) = left_of("wrong_container", content)
    (container,) = facts_of(parcel.content)["container"]
    assert sum(a != b for a, b in zip(container, CONTAINER, strict=True)) == 1
    assert CONTAINER.encode() not in parcel.content


def test_a_late_message_is_held_back() -> None:
    assert left_of("late", minutes=45) == (Parcel(RESULTS, MESSAGE.control, held_back=timedelta(minutes=45)),)


def test_a_slow_clock_shifts_every_time_that_is_written() -> None:
    (parcel,) = left_of("clock_one_hour_slow")
    earlier = RESULTS.replace(b"20261127080000", b"20261127070000").replace(
        b"20261127075000", b"20261127065000"
    )
    assert parcel.content == earlier


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("wrong_container", RESULTS, True),
        ("wrong_container", CONTROL, False),
        ("partial", b"MSH|^~\\&|HIS|||||||1\r", False),
        ("glucose_in_mmol", CONTROL, True),
        ("glucose_in_mmol", RESULTS.replace(b"107^", b"199^"), False),
    ],
)
def test_which_messages_a_fault_suits(name: str, content: bytes, expected: bool) -> None:
    assert made(name).suits((Parcel(content, "1"),)) is expected


def test_what_a_fault_does_not_know_is_refused() -> None:
    for name, parameters in (("late", {"hours": 3}), ("unit", {"test": "NOTHING"}), ("no such", {})):
        with pytest.raises(FaultError):
            made(name, **parameters)


# in a world


def shift(lis: FakeLis, fault: str, trigger: Mapping[str, Any] | None = None, **parameters: Any) -> World:
    """A tube measured at half past six, with a fault in what its analyzer sends."""
    world = new_world(lis)
    args = {"id": "f", "fault": fault, "parameters": parameters, "trigger": trigger or {}}
    world.act(Action(START, "inject", args))
    tube = sst(world)
    world.receive("CHEM-1", work_for(CONTAINER, "101", "102"))
    world.receive("PRINTER-1", label(CONTAINER))
    world.affix(world.printed_labels()[0].id, tube)
    world.load("CHEM-1", [spun(world, tube)])
    world.step(world.now + timedelta(minutes=80))
    return world


def sst(world: World) -> str:
    """Wait for a gold-top tube."""
    while not (found := [tube.id for tube in world.tray() if tube.container == "SST"]):
        world.step(world.now + timedelta(minutes=15))
    return found[0]


def got(lis: FakeLis) -> list[bytes]:
    """The results of the tube, each time they came."""
    return [message for message in lis.of("CHEM-1", b"|OUL^R22") if CONTAINER.encode() in message]


@cache
def undisturbed() -> tuple[bytes, ...]:
    """The same without a fault."""
    lis = FakeLis()
    shift(lis, "late", {"matching": {"peer": "nobody"}})
    return tuple(got(lis))


def test_after_a_lost_answer_the_same_bytes_come_again_without_waiting_for_anybody() -> None:
    lis = FakeLis()
    world = shift(lis, "lost_ack", {"matching": {"peer": "CHEM-1", "container": CONTAINER}})
    (once,) = undisturbed()
    assert got(lis) == [once, once]
    (lost,) = [entry for entry in world.sink.entries if entry.kind == "message.answer_lost"]  # type: ignore[attr-defined]
    assert lost.subject == "CHEM-1"


def test_a_late_result_comes_with_the_same_bytes_so_much_later() -> None:
    lis = FakeLis()
    world = shift(lis, "late", {"matching": {"container": CONTAINER}}, minutes=20)
    replies = [item.at for item in world.inputs if (item.kind, item.name) == ("reply", "CHEM-1")]
    came = [message for peer, message in lis.received if peer == "CHEM-1"]
    (measured,) = [entry.at for entry in world.sink.entries if entry.kind == "analyzer.measured"]  # type: ignore[attr-defined]
    assert got(lis) == list(undisturbed())
    assert replies[came.index(got(lis)[0])] == measured + timedelta(minutes=20)


def test_a_stopped_link_delivers_everything_in_order_once_it_is_whole_again() -> None:
    lis = FakeLis()
    until = START + timedelta(hours=3)
    trigger = {"matching": {"peer": "CHEM-1"}, "until": until.isoformat()}
    world = shift(lis, "stopped_link", trigger)
    assert [message for peer, message in lis.received if peer == "CHEM-1"] == []
    world.step(until + RETRY_AFTER)
    came = [message for peer, message in lis.received if peer == "CHEM-1"]
    controls = [message.split(b"|")[9] for message in came]
    assert got(lis) == list(undisturbed())
    assert controls == sorted(set(controls))


@pytest.mark.parametrize("fault", ["lost_ack", "doubled", "partial", "late", "stopped_link"])
def test_a_disturbed_past_can_be_lived_again(fault: str) -> None:
    world = shift(FakeLis(), fault, {"until": (START + timedelta(hours=2)).isoformat()})
    world.step(START + timedelta(hours=4))
    again = World.restore(core(), 7, START, FakeLis().links(), past=world.inputs, until=world.now)
    assert (again.ledger.digest, again.inputs) == (world.ledger.digest, world.inputs)
