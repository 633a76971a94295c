"""Which tube is meant, where order numbers may say so."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import select

from lis.interfaces.inbox import Inbox
from lis.storage import tables as t
from tests.interfaces.messages import joined, msh
from tests.labs import BEN, SmallLab

NA = "OBX|1|NM|101||{}|mmol/L|||||F"


@dataclass(frozen=True)
class Placed:
    """Two orders, each with its tube in the laboratory and a number of its placer's."""

    inbox: Inbox
    small: SmallLab
    anns: str
    bens: str

    def send(self, *lines: str) -> list[tuple[str, str, str]]:
        """A message of results: tube, value and what became of each."""
        self.inbox.receive(joined(msh("ORU^R01^ORU_R01", "1", "CHEM-1"), *lines).encode())
        o = t.observation.c
        query = select(o.container_sent, o.value_sent, o.reason).order_by(o.seq)
        with self.small.lab.reading() as reading:
            return [tuple(row) for row in reading.connection.execute(query)]


@pytest.fixture
def placed(small: SmallLab) -> Placed:
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", profile="generic")
    tubes = []
    for number, patient in (("H1", None), ("H2", BEN)):
        order = small.order("LYTES", numbers=(number,), **({"patient": patient} if patient else {}))
        small.receive(*order.container_ids)
        tubes.append(order.container_ids[0])
        with small.work() as work:
            [row] = work.orders.where(t.lab_order.c.accession == order.accession)
            rows = work.ordered_tests.where(t.ordered_test.c.order_id == row.id)
            work.ordered_tests.change(rows[0].id, placer_number=f"P-{number}")
    return Placed(Inbox(small.lab), small, *tubes)


def test_orders_under_one_unknown_specimen_are_each_told_by_their_numbers(placed: Placed) -> None:
    said = placed.send(
        *("OBR|1|P-H1", NA.format(141), "SPM|1|S77||SER"),
        *("OBR|2|P-H2", NA.format(137), "SPM|1|S77||SER"),
    )

    assert said == [(placed.anns, "141", ""), (placed.bens, "137", "")]


def test_a_value_twice_under_two_numbers_of_one_tube_is_one(placed: Placed) -> None:
    said = placed.send("OBR|1|P-H1", NA.format(141), f"OBR|2||{placed.anns}", NA.format(140))

    assert said == [(placed.anns, "141", "observation.twice"), (placed.anns, "140", "observation.twice")]


def test_a_number_that_two_orders_share_is_read_with_the_others(placed: Placed) -> None:
    with placed.small.work() as work:
        for row in work.containers.where():
            work.containers.change(row.id, collection_number="S77")

    assert placed.send("OBR|1|P-H2", NA.format(137), "SPM|1|S77||SER") == [(placed.bens, "137", "")]


def test_more_numbers_than_one_question_takes_are_all_looked_up(placed: Placed) -> None:
    lines = [line for n in range(900) for line in (f"OBR|1|Q{n}|F{n}", f"OBX|1|NM|X{n}||1||||||F")]

    said = placed.send(*lines, "OBR|1|P-H2", NA.format(137))

    assert [reason for _, _, reason in said[:-1]] == ["container.unmatched"] * 900
    assert said[-1] == (placed.bens, "137", "")


@pytest.mark.parametrize("numbers", ["OBR|1|P-H1|{bens}", "OBR|1||S77"])
def test_numbers_that_agree_on_no_order_are_a_doubt(placed: Placed, numbers: str) -> None:
    with placed.small.work() as work:
        for row in work.containers.where():
            work.containers.change(row.id, collection_number="S77")

    said = placed.send(numbers.format(bens=placed.bens), NA.format(137))

    assert [(value, bool(reason)) for _, value, reason in said] == [("137", True)]
    with placed.small.lab.reading() as reading:
        assert reading.connection.execute(select(t.result_version.c.value)).all() == []
