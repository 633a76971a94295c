"""A tube's way over the wires: order in, work out, results in, report out, each message held against hl7apy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.core import Message as Hl7apyMessage
from hl7apy.parser import parse_message  # type: ignore[attr-defined, unused-ignore]
from sqlalchemy import Row, select

from lis.interfaces.hl7.conformance import BREACH, check_bytes
from lis.interfaces.inbox import Inbox
from lis.interfaces.sender import Sender
from lis.services import cancelling, notifying, resulting, verifying
from lis.storage import tables as t
from lis.wire.er7 import Message
from tests.interfaces.messages import PID, control, joined, msh, order, read, results
from tests.labs import SmallLab


class Peers:
    """The hospital, the analyzer and the printer: they take everything and say so."""

    def __init__(self) -> None:
        self.got: dict[str, list[bytes]] = {}

    def __call__(self, interface: Row[Any], kind: str, body: bytes) -> bytes:
        self.got.setdefault(kind, []).append(body)
        number = body.decode().split("|")[9] if kind != "label" else ""
        return b"" if kind == "label" else joined(msh("ACK", "9"), f"MSA|AA|{number}").encode()

    def last(self, kind: str) -> Message:
        return Message.parse(self.got[kind][-1].decode())


class Journey:
    """One laboratory between its peers."""

    def __init__(self, small: SmallLab, inbox: Inbox) -> None:
        self.small, self.inbox = small, inbox
        self.peers = Peers()
        self.sender = Sender(small.lab, self.peers)

    def ordered(self, *codes: str, pid: str = PID) -> str:
        """Ordered by message, received and labelled: the container id."""
        reply = read(self.inbox.receive(order(*codes, pid=pid).encode()))
        assert [orc[1] for orc in reply.all("ORC")] == ["OK"] * len(codes)
        with self.small.lab.reading() as reading:
            container = reading.connection.execute(select(t.container.c.container_id)).scalars().all()[-1]
        self.small.receive(container)
        self.sender.step()
        return str(container)

    def controlled(self) -> None:
        """Controls of both levels in one run."""
        for number, values in ((1, ("120", "3.0", "85", "15")), (2, ("150", "6.0", "115", "30"))):
            obx = [
                f"{code}|{value}|mmol/L"
                for code, value in zip(("101", "102", "103", "104"), values, strict=True)
            ]
            self.inbox.receive(control(f"CHEMCTL-{number}", "C2401", *obx, control_id=f"QC{number}").encode())

    def send(self, container: str, *obx: str, number: str = "R1") -> None:
        self.inbox.receive(results(container, *obx, control=number).encode())

    def release(self, *tests: str) -> Message:
        """A supervisor verifies and releases these tests; the report that goes out."""
        with self.small.lab.reading() as reading:
            rows = reading.connection.execute(select(t.result)).all()
            accession = reading.connection.execute(select(t.lab_order.c.accession)).scalars().all()[-1]
        seen = {row.test: row.version for row in rows if row.test in tests}
        with self.small.work("supervisor") as work:
            verifying.verify_results(work, accession, seen, reason="looked at")
            verifying.release_results(work, accession, seen)
        self.sender.step()
        return self.peers.last("result_report")


@pytest.fixture
def journey(small: SmallLab, inbox: Inbox) -> Journey:
    return Journey(small, inbox)


def observations(report: Message) -> list[tuple[str, ...]]:
    """Value type, LOINC or code, value, unit, flags, status of each OBX."""
    return [(obx[2], obx.value(3, 1), obx[5], obx.value(6, 1), obx[8], obx[11]) for obx in report.all("OBX")]


def by_hl7apy(raw: bytes) -> Hl7apyMessage:
    """What hl7apy reads and finds valid.

    In OML it takes the second order for a prior result (a group of its own that may also begin with ORC), so those
    are read without groups.
    """
    is_oml = b"|OML^" in raw.split(b"\r")[0]
    message = parse_message(raw.decode(), validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=not is_oml)
    assert message.to_er7().split("\r") == raw.decode().rstrip("\r").split("\r")
    if not is_oml:
        message.validate()
    return message


def test_a_report_says_what_was_released(journey: Journey) -> None:
    container = journey.ordered("LYTES", "RENAL")
    journey.send(
        container, "101|128|mmol/L", "102|6.8|mmol/L", "103|104|mmol/L", "104|25|mmol/L", "105|<0.10|mg/dL"
    )

    report = journey.release("NA", "K", "CREA")

    assert report.header.value(9) == "ORU^R01^ORU_R01"
    assert report.header[11] == "T"
    assert report.header[7].endswith("-0600")
    pid = report.first("PID")
    assert pid is not None
    assert (pid.value(3, 1), pid.value(3, 5), pid.value(5, 1), pid[7], pid[8]) == (
        "M1001",
        "MR",
        "Archer",
        "19800517",
        "F",
    )
    heads = [(obr.value(2, 1), obr.value(3, 1)[-5:], obr.value(4, 1), obr[25]) for obr in report.all("OBR")]
    assert heads == [("P1", "LYTES", "24326-1", "P"), ("P2", "RENAL", "RENAL", "P")]
    assert observations(report) == [
        ("NM", "2951-2", "128", "mmol/L", "L", "F"),
        ("NM", "2823-3", "6.8", "mmol/L", "HH", "F"),
        ("SN", "2160-0", "<^0.10", "mg/dL", "L~<", "F"),
    ]
    assert [spm.value(2, 2) for spm in report.all("SPM")] == [container, container]


def test_a_corrected_value_names_the_one_before(journey: Journey) -> None:
    container = journey.ordered("LYTES")
    journey.send(container, "101|128|mmol/L")
    journey.release("NA")
    with journey.small.work("technologist") as work:
        accession = container[:9]
        resulting.correct_result(work, accession, "NA", "138", reason="wrong tube")

    report = journey.release("NA")

    assert observations(report) == [("NM", "2951-2", "138", "mmol/L", "", "C")]
    assert [nte[3] for nte in report.all("NTE")] == ["Corrected result. Reported before: 128."]
    assert [obr[25] for obr in report.all("OBR")] == ["C"]


def test_a_call_that_was_made_stands_on_the_next_report_with_its_hour(journey: Journey) -> None:
    container = journey.ordered("LYTES")
    journey.send(container, "101|140|mmol/L", "102|6.8|mmol/L")
    journey.release("K")
    with journey.small.work("technologist") as work:
        notifying.record_call(
            work, 1, whom="B. Ward", whom_role="RN", outcome=notifying.REACHED, read_back="Potassium 6.8"
        )

    report = journey.release("NA")

    assert [nte[3] for nte in report.all("NTE")] == [
        "Potassium 6.8 mmol/L: told to B. Ward (RN), 2026-03-02 06:00 CST, read back"
    ]


def test_titres_and_coded_values_are_structured_and_coded(journey: Journey) -> None:
    container = journey.ordered("HCGS", "RPRT")
    with journey.small.work("technologist") as work:
        resulting.enter_result(work, container[:9], "HCGS", "POS")
        resulting.enter_result(work, container[:9], "RPRT", "1:8")

    report = journey.release("HCGS", "RPRT")

    assert [(obx[2], obx[5]) for obx in report.all("OBX")] == [("CWE", "POS^Positive^L"), ("SN", "^1^:^8")]


def test_names_that_could_break_a_message_do_not(journey: Journey) -> None:
    container = journey.ordered("LYTES", pid=PID.replace("Archer^Ann", "O\\T\\H <b>\\F\\^A\\S\\n"))
    journey.send(container, "101|141|mmol/L")

    report = journey.release("NA")

    pid = report.first("PID")
    assert pid is not None
    assert (pid.value(5, 1), pid.value(5, 2)) == ("O&H <b>|", "A^n")


def test_a_cancelled_test_is_told_to_who_ordered_it(journey: Journey) -> None:
    container = journey.ordered("LYTES", "RENAL")
    with journey.small.work("supervisor") as work:
        cancelling.cancel_test(work, container[:9], "RENAL", reason="duplicate")
    journey.sender.step()

    told = journey.peers.last("order_status")
    [orc] = told.all("ORC")
    assert (orc[1], orc.value(2, 1), orc[5], orc.value(16, 2)) == ("OC", "P2", "CA", "duplicate")


def test_hl7apy_reads_everything_that_goes_out(journey: Journey) -> None:
    container = journey.ordered("LYTES")
    journey.controlled()
    journey.send(container, "101|128|mmol/L", "102|4.2|mmol/L", "103|104|mmol/L", "104|25|mmol/L")
    journey.release("NA", "K")
    with journey.small.work("supervisor") as work:
        cancelling.cancel_test(work, container[:9], "LYTES", reason="enough")
    journey.sender.step()

    found: Sequence[str] = [
        by_hl7apy(journey.peers.got[kind][-1]).msh.msh_9.to_er7()
        for kind in ("analyzer_work", "result_report", "order_status")
    ]

    assert found == ["OML^O33^OML_O33", "ORU^R01^ORU_R01", "OML^O21^OML_O21"]


def test_hl7apy_reads_every_reply(inbox: Inbox) -> None:
    query = joined(
        msh("QBP^Q11^QBP_Q11", "3", "CHEM-1"), "QPD|WOS^Work Order Step^IHELAW|1|000000000000", "RCP|I"
    )
    raws = [order("LYTES", "NOSUCH"), joined(msh("MFN^M01", "2"), "MFI|"), query]

    found = [by_hl7apy(reply).msh.msh_9.to_er7() for raw in raws if (reply := inbox.receive(raw.encode()))]

    assert found == ["ORL^O22^ORL_O22", "ACK^M01^ACK", "RSP^K11^RSP_K11"]


def breaches(raw: bytes) -> list[str]:
    """What a message of ours breaks of the standard, or why that is not known."""
    report = check_bytes(raw)
    assert report is not None
    words = [remark.text for _, remark in report.findings if remark.weight == BREACH]
    return [*words, *report.unchecked, *filter(None, [report.problem])]


def test_nothing_that_goes_out_breaks_the_standard(journey: Journey) -> None:
    container = journey.ordered("LYTES", "RENAL")
    journey.controlled()
    journey.send(container, "101|128|mmol/L", "102|6.8|mmol/L", "103|104|mmol/L", "105|<0.10|mg/dL")
    journey.release("NA", "K", "CREA")
    with journey.small.work("supervisor") as work:
        cancelling.cancel_test(work, container[:9], "LYTES", reason="enough")
    journey.sender.step()

    sent = [(kind, raw) for kind, bodies in journey.peers.got.items() for raw in bodies if kind != "label"]

    assert {kind for kind, _ in sent} == {"analyzer_work", "result_report", "order_status"}
    assert [(kind, words) for kind, raw in sent for words in breaches(raw)] == []


def test_no_reply_breaks_the_standard(inbox: Inbox) -> None:
    query = joined(msh("QBP^Q11^QBP_Q11", "3", "CHEM-1"), "QPD|WOS^Work Order Step^IHELAW|1|1", "RCP|I")
    asked = [order("LYTES", "NOSUCH"), joined(msh("MFN^M01", "2"), "MFI|"), query, "MSH|^~\\&|A\r", "PID|1\r"]

    replies = [inbox.receive(raw.encode()) for raw in asked]

    assert [words for reply in replies if reply for words in breaches(reply)] == []
