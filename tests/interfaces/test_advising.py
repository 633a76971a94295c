"""hl7apy beside our own reading: what it drops is counted, and its end is not ours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lis.interfaces import advising
from lis.interfaces.advising import Count, advise
from tests.interfaces.messages import PID, joined, msh, results

PLAIN = results("260610001017", "101|141|mmol/L", pid=PID).encode()
OWN = joined(
    msh("ORU^R01^ORU_R01"), PID, "ZLB|1|own", "OBR|1||1|NA^^L", "OBX|1|NM|NA^^L||141|mmol/L|||||F", "SAC|1|2"
)


def test_tree_and_report_stand_beside_the_message() -> None:
    advice = advise(PLAIN)
    assert (advice.problem, advice.structure, advice.version) == ("", "ORU_R01", "2.5.1")
    assert [part.name for part in advice.parts if part.kind == "segment"] == [
        "MSH",
        "PID",
        "OBR",
        "OBX",
        "SPM",
    ]
    value = next(part for part in advice.parts if part.name.startswith("OBX_5"))
    assert (value.name, value.text) == ("OBX_5 observation value", "141")
    assert advice.dropped == ()
    assert advice.warnings[0] == "Value 99CHEM-1 not in table HL70396 in element OBX_3.CE_3"


def test_what_hl7apy_drops_is_counted_against_the_message() -> None:
    assert advise(OWN.encode()).dropped == (Count("ZLB", 1, 0), Count("SAC", 1, 0))


def test_what_is_wrong_is_said_and_blocks_nothing() -> None:
    text = joined(msh("ORU^R01^ORU_R01"), "PID|1", "OBR|1||1|NA^^L", "OBX|1|NM|NA^^L||141|mmol/L|||||F")
    assert "Missing required child PID.PID_3" in advise(text.encode()).errors


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"H|\\^&\rL|1\r", "This is no HL7 v2 text"),
        (b"MSH|^~\\&|A\xff\xfe\r", "This is no HL7 v2 text"),
        (msh("ORU^R01", version="9.9").encode(), "hl7apy cannot read it. UnsupportedVersion"),
        (PLAIN + b"OBX|2|TX|X||" + b"x" * advising.LARGEST, "hl7apy is asked about 262144 at most"),
    ],
)
def test_what_it_cannot_be_asked_about_is_told_in_words(raw: bytes, words: str) -> None:
    advice = advise(raw)
    assert words in advice.problem
    assert advice.parts == ()


def test_a_message_that_takes_too_long_is_stopped() -> None:
    assert (
        advise(PLAIN, seconds=0).problem == "hl7apy did not come to an end within 0 seconds, and was stopped."
    )


@pytest.mark.skipif(os.name != "posix", reason="limits of memory are POSIX's")
def test_a_process_out_of_memory_breaks_down_alone() -> None:
    assert advise(PLAIN, memory=1 << 20).problem.startswith("hl7apy broke down (exit")


def test_line_ends_of_any_kind_are_read() -> None:
    assert len(advise(PLAIN.replace(b"\r", b"\r\n")).parts) == len(advise(PLAIN).parts)


def test_the_worker_is_reached_by_its_file_and_never_imported() -> None:
    assert advising.WORKER.is_file()
    folder = Path(advising.__file__).parent
    importing = [
        path.name for path in folder.rglob("*.py") if "import advising_worker" in path.read_text("utf-8")
    ]
    assert importing == []
