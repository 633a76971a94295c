"""`lis inspect`: messages of files held against the standard, in words or as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from lis.wire.mllp import wrap
from tests.interfaces.messages import PID, joined, msh, results
from tests.main.conftest import Command

FINE = results("260610001010", "101|141|mmol/L", pid=PID)
AMISS = FINE.replace("|141|", "|<5|")


def test_every_message_of_a_file_is_told_of(lis: Command, tmp_path: Path) -> None:
    file = tmp_path / "two.hl7"
    file.write_text(AMISS + FINE, newline="")
    said = lis("inspect", file)
    assert (said.status, said.err) == (0, "")
    assert said.lines == [
        "two.hl7 message 1: 2.5.1 ORU_R01: 5 segments, 1 breach",
        "  breach line 4: OBX-5 (observation value) '<5' is no number (NM).",
        "two.hl7 message 2: 2.5.1 ORU_R01: 5 segments, nothing is amiss",
    ]


def test_what_cannot_be_held_against_anything_is_said(lis: Command, tmp_path: Path) -> None:
    records = tmp_path / "records.hl7"
    records.write_bytes(b"H|\\^&\rL|1\r")
    framed = tmp_path / "framed.bin"
    framed.write_bytes(wrap(msh("QBP^Z99", version="2.3").encode()) + wrap(msh("ACK", version="9").encode()))
    assert lis("inspect", records, framed).lines == [
        "records.hl7 message 1: No usable MSH segment.",
        "framed.bin message 1: 2.3: 1 segment, nothing is amiss",
        "  not checked: order and number of segments: no structure QBP_Z99 is known of 2.3",
        "  not checked: tables: none are known of 2.3",
        "framed.bin message 2: 9 There are definitions of 2.1 to 2.8.2; the message names version 9.",
    ]


def test_json_tells_each_finding_with_its_lines(lis: Command, tmp_path: Path) -> None:
    file = tmp_path / "one.hl7"
    file.write_text(AMISS.replace("SPM|", "OBX|2|NM|101||<5||||||F\rSPM|"), newline="")
    told = json.loads(lis("inspect", file, "--json").out)
    assert (told["version"], told["structure"], told["unchecked"]) == ("2.5.1", "ORU_R01", [])
    assert told["findings"] == [
        {
            "weight": "breach",
            "kind": "syntax",
            "place": "OBX-5",
            "text": "OBX-5 (observation value) '<5' is no number (NM).",
            "lines": [4, 5],
        }
    ]


def test_what_would_steer_a_terminal_is_written_out(lis: Command, tmp_path: Path) -> None:
    file = tmp_path / "sly.hl7"
    file.write_text(joined(FINE.rstrip(), "PID|1||1||A||||\x1b[31m"), newline="")
    assert "\x1b" not in lis("inspect", file).out
