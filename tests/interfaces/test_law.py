"""IHE's Laboratory Analytical Workflow in a small laboratory: query, work, results, each answered as it asks."""

from __future__ import annotations

import pytest
from sqlalchemy import Row, select

from lis.interfaces.inbox import Inbox
from lis.interfaces.sender import Sender
from lis.services import cancelling
from lis.storage import tables as t
from lis.wire.er7 import Message
from tests.interfaces.messages import joined, msa, msh, read, segment
from tests.labs import SmallLab


@pytest.fixture
def container(small: SmallLab) -> str:
    with small.work("lis_admin") as work:
        work.interfaces.change("CHEM-1", profile="ihe-law")
        work.interfaces.change("PRINTER-1", enabled=False)
    container = small.order("LYTES").container_ids[0]
    small.receive(container)
    return container


def query(container: str) -> bytes:
    head = msh("QBP^Q11^QBP_Q11", "9", "CHEM-1", more="|||NE|AL||UNICODE UTF-8|||LAB-27^IHE")
    return joined(head, f"QPD|WOS^Work Order Step^IHELAW|T7|{container}", "RCP|I||R").encode()


def test_a_query_is_answered_and_its_work_follows(small: SmallLab, inbox: Inbox, container: str) -> None:
    reply = inbox.receive(query(container))

    assert segment(reply, "MSH").value(9) == "RSP^K11^RSP_K11"
    assert segment(reply, "MSH")[21] == "LAB-27^IHE"
    assert (msa(reply), segment(reply, "QAK")[1], segment(reply, "QAK")[2]) == (("AA", "9"), "T7", "OK")
    assert segment(reply, "QPD")[3] == container
    with small.lab.reading() as reading:
        rows = reading.connection.execute(select(t.outbox.c.kind).where(t.outbox.c.peer == "CHEM-1"))
        assert rows.scalars().all() == ["analyzer_work", "analyzer_work"]


def test_an_unknown_container_has_no_work(inbox: Inbox, container: str) -> None:
    reply = inbox.receive(query("999999999999"))

    assert (msa(reply), segment(reply, "QAK")[2]) == (("AA", "9"), "NF")


@pytest.mark.parametrize("asked", ["999999999999", "released"])
def test_a_query_without_work_is_followed_by_a_message_that_says_so(
    small: SmallLab, inbox: Inbox, container: str, asked: str
) -> None:
    """For a container nobody knows, and for one on which nothing waits any more."""
    if asked == "released":
        asked = container
        with small.work() as work:
            cancelling.cancel_order(work, container[:9], reason="not wanted")
    sent: list[Message] = []

    def analyzer(interface: Row[object], kind: str, body: bytes) -> bytes:
        sent.append(Message.parse(body.decode()))
        return joined(msh("ORL^O34^ORL_O34", "1"), f"MSA|AA|{sent[-1].header[10]}").encode()

    Sender(small.lab, analyzer).step()
    inbox.receive(query(asked))
    Sender(small.lab, analyzer).step()

    denied = sent[-1]
    assert [segment.id for segment in denied.segments] == ["MSH", "SPM", "SAC", "ORC"]
    assert (denied.all("SAC")[0][3], denied.all("SPM")[0].value(11, 1), denied.all("ORC")[0][1]) == (
        asked,
        "U",
        "DC",
    )
    assert denied.header[21] == "LAB-28^IHE"
    with small.lab.reading() as reading:
        states = reading.connection.execute(select(t.outbox.c.kind, t.outbox.c.state)).all()
    assert [tuple(row) for row in states if row.kind == "no_work"] == [("no_work", "answered")]


