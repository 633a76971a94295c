"""Messages for measuring: as many as asked for, all different, all readable, the same for the same seed."""

from __future__ import annotations

import pytest

from lis.wire.er7 import Message
from simulators.loads import orders, results
from tests.world.fake_lis import START, core

CONTAINERS = ["263310001015", "263310002011"]


@pytest.mark.parametrize(("by_law", "kind"), [(False, "ORU"), (True, "OUL")])
def test_results_for_each_container(by_law: bool, kind: str) -> None:
    made = [
        list(results(core(), "CHEM-1", CONTAINERS, ["NA", "K"], START, seed=3, by_law=by_law))
        for _ in range(2)
    ]
    assert made[0] == made[1]
    messages = [Message.parse(raw.decode()) for raw in made[0]]
    assert {message.header.value(9, 1) for message in messages} == {kind}
    found = [[s.value(2, 1) for s in message.segments if s.id == "SPM"] for message in messages]
    assert found == [[container] for container in CONTAINERS]
    assert [sum(s.id == "OBX" for s in message.segments) for message in messages] == [2, 2]
    assert len({message.header.value(10) for message in messages}) == 2


def test_orders_for_so_many_people() -> None:
    messages = [Message.parse(raw.decode()) for raw in orders(core(), ["BMP", "CBC"], 3, START)]
    assert len({s.value(3, 1) for message in messages for s in message.segments if s.id == "PID"}) == 3
    assert [[s.value(4, 1) for s in message.segments if s.id == "OBR"] for message in messages] == [
        ["BMP", "CBC"]
    ] * 3
    numbers = [s.value(3, 1, 1) for message in messages for s in message.segments if s.id == "SAC"]
    assert len(set(numbers)) == 6
