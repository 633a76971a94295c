"""Messages filled into skeletons, read back by hl7apy: everything stands where it should, and nothing cuts a field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from lis.wire.er7 import Message
from simulators.analyzers.events import ControlFinished, Finished, Sip, Work
from simulators.analyzers.measuring import Measured
from simulators.hl7 import law, oru
from simulators.hl7.envelope import Envelope, acknowledge, answers_positively
from simulators.hl7.hospital import Encounter, OrderLine, Requisition, movement_message, order_message
from simulators.hl7.observations import Dialect
from simulators.hl7.reading import OrderedTest, query_status, read, read_reports, read_work, refused_orders
from simulators.hl7.skeleton import escape
from simulators.hl7.work_answer import Answer, work_answer
from simulators.hospital_plan import Collector
from simulators.patients import Person
from simulators.place import Assay
from tests.world.fake_lis import core, work_for

AT = datetime(2026, 11, 27, 13, 42, 5, tzinfo=UTC)
ENVELOPE = Envelope("HIS", "NORTH|FIELD", "LIS", "LAB", AT, "HIS00000001", "T", core().place.zone)
PERSON = Person(
    mrn="T100005",
    family_name="O^Xz~Jr & Söhne",
    given_name="Žofie\\ |",
    middle_initial="",
    sex="F",
    born_on=date(1968, 4, 12),
    blood_group="OPOS",
)
DIALECT = Dialect(
    device="DEV-1",
    model="Model & Co",
    assays={
        "NA": Assay("NA", "101", "mmol/L"),
        "K": Assay("K", "102", "mmol/L"),
        "GLUC": Assay("GLUC", "G", ""),
    },
    names={"NA": "Sodium", "K": "Potassium"},
    is_coded=frozenset({"GLUC"}),
)
MEASURED = (
    Measured("NA", 140.2, 140.4, "140"),
    Measured("K", 12.0, 12.1, "10.0", ">"),
    Measured("GLUC", "3+", "3+", "3+"),
    Measured("NA", None, None, ""),
)


def encounter(message: str = "OML") -> Encounter:
    """Somebody on a ward that orders in this way."""
    ward = replace(core().place.hospital.wards[0], message=message)
    return Encounter(PERSON, ward, "7", "V0000001", core().place.hospital.providers[0], AT)


def requisition() -> Requisition:
    """Two orders in two tubes."""
    lines = (
        OrderLine("R1-1", "BMP", "Basic metabolic panel", "SER", "SST", "C0000001", 1, AT),
        OrderLine("R1-2", "CBC", "Complete blood count", "WB", "LAV", "C0000002", 2),
    )
    provider = core().place.hospital.providers[0]
    return Requisition("R1", "S", AT, AT, provider, Collector("C211", "JMR"), lines)


def done() -> Finished:
    """A tube with two ordered tests and one nobody ordered."""
    sip = Sip("C1", "263310001015", "SER", True, True, 10.0, 1.0, 5.0, AT, {}, {})
    work = (Work(sip.barcode, "NA", "101", "AW1", "R"), Work(sip.barcode, "K", "102", "AW2", "R"))
    return Finished(AT, AT, sip, work, MEASURED, 3)


CONTROL = ControlFinished(AT, "CHEM", "CHEM1-2601", 1, MEASURED[:2], 4)
MESSAGES = {
    "OML_O21": order_message(ENVELOPE, encounter(), requisition()),
    "ORM_O01": order_message(ENVELOPE, encounter("ORM"), requisition()),
    "ADT_A01": movement_message(ENVELOPE, "A08", encounter()),
    "ADT_A03": movement_message(ENVELOPE, "A03", encounter()),
    "ORU_R01": oru.results_message(ENVELOPE, DIALECT, done()),
    "OUL_R22": law.results_message(ENVELOPE, DIALECT, done()),
    "QBP_Q11": law.query_message(ENVELOPE, "263310001015"),
    "ORL_O34": work_answer(
        ENVELOPE, "LIS1", "T100005", [("263310001015", "SER", [Answer("AW1", "101", "OK")])]
    ),
}


def flat(element: Any) -> list[str]:
    """Segments of a parsed message in order, as text."""
    if element.classname == "Segment":
        return [element.to_er7()]
    return [text for child in element.children for text in flat(child)]


@pytest.mark.parametrize("structure", MESSAGES)
def test_hl7apy_finds_every_segment_in_its_group(structure: str) -> None:
    text = MESSAGES[structure].decode()
    parsed = parse_message(text, validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=True)
    assert parsed.name == structure
    assert [row.rstrip("|") for row in flat(parsed)] == text.strip("\r").split("\r")


@pytest.mark.parametrize("structure", MESSAGES)
def test_names_with_delimiters_cut_nothing(structure: str) -> None:
    message = Message.parse(MESSAGES[structure].decode())
    assert message.header.value(4) == "NORTH|FIELD"
    for segment in message.segments:
        if segment.id == "PID" and segment[5]:
            told = ["", ""] if structure == "ORL_O34" else [PERSON.family_name, PERSON.given_name]
            assert segment.comps(5)[:2] == told


def fields(structure: str, segment_id: str, *paths: str) -> list[tuple[str, ...]]:
    """These fields of every segment of one id."""
    segments = Message.parse(MESSAGES[structure].decode()).segments
    return [tuple(item.get(path) for path in paths) for item in segments if item.id == segment_id]


def test_an_order_names_patient_collection_and_container() -> None:
    assert fields("OML_O21", "PID", "3.1", "7", "8") == [("T100005", "19680412", "F")]
    assert fields("OML_O21", "SPM", "2.1.1", "4.1", "17", "27.1") == [
        ("C0000001", "SER", "20261127074205-0600", "SST"),
        ("C0000002", "WB", "20261127074205-0600", "LAV"),
    ]
    assert fields("OML_O21", "OBX", "3.1", "5") == [("SEPARATED", "20261127074205-0600")]
    assert fields("OML_O21", "SAC", "3.1.1") == [("C0000001",), ("C0000002",)]
    assert fields("OML_O21", "ORC", "1", "2.1", "4.1") == [("NW", "R1-1", "R1"), ("NW", "R1-2", "R1")]
    assert fields("OML_O21", "TQ1", "9.1") == [("S",), ("S",)]
    assert fields("OML_O21", "OBR", "4.1", "7", "10.1", "10.2") == [
        ("BMP", "20261127074205-0600", "C211", "JMR"),
        ("CBC", "20261127074205-0600", "C211", "JMR"),
    ]


def test_the_old_order_carries_container_and_priority_in_obr() -> None:
    assert fields("ORM_O01", "OBR", "4.1", "15.1", "18", "27.6") == [
        ("BMP", "SER", "C0000001", "S"),
        ("CBC", "WB", "C0000002", "S"),
    ]


def test_results_keep_comparators_codes_and_what_could_not_be_measured() -> None:
    expected = [
        ("NM", "101", "140", "mmol/L", "", "F"),
        ("SN", "102", ">^10.0", "mmol/L", ">", "F"),
        ("CE", "G", "3+", "", "", "F"),
        ("", "101", "", "mmol/L", "", "X"),
    ]
    assert fields("ORU_R01", "OBX", "2", "3.1", "5", "6", "8", "11") == expected
    assert fields("OUL_R22", "OBX", "2", "3.1", "5", "6", "8", "11") == expected
    assert fields("ORU_R01", "SPM", "2", "11.1") == [("263310001015", "P")]


def test_law_gives_each_result_the_identifier_of_its_work_or_null() -> None:
    assert fields("OUL_R22", "OBR", "2", "4.1") == [
        ("AW1", "101"),
        ("AW2", "102"),
        ('""', "G"),
        ("AW1", "101"),
    ]
    assert fields("OUL_R22", "MSH", "15", "16", "21.1") == [("NE", "AL", "LAB-29")]


@pytest.mark.parametrize("voice", [oru, law])
def test_a_control_is_marked_with_material_level_and_lot(voice: Any) -> None:
    message = Message.parse(voice.control_message(ENVELOPE, DIALECT, CONTROL).decode())
    found = {segment.id: segment for segment in message.segments}
    assert (found["SPM"].value(2, 1), found["SPM"].value(11, 1)) == ("CHEM-1", "Q")
    lot = found["INV"].value(16) if "INV" in found else found["SPM"].value(3)
    assert lot == "CHEM1-2601"


def test_work_is_read_container_by_container() -> None:
    message = read(work_for("263310001015", "101", "102"))
    assert message is not None
    (work,) = read_work(message)
    assert (work.container, work.specimen_type) == ("263310001015", "SER")
    assert work.tests[0] == OrderedTest("263310001015-101", "101", "R", False)
    assert [test.code for test in work.tests] == ["101", "102"]


def test_a_report_is_read_order_by_order() -> None:
    text = (
        "MSH|^~\\&|LIS\rPID|1||T1\rOBR|1|R1-1|26331|BMP|||||||||||||||||||||F\r"
        "OBX|1|NM|NA||140|mmol/L||N|||F\rOBX|2|SN|K||>^10.0|mmol/L||HH|||F\r"
    )
    message = read(text.encode())
    assert message is not None
    (report,) = read_reports(message)
    assert (report.mrn, report.placer, report.service, report.status) == ("T1", "R1-1", "BMP", "F")
    assert [(value.code, value.value, value.flag) for value in report.values] == [
        ("NA", "140", "N"),
        ("K", ">10.0", "HH"),
    ]


@pytest.mark.parametrize(
    ("answer", "positive"),
    [
        (b"MSH|^~\\&\rMSA|AA|1\r", True),
        (b"MSH|^~\\&\rMSA|CA|1\r", True),
        (b"MSH|^~\\&\rMSA|AE|1\r", False),
        (b"MSH|^~\\&\r", False),
        (b"?", False),
    ],
)
def test_what_counts_as_a_good_answer(answer: bytes, positive: bool) -> None:
    assert answers_positively(answer) is positive


def test_an_acknowledgement_names_the_message_and_the_error() -> None:
    message = read(work_for("1", "101"))
    assert message is not None
    error = {"location": "MSH^1^9", "error": "200", "error_text": "Unsupported message type"}
    parsed = Message.parse(acknowledge(ENVELOPE, message, "AR", error).decode())
    assert [segment.id for segment in parsed.segments] == ["MSH", "MSA", "ERR"]
    assert parsed.segments[1].comps(1) + parsed.segments[1].comps(2) == ["AR", "LIS1"]
    assert parsed.segments[2].value(3, 1) == "200"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"MSH|^~\\&\rMSA|AA|1\rQAK|t|OK\r", "OK"),
        (b"MSH|^~\\&\rMSA|AA|1\rQAK|t|NF\r", "NF"),
        (b"MSH|^~\\&\rMSA|AE|1\r", ""),
        (None, ""),
        (b"", ""),
        (b"nothing", ""),
    ],
)
def test_the_answer_to_a_query(answer: bytes | None, status: str) -> None:
    assert query_status(answer) == status


def test_an_answer_says_which_orders_were_refused() -> None:
    answer = b"MSH|^~\\&\rMSA|AA|1\rORC|OK|R1-1\rORC|UA|R1-2^N||||||||||||||^No such test\r"
    assert refused_orders(answer) == [("R1-2", "No such test")]
    assert refused_orders(b"?") == []


def test_escape_protects_every_delimiter() -> None:
    assert escape("a|b^c&d~e\\f\rg") == "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\.br\\g"
