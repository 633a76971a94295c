"""Looking at messages on both databases: previews leave nothing, words are found in bytes, codes are counted."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from lis.interfaces import astm_work
from lis.interfaces.arrivals import Arrival
from lis.interfaces.inbox import Inbox
from lis.interfaces.previewing import preview, preview_refiling
from lis.interfaces.refiling import refile_message
from lis.storage.house import House
from lis.storage.tables.types import lab_metadata
from lis.web.queries import inspecting, mapping, messages, searching
from lis.web.queries.searching import Search
from tests.interfaces.messages import results
from tests.labs import SmallLab, actor, open_small_lab


@pytest.fixture
def small(house: House) -> SmallLab:
    return open_small_lab(house)


def everything(small: SmallLab) -> dict[str, list[Any]]:
    with small.lab.reading() as reading:
        return {
            table.name: [
                tuple(row) for row in reading.connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in lab_metadata.sorted_tables
        }


def test_a_preview_is_what_then_happens_and_leaves_nothing(small: SmallLab) -> None:
    inbox = Inbox(small.lab)
    late = small.order("LYTES").container_ids[0]
    text = results(late, "101|141|mmol/L", "Kx|4|mmol/L").encode()
    before = everything(small)
    [seen] = preview(small.lab, inbox, actor("technologist"), [Arrival(text)])
    assert everything(small) == before
    inbox.receive(text)
    assert everything(small)["inbound"] == [tuple(seen.became.message)]
    small.receive(late)
    before = everything(small)
    again = preview_refiling(small.lab, inbox, actor("technologist"), 1)
    assert everything(small) == before
    assert [(row.state, row.test, row.reason) for row in again.became.values] == [
        ("filed", "NA", ""),
        ("held", "", "code.unmapped"),
    ]
    with small.work() as work:
        refile_message(work, inbox, 1, reason="received")
    with small.lab.reading() as reading:
        became = inspecting.came_in(reading, 1).became
    assert [(row.state, row.version_value) for row in became.values] == [("filed", "141"), ("held", None)]


def test_messages_are_found_and_codes_counted(small: SmallLab) -> None:
    Inbox(small.lab).receive(results("999999999999", "Kx|4.25|mmol/L").encode())
    asked = (Search(text="|4.25|"), Search(text="|9.99|"), Search(q="Kx"), Search(q="999999999999"))
    with small.lab.reading() as reading:
        assert [len(searching.search(reading, one)) for one in asked] == [1, 0, 1, 1]
        assert searching.kinds(reading) == ["ORU^R01"]
        found = mapping.code_map(reading, messages.link(reading, "CHEM-1").row)
        assert mapping.last_with_code(reading, "CHEM-1", "Kx", 5) == [1]
    assert (found.unmapped, found.units, found.waiting) == ((), (), {})


def test_what_waits_at_an_analyzer_is_urgent_first(small: SmallLab) -> None:
    first, urgent, last = (
        small.order("LYTES", numbers=(number,), priority=priority).container_ids[0]
        for number, priority in (("H1", "R"), ("H2", "S"), ("H3", "R"))
    )
    small.receive(first, urgent)
    with small.work() as work:
        waiting = astm_work.outstanding(work, "CHEM-1").found
    assert [row.container_id for row, _ in waiting] == [urgent, first]
    assert {tests for _, tests in waiting} == {("NA", "K", "CL", "CO2", "HIDX", "IIDX", "LIDX")}
    small.receive(last)
    with small.work() as work:
        assert [row.container_id for row, _ in astm_work.outstanding(work, "CHEM-1", 2).found] == [
            urgent,
            first,
        ]