def test_results_come_back_under_the_numbers_that_were_sent(
    small: SmallLab, inbox: Inbox, container: str
) -> None:
    sent: list[Message] = []

    def analyzer(interface: Row[object], kind: str, body: bytes) -> bytes:
        message = Message.parse(body.decode())
        sent.append(message)
        orcs = [f"ORC|OK|{orc[2]}|||SC" for orc in message.all("ORC")]
        return joined(msh("ORL^O34^ORL_O34", "1"), f"MSA|AA|{message.header[10]}", *orcs).encode()

    Sender(small.lab, analyzer).step()
    [work] = sent
    assert (work.header[15], work.header[16], work.header[21]) == ("NE", "AL", "LAB-28^IHE")
    step = work.all("OBR")[0]
    raw = joined(
        msh("OUL^R22^OUL_R22", "5", "CHEM-1", more="|||NE|AL||UNICODE UTF-8|||LAB-29^IHE"),
        f"SPM|1|{container}||SER|||||||P",
        f"SAC|||{container}",
        f"OBR|1|{step[2]}||{step[4]}",
        "ORC|SC||||CM",
        f"OBX|1|NM|{step[4]}|1|141|mmol/L|||||F",
    )

    reply = inbox.receive(raw.encode())

    assert [head.value(9) for head in read(reply).all("MSH")] == ["ACK^R22^ACK"]
    assert msa(reply) == ("AA", "5")
    with small.lab.reading() as reading:
        done = reading.connection.execute(
            select(t.analyzer_work.c.test).where(t.analyzer_work.c.state == "done")
        )
        assert done.scalars().all() == ["NA"]


def test_what_is_cancelled_is_taken_back_under_the_numbers_that_were_sent(
    small: SmallLab, container: str
) -> None:
    sent: list[Message] = []

    def analyzer(interface: Row[object], kind: str, body: bytes) -> bytes:
        message = Message.parse(body.decode())
        sent.append(message)
        control = {"NW": "OK", "CA": "CR"}
        orcs = [f"ORC|{control[orc.value(1)]}|{orc[2]}" for orc in message.all("ORC")]
        return joined(msh("ORL^O34^ORL_O34", "1"), f"MSA|AA|{message.header[10]}", *orcs).encode()

    Sender(small.lab, analyzer).step()
    with small.work() as work:
        cancelling.cancel_order(work, container[:9], reason="not wanted")
    Sender(small.lab, analyzer).step()
    asked, taken_back = sent
    assert [orc.value(1) for orc in taken_back.all("ORC")] == ["CA"] * len(asked.all("ORC"))
    assert [orc[2] for orc in taken_back.all("ORC")] == [orc[2] for orc in asked.all("ORC")]
    assert taken_back.header[21] == "LAB-28^IHE"
    with small.lab.reading() as reading:
        states = reading.connection.execute(select(t.analyzer_work.c.state)).scalars().all()
    assert set(states) == {"cancelled"}


@pytest.mark.parametrize(
    ("value", "tcd", "reasons"),
    [
        ("612", "TCD|101|^1^:^5", set()),
        ("612", "", {"measuring_range.above"}),
        ("612", "TCD|101|^1^:^3", {"measuring_range.above"}),
        ("141", "TCD|101|^1^:^5", {"measuring_range.diluted_too_far"}),
        ("141", "TCD|101|^1^:^0", {"measuring_range.dilution"}),
    ],
)
def test_diluted_value_is_judged_by_what_was_measured(
    small: SmallLab, inbox: Inbox, container: str, value: str, tcd: str, reasons: set[str]
) -> None:
    def send(number: str, code: str, value: str, *more: str) -> None:
        head = msh("OUL^R22^OUL_R22", number, "CHEM-1", more="|||NE|AL||UNICODE UTF-8|||LAB-29^IHE")
        tube = (f"SPM|1|{container}||SER|||||||P", f"SAC|||{container}")
        obx = f"OBX|1|NM|{code}^^99CHEM-1|1|{value}|mmol/L|||||F"
        inbox.receive(joined(head, *tube, 'OBR|1|""||X', obx, *filter(None, more)).encode())

    def judged() -> set[str]:
        with small.lab.reading() as reading:
            checks = reading.connection.execute(select(t.result.c.checks).where(t.result.c.test == "NA"))
            found = {one.get("reason") for one in checks.scalar_one() if one["name"] == "measuring_range"}
            return found - {None}

    send("5", "101", value, tcd)
    assert judged() == reasons
    send("6", "102", "4.1")  # what comes later has the first judged again, from what was kept
    assert judged() == reasons
