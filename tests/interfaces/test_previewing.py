"""What would become of a message is what becomes of it, and looking leaves nothing behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lis.interfaces.inbox import Arrival, Inbox
from lis.interfaces.previewing import Preview, preview, preview_copy, preview_refiling, preview_stored
from lis.kernel.errors import Conflict, NotAllowed
from lis.services import mapping
from lis.storage.tables.types import lab_metadata
from tests.interfaces import messages
from tests.interfaces.messages import msa, order, results
from tests.interfaces.test_inbox import LYTES, tube
from tests.labs import SmallLab, actor

TECHNOLOGIST, ADMIN = actor("technologist"), actor("lis_admin")


def everything(small: SmallLab) -> dict[str, list[Any]]:
    """Every row of every table."""
    with small.lab.reading() as reading:
        return {
            table.name: [tuple(row) for row in reading.connection.execute(select(table))]
            for table in lab_metadata.sorted_tables
        }


def look(small: SmallLab, inbox: Inbox, *texts: str, **more: Any) -> list[Preview]:
    arrivals = [Arrival(text.encode(), interface=more.get("interface")) for text in texts]
    return preview(small.lab, inbox, ADMIN, arrivals, prepare=more.get("prepare"))


def told(one: Preview) -> tuple[str, str, list[tuple[str, str, str]]]:
    """State and reason of the message; per value what it would be, of which test, and why it would be held."""
    return (
        one.became.message.state,
        one.became.message.reason,
        [(row.state, row.test, row.reason) for row in one.became.values],
    )


@pytest.mark.parametrize(
    "text",
    [
        results("{tube}", *LYTES, "999|1|mmol/L"),
        results("999999999999", "101|141|mmol/L"),
        results("{tube}", "101|141|mmol/L").replace("|T|2.5.1", "|P|2.5.1"),
        order("LYTES", "NOSUCH"),
        order("NOSUCH"),
        "MSH|^~\\&|NOBODY||LIS|LAB|20260302060500-0600||ORU^R01|9|T|2.5.1\rOBX|1\r",
        "no message at all",
    ],
)
def test_a_preview_is_what_then_happens_and_leaves_nothing(small: SmallLab, inbox: Inbox, text: str) -> None:
    text = text.replace("{tube}", tube(small))
    before = everything(small)
    [seen] = look(small, inbox, text)
    assert everything(small) == before
    reply = inbox.receive(text.encode())
    after = everything(small)
    assert list(after["inbound"]) == [tuple(seen.became.message)]
    assert seen.became.message.reply == reply
    assert [row[7:10] for row in after["journal"][len(before["journal"]) :]] == [
        (event.verb, event.subject, event.accession) for event in seen.events
    ]


def test_a_preview_of_a_repeat_looks_at_it_as_the_first(small: SmallLab, inbox: Inbox) -> None:
    text = results(tube(small), "101|141|mmol/L")
    inbox.receive(text.encode())
    [seen] = look(small, inbox, text)
    assert told(seen) == ("processed", "", [("repeated", "NA", "")])


def test_a_proposed_mapping_is_tried_with_the_messages_that_wait_for_it(
    small: SmallLab, inbox: Inbox
) -> None:
    text = results(tube(small), "Nax|141|mmol/L", "Kx|4.2|mmol/L")
    inbox.receive(text.encode())
    before = everything(small)

    def mapped(work: Any) -> None:
        mapping.map_code(work, "CHEM-1", "Nax", "NA", reason="proposed")

    [seen] = preview_stored(small.lab, inbox, ADMIN, [1], prepare=mapped)
    assert told(seen) == ("processed", "", [("filed", "NA", ""), ("held", "", "code.unmapped")])
    assert (seen.became.values[0].version_value, seen.became.values[0].version_unit) == ("141", "mmol/L")
    assert everything(small) == before


def test_a_held_message_is_tried_and_left_as_it_was(small: SmallLab, inbox: Inbox) -> None:
    late = small.order("LYTES").container_ids[0]
    inbox.receive(results(late, "101|141|mmol/L").encode())
    small.receive(late)
    before = everything(small)
    seen = preview_refiling(small.lab, inbox, TECHNOLOGIST, 1)
    assert told(seen) == ("processed", "", [("filed", "NA", "")])
    with pytest.raises(NotAllowed):
        preview_refiling(small.lab, inbox, ADMIN, 1)
    assert everything(small) == before


def test_a_query_shows_the_work_it_would_have_sent(small: SmallLab, inbox: Inbox) -> None:
    container = tube(small)
    query = messages.joined(
        messages.msh("QBP^Q11^QBP_Q11", app="CHEM-1"),
        f"QPD|WOS^Work Order Step^IHELAW|T1|{container}",
        "RCP|I||R",
    )
    with small.by_wire() as work:
        work.interfaces.change("CHEM-1", profile="ihe-law")
    small.clock.advance(timedelta(minutes=1))
    before = everything(small)
    [seen] = look(small, inbox, query)
    assert msa(seen.became.message.reply) == ("AA", "1")
    assert [(row.kind, row.peer) for row in seen.became.sent] == [("analyzer_work", "CHEM-1")]
    assert everything(small) == before


def test_an_edited_copy_is_tried_and_its_number_not_used_up(small: SmallLab, inbox: Inbox) -> None:
    inbox.receive(results(tube(small), "101|141|mg/dL").encode())
    before = everything(small)
    text = before["inbound"][0][7].decode().replace("mg/dL", "mmol/L")
    seen = preview_copy(small.lab, inbox, TECHNOLOGIST, 1, text)
    assert (told(seen), seen.became.message.control_id) == (
        ("processed", "", [("filed", "NA", "")]),
        "HAND000001",
    )
    with pytest.raises(Conflict):
        preview_copy(small.lab, inbox, TECHNOLOGIST, 1, text.replace("|1|T|", "|1|P|"))
    assert everything(small) == before
