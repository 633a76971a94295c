"""A message held against the standard: what is said of it, and that every segment is placed or spoken of."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lis.interfaces.hl7.conformance import ADVICE, BREACH, NOTE, Report, check, check_bytes
from lis.interfaces.hl7.conformance_definitions import VERSIONS, Element, definitions
from lis.interfaces.hl7.conformance_fields import Field
from lis.wire.er7 import DEFAULT, Message

MSH = "MSH|^~\\&|CHEM-1|LAB|LIS|LAB|20260302060500-0600||{kind}|1|T|{version}"
PID = "PID|1||M1^^^HOSP^MR||Archer^Ann||19800517|F"
OBR = "OBR|1||260610001010|NA^Sodium^L"
OBX = "OBX|1|NM|NA^Sodium^L||141|mmol/L|135-145|N|||F"
SPM = "SPM|1|260610001010&LAB||SER^Serum^HL70487"

EARLY = "taken early (pre-adopted), as profiles such as IHE LAW do."


def report(*lines: str, kind: str = "ORU^R01^ORU_R01", version: str = "2.5.1") -> Report:
    header = MSH.format(kind=kind, version=version)
    return check(Message.parse("\r".join((header, *lines))))


def told(*lines: str, kind: str = "ORU^R01^ORU_R01", version: str = "2.5.1") -> list[tuple[int, str, str]]:
    """Line, weight and words of everything that is said."""
    found = report(*lines, kind=kind, version=version)
    return [(line, remark.weight, remark.text) for line, remark in found.findings]


def test_a_message_as_the_standard_has_it_has_no_findings() -> None:
    found = report(PID, "PV1|1|I", "ORC|RE", OBR, "NTE|1|L|haemolysed", OBX, OBX, SPM, PID, OBR, OBX)
    assert found == Report("", "2.5.1", "ORU_R01", 12, [], ())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "OBR|1||260610001010",
            [(BREACH, "OBR-4 (universal service identifier) is required in 2.5.1 and is empty.")],
        ),
        (
            "OBR|1||260610001010| ",
            [(BREACH, "OBR-4 (universal service identifier) is required in 2.5.1 and is empty.")],
        ),
        (
            "PID|1||M1||Archer^Ann||19800517|X",
            [
                (
                    ADVICE,
                    "PID-8 (administrative sex) 'X' is not among the values of table 0001 (Administrative Sex) of "
                    "2.5.1, to which a site may add its own.",
                )
            ],
        ),
        (
            "OBX|1|NM|NA||141||||||FF",
            [
                (BREACH, "OBX-11 (observation result status) has 2 characters, 1 at most."),
                (
                    BREACH,
                    "OBX-11 (observation result status) 'FF' is not in HL7 table 0085 (Observation result status "
                    "codes interpretation) of 2.5.1.",
                ),
            ],
        ),
        (
            "PID|1||M1||Archer^Ann||19800517~19800518",
            [(BREACH, "PID-7 (date time of birth) stands 2 times, once at most.")],
        ),
        (
            "PID|1||M1~~M2^^ABC^A&1.2.3&ISO||Archer",
            [
                (
                    BREACH,
                    "PID-3[3].3 (check digit scheme) 'ABC' is not in HL7 table 0061 (Check digit scheme) of 2.5.1.",
                )
            ],
        ),
        (
            "OBX|1|NM|NA||1^2||||||F",
            [(BREACH, "OBX-5 (observation value) has 2 components, in 2.5.1 it is one value (NM).")],
        ),
        (
            "OBX|1|CE|NA||N&G^neg||||||F",
            [
                (
                    BREACH,
                    "OBX-5.1 (identifier) has 2 subcomponents, ST is one value: a '&' in a text is escaped.",
                )
            ],
        ),
        (
            "OBR|1||1|NA|||||||||||||||||||||||A&mL",
            [(BREACH, "OBR-27.1.1 (quantity) 'A' is no number (NM).")],
        ),
    ],
)
def test_what_is_amiss_in_a_field_is_said_with_its_place(line: str, said: list[tuple[str, str]]) -> None:
    lines = {"PID": PID, "OBR": OBR, "OBX": OBX} | {line[:3]: line}
    number = list(lines).index(line[:3]) + 2
    assert told(*lines.values()) == [(number, *one) for one in said]


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("NM", "-0.5", ""),
        ("NM", ".5", ""),
        ("NM", "+5.", ""),
        ("NM", "<5", "is no number (NM)"),
        ("NM", "1e3", "is no number (NM)"),
        ("NM", "٣", "is no number (NM)"),
        ("SI", "7", "type"),  # HL7 v2.5.1 section 7.4.2.2: a value is never of type SI
        ("DT", "20240229", ""),
        ("DT", "202402", ""),
        ("DT", "20230229", "is no date as YYYYMMDD, YYYYMM or YYYY (DT)"),
        ("DT", "20260431", "is no date as YYYYMMDD, YYYYMM or YYYY (DT)"),
        ("TM", "0605", ""),
        ("TM", "060503.25-0600", ""),
        ("TM", "2460", "is no time of day as HHMMSS, with +ZZZZ where it has an offset (TM)"),
        ("TS", "20260302060503.1234+0100", ""),
        ("TS", "2026030", "is no time as YYYYMMDDHHMMSS, with +ZZZZ where it has an offset (DTM)"),
        ("TS", "20260302 0605", "is no time as YYYYMMDDHHMMSS, with +ZZZZ where it has an offset (DTM)"),
        ("SN", "<^5", ""),
        ("SN", "^1^:^16", ""),
        ("SN", "^many", "is no number (NM)"),
        ("CWE", "260385009^Negative^SCT", "advice"),
        ("ST", "1.5 \\T\\ more", ""),
        ("TX", "first~second", ""),
        ("XX", "anything^at&all", "type"),
    ],
)
def test_a_value_is_judged_by_the_type_that_obx_2_tells(kind: str, value: str, words: str) -> None:
    found = [text for _, _, text in told(PID, OBR, f"OBX|1|{kind}|NA||{value}||||||F")]
    part = {"TS": ".1", "SN": ".2"}.get(kind, "")
    name = {"TS": "time", "SN": "num1"}.get(kind, "observation value")
    text = value.removeprefix("^") if kind == "SN" else value
    expected = {
        "": [],
        "type": [f"OBX-2 (value type) '{kind}' is not in HL7 table 0125 (Value type) of 2.5.1."],
        "advice": [
            "OBX-5.3 (name of coding system) 'SCT' is not among the values of table 0396 (Coding system) of 2.5.1, "
            "to which a site may add its own."
        ],
    }.get(words, [f"OBX-5{part} ({name}) '{text}' {words}."])
    assert found == expected


def test_a_value_without_a_type_is_said() -> None:
    words = "OBX-5 (observation value) holds a value, and OBX-2 is empty: it does not say of which type."
    assert told(PID, OBR, "OBX|1||NA||141||||||F") == [(4, BREACH, words)]
    assert told(PID, OBR, "OBX|1||NA||||||||X") == []


def test_null_is_a_statement_and_no_value() -> None:
    assert told('PID|1||M1||""||""|""', OBR, 'OBX|1|NM|NA||""||||||F') == []


def test_a_message_is_cut_by_its_own_delimiters() -> None:
    header = "MSH#:;!?#CHEM-1#LAB#LIS#LAB#20260302060500##ORU:R01:ORU_R01#1#T#2.5.1\r"
    fine = "PID#1##M1^2:::HOSP?1.2.3?ISO:MR##Archer:Ann\rOBR#1##1#NA:Sodium & more:L\rOBX#1#NM#NA##1;2######F"
    assert check(Message.parse(header + fine)).findings == []
    found = check(Message.parse(header + fine.replace("1;2", "1:2"))).findings
    words = "OBX-5 (observation value) has 2 components, in 2.5.1 it is one value (NM)."
    assert [(line, remark.text) for line, remark in found] == [(4, words)]


def test_an_escape_counts_as_what_it_stands_for() -> None:
    assert told(PID, OBR, f"OBX|1|ST|NA|{'1' * 17}\\T\\\\S\\2|a||||||F") == []
    words = "OBX-4 (observation sub id) has 21 characters, 20 at most."
    assert told(PID, OBR, f"OBX|1|ST|NA|{'1' * 18}\\T\\\\S\\2|a||||||F") == [(4, BREACH, words)]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("SER^Serum^HL70487", []),
        ("SER", []),
        ("122555007^Venous blood^99LAB", []),  # of the sender's own coding system
        ("MY^Mine^L", []),
        (
            "MY^Mine^HL70487",
            [
                "SPM-4.1 (specimen type) 'MY' is not among the values of table 0487 (Specimen Type) of 2.5.1, "
                "to which a site may add its own."
            ],
        ),
        (
            "MY^Mine^OWN",
            [
                "SPM-4.3 (name of coding system) 'OWN' is not among the values of table 0396 (Coding system) of "
                "2.5.1, to which a site may add its own."
            ],
        ),
    ],
)
def test_a_code_is_held_against_the_table_of_its_own_system(code: str, said: list[str]) -> None:
    assert told(PID, OBR, OBX, f"SPM|1|1||{code}") == [(5, ADVICE, words) for words in said]


def test_what_a_later_version_defines_is_early_and_not_wrong() -> None:
    line = "OBX|1|NM|NA||141|mmol/L||N^^HL70078|||F" + "|" * 18 + "RSLT"
    assert told(PID, OBR, line) == [
        (
            4,
            ADVICE,
            f"OBX-8 (abnormal flags) has 3 components, in 2.5.1 it is one value (IS); 2.7 makes it CWE: {EARLY}",
        ),
        (4, ADVICE, f"OBX-29 is beyond the 25 fields that 2.5.1 defines for OBX; 2.8.1 defines it: {EARLY}"),
    ]
    assert told(PID, OBR, OBX, "PRT|1|AD") == [
        (5, ADVICE, f"PRT is no segment of 2.5.1; it is kept. 2.7 has it: {EARLY}")
    ]


def test_reagent_lots_behind_a_value_are_early_in_law() -> None:
    lines = [SPM, "SAC|||260610001010", OBR, OBX, "INV|R1^^99LAB|OK|SR", "NTE|1||late", OBX]
    found = told(*lines, kind="OUL^R22^OUL_R22")
    assert found == [(6, ADVICE, f"INV has no place here in OUL_R22: {EARLY}")]


def test_fields_that_no_version_knows_are_told_together() -> None:
    words = "OBX-31 and 2 behind it are beyond the 25 fields that 2.5.1 defines for OBX; no version knows of more."
    assert told(PID, OBR, OBX + "|" * 20 + "a||b||c") == [(4, BREACH, words)]
    assert told(PID, OBR, OBX + "|" * 40) == []


def test_what_was_withdrawn_should_be_empty() -> None:
    words = "MSA-5 (delayed acknowledgment type) is withdrawn or reserved in 2.5.1 and should be empty."
    assert told("MSA|AA|1|||D", kind="ACK^R01^ACK") == [(2, ADVICE, words)]
    words = "OBX-16.7 (degree e g md) is withdrawn in XCN of 2.7 and should be empty."
    assert told(PID, OBR, f"{OBX}|||||1^Archer^Ann^^^^MD", version="2.7") == [(4, ADVICE, words)]


@pytest.mark.parametrize(
    ("kind", "lines", "said"),
    [
        (
            "ORU^R01^ORU_R01",
            [PID, SPM, OBR, OBX],
            [(3, "SPM may not stand here yet: OBR must come before it in ORU_R01.")],
        ),
        (
            "ORU^R01^ORU_R01",
            [PID, OBR, OBX, SPM, "NTE|1"],
            [(6, "NTE may not stand here: ORU_R01 has PID, ORC, OBR, SPM, OBX, DSC here.")],
        ),
        (
            "ORU^R01^ORU_R01",
            [PID, "PV1|1|I", "PV1|1|I", OBR],
            [(4, "PV1 may not stand here again: PV1 stands once at most there in ORU_R01.")],
        ),
        (
            "ORU^R01^ORU_R01",
            [PID, "ORC|RE", "ORC|RE", OBR, OBX],
            [
                (
                    4,
                    "ORC may not stand here yet: OBR must come before the next group ORDER_OBSERVATION in ORU_R01.",
                )
            ],
        ),
        ("ORU^R01^ORU_R01", [PID, OBR, OBX, "SAC|1"], [(5, "SAC is no part of ORU_R01.")]),
        (
            "ORU^R01^ORU_R01",
            [PID],
            [
                (
                    2,
                    "The message ends too early: ORU_R01 needs OBR (group ORDER_OBSERVATION) behind its last segment.",
                )
            ],
        ),
        ("ORM^O01^ORM_O01", [PID, "ORC|NW", OBR, "NTE|1", "ORC|CA"], []),
        ("ORM^O01^ORM_O01", [PID, "ORC|NW", "RXO|A^B", "ORC|CA"], []),  # any one of a choice
        (
            "ORM^O01^ORM_O01",
            [PID, "ORC|NW", OBR, "RXO|A^B"],
            [
                (
                    5,
                    "RXO may not stand here again: one of OBR, RQD, RQ1, RXO, ODS, ODT stands once at most there in "
                    "ORM_O01.",
                )
            ],
        ),
        (
            "ORM^O01^ORM_O01",
            [PID, "ORC|NW", "NTE|1"],
            [
                (
                    4,
                    "NTE may not stand here yet: one of OBR, RQD, RQ1, RXO, ODS, ODT must come before it in ORM_O01.",
                )
            ],
        ),
        (
            "OML^O21^OML_O21",
            # The second ORC begins another order, or an earlier result: both are followed until the OBX tells.
            [PID, "ORC|NW", OBR, "ORC|NW", OBR],
            [],
        ),
        ("ACK^R01^ACK", ["MSA|AA|1", "ERR|||0|I"], []),
    ],
)
def test_segments_stand_where_the_structure_has_them(
    kind: str, lines: list[str], said: list[tuple[int, str]]
) -> None:
    found = report(*lines, kind=kind).findings
    assert [(line, remark.text) for line, remark in found if remark.kind == "structure"] == said


def test_what_is_not_of_the_standard_is_kept_and_said() -> None:
    assert told(PID, OBR, OBX, "ZLB|1|own", "not a segment at all, this") == [
        (5, NOTE, "ZLB is the sender's own segment: not of the standard, kept, its fields not checked."),
        (6, BREACH, "'not a segment at all' … begins no segment; the line is kept."),
    ]
    said = f"SPM is no segment of 2.3.1; it is kept. 2.5 has it: {EARLY}"
    assert told(PID, "OBR|1|P1|1|NA", OBX, "SPM|1", version="2.3.1") == [(5, ADVICE, said)]
    assert told("XQZ|1", PID, OBR, OBX) == [(2, BREACH, "XQZ is no segment of 2.5.1; it is kept.")]


def test_the_same_is_told_once_with_its_lines() -> None:
    found = report("PID|1||M1||Archer|||X", OBR, *["OBX|1|NM|NA||?||||||F"] * 1000).told()
    assert [(one.remark.place, one.where, len(one.lines)) for one in found] == [
        ("OBX-5", "4 and 999 more", 1000),
        ("PID-8", "2", 1),
    ]


def test_a_version_or_a_structure_without_definitions_is_said_in_words() -> None:
    words = "There are definitions of 2.1 to 2.8.2; the message names {}."
    assert report(PID, version="2.9").problem == words.format("version 2.9")
    assert report(PID, version="").problem == words.format("no version in MSH-12")
    found = report("QPD|A^B|1", kind="QBP^Z99")
    assert found.unchecked == ("order and number of segments: no structure QBP_Z99 is known of 2.5.1",)
    assert report(PID, OBR, OBX, version="2.3", kind="ORU^R01").unchecked == (
        "tables: none are known of 2.3",
    )
    assert report(PID, OBR, OBX, version="2.8", kind="ORU^R01").unchecked == (
        "lengths: none are known of 2.8",
    )


@pytest.mark.parametrize(
    ("kind", "structure"),
    [
        ("ADT^A08", "ADT_A01"),
        ("ADT^A40^ADT_A39", "ADT_A39"),
        ("ADT^A31^NONSENSE", "ADT_A05"),
        ("ORU^R01", "ORU_R01"),
        ("ACK^A01", "ACK"),
        ("ACK", "ACK"),
        ("ZZZ^Z01", ""),
    ],
)
def test_the_structure_is_the_one_that_msh_9_names_or_the_event_has(kind: str, structure: str) -> None:
    assert report(PID, kind=kind).structure == structure


def test_bytes_that_are_no_hl7_are_not_reported_on() -> None:
    assert check_bytes(b"H|\\^&\rL|1\r") is None
    assert check_bytes(b"") is None
    unknown_set = MSH.format(kind="ACK", version="2.5.1").encode() + b"\rMSA|AA|\xff\r"
    assert check_bytes(unknown_set) == Report("", "2.5.1", "ACK", 2, [], ())
    framed = b"\x0b" + MSH.format(kind="ACK", version="2.5.1").encode() + b"\rMSA|AA|1\r\x1c\r"
    assert check_bytes(framed) == Report("", "2.5.1", "ACK", 2, [], ())


def test_every_version_is_compiled_in_full() -> None:
    """All segments of all versions, with something in every field: whatever the definitions hold, it is judged."""
    for version in VERSIONS:
        known = definitions(version)
        assert known is not None
        names = [name for name in known.segment_names if name not in ("MSH", "FHS", "BHS")]
        found = report(*(f"{name}|" + "|".join(["1^2&3"] * 60) for name in names), version=version)
        assert found.problem == ""
        assert {line for line, _ in found.findings} - {1} == set(range(2, len(names) + 2))


def test_it_is_never_asked_on_the_way_in() -> None:
    """Neither it nor hl7apy is loaded by what takes messages."""
    loaded = "[name for name in sys.modules if 'conformance' in name or 'hl7apy' in name]"
    asked = f"import sys, lis.interfaces.listener, lis.interfaces.inbox; print({loaded})"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("OBX|1|NM|A||" + "1" * 300_000 + "x||||||F", 1),
        ("OBX|1|NM|A||" + "?~" * 200_000 + "||||||F", 102),  # and that no more is told
        ("PID|1||M1||" + "&" * 300_000, 1),
        ("OBX|1|CE|A||" + "^" * 300_000 + "||||||F", 0),
        ("OBX|1|NM|A||1||||||F" + "|" * 300_000, 0),
        ("OBX|1|NM|A||1||||||F" + "|x" * 300_000, 12),
    ],
)
def test_what_is_long_and_hostile_is_looked_at_in_one_pass(line: str, count: int) -> None:
    lines = {"PID": PID, "OBR": OBR, "OBX": OBX} | {line[:3]: line}
    assert len(report(*lines.values()).findings) == count


TEXTS = st.text(st.sampled_from('|^~\\&"<+-.0123456789ABFNRX\r '), max_size=40)


@given(
    st.sampled_from(["ORU^R01^ORU_R01", "OUL^R22^OUL_R22", "ORM^O01", "ACK", "Z^Z"]),
    st.sampled_from(["2.1", "2.3.1", "2.5.1", "2.8.2"]),
    st.lists(
        st.tuples(st.sampled_from(["PID", "OBR", "OBX", "SPM", "NTE", "ZZ1", "x", ""]), TEXTS), max_size=8
    ),
)
def test_whatever_is_read_is_reported_on(kind: str, version: str, lines: list[tuple[str, str]]) -> None:
    found = report(*(f"{name}|{text}" for name, text in lines), kind=kind, version=version)
    assert found.problem == ""
    assert all(1 <= line <= found.segments and remark.text.endswith(".") for line, remark in found.findings)


@given(st.binary(max_size=80), st.sampled_from([b"", b"MSH|^~\\&|A|B|C|D|2026||ORU^R01|1|T|2.5.1\r"]))
def test_any_bytes_are_reported_on_or_are_no_message(raw: bytes, header: bytes) -> None:
    found = check_bytes(header + raw)
    assert found is None or found.segments > 0


@given(
    st.sampled_from(["2.3.1", "2.5.1", "2.6", "2.8.2"]),
    st.sampled_from(["NM", "SI", "DT", "TM", "TS", "DTM", "ST", "CE", "CWE", "XPN", "CX", "SN", "ED", "XTN"]),
    TEXTS,
)
def test_a_text_known_to_be_fine_is_fine_when_it_is_walked(version: str, kind: str, text: str) -> None:
    """The pattern that passes most texts never passes one that the walk has something to say of."""
    known = definitions(version)
    assert known is not None
    field = Field("OBX", Element(5, kind, length=12), known, DEFAULT)
    if field.is_plainly_fine(text):
        assert field.judged(text) == ()
