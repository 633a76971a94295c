"""Each kind of sender: its profile, a capture written in its manner, and what is read of it."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lis.interfaces.astm_records import read_records
from lis.interfaces.hl7.results import Reading, read_results
from lis.interfaces.profiles import FOLDER, names, profile, recognised
from lis.kernel.errors import NotFound
from lis.wire.astm import Records
from lis.wire.er7 import Message, decode

CAPTURES = Path(__file__).parent / "captures"
ZONE = ZoneInfo("America/Chicago")
TUBE = "262450001011"


def captured(name: str) -> Reading:
    """The one reading of a profile's capture."""
    [path] = CAPTURES.glob(f"{name}.*")
    text = decode(path.read_bytes())[0]
    if path.suffix == ".astm":
        [reading] = read_records(Records.parse(text), profile(name), ZONE)
    else:
        [reading] = read_results(Message.parse(text), profile(name), ZONE)
    return reading


def told(reading: Reading) -> list[tuple[str, str, str, tuple[str, ...], str]]:
    """Code, value, unit, flags of what is a result; and `held` for what is doubted."""
    return [
        (one.code, one.value, one.unit, one.flags, "held" if one.doubt else one.status)
        for one in reading.specimen.observations
        if not one.supplemental
    ]


@pytest.mark.parametrize(
    ("name", "results"),
    [
        (
            "mindray-bc",
            [
                ("6690-2", "6.42", "10*9/L", ("N",), "F"),
                ("718-7", "***", "g/L", ("L", "A"), "held"),
                ("26477-0", "", "10*9/L", (), "held"),
            ],
        ),
        (
            "mindray-bs",
            [
                ("5", "141.000000", "mmol/L", ("N",), "F"),
                ("6", "5.900000", "mmol/L", ("H",), "F"),
            ],
        ),
        ("ihe-law", [("101", "141", "mmol/L", ("N",), "F")]),
        (
            "roche-cobas-c",
            [("989/", "141", "mmol/L", ("N",), "F"), ("990/", "5.9", "mmol/L", ("A",), "held")],
        ),
        ("abbott-architect", [("651", "182000", "mIU/mL", (), "F")]),
        ("cepheid-genexpert", [("HIVVL", "512", "copies/mL", (), "F")]),
        (
            "horiba-yumizen",
            [
                ("WBC", "6.42", "10E3/uL", ("N",), "F"),
                ("HGB", "13.1", "g/dL", ("N",), "held"),
                ("PLT", "-----", "10E3/uL", ("N",), "held"),
            ],
        ),
    ],
)
def test_a_capture_is_read_by_its_profile(
    name: str, results: list[tuple[str, str, str, tuple[str, ...], str]]
) -> None:
    reading = captured(name)

    assert (reading.specimen.role, reading.specimen.container) == ("patient", TUBE)
    assert told(reading) == results


@pytest.mark.parametrize("name", ["mindray-bc", "mindray-bs"])
def test_a_control_is_told_by_the_senders_own_mark(name: str) -> None:
    text = (CAPTURES / f"{name}.hl7").read_text("utf-8")
    marked = text.replace("|1|P|2.3.1", "|1|Q|2.3.1").replace("|2.3.1||||0|", "|2.3.1||||2|")

    [reading] = read_results(Message.parse(marked), profile(name), ZONE)

    assert reading.specimen.role == "control"


def test_every_profile_can_be_read_and_every_described_sender_has_a_capture() -> None:
    described = {name for name in names() if profile(name).senders} | {"ihe-law"}
    assert {path.stem for path in CAPTURES.iterdir()} == described


def test_senders_are_recognised_by_name() -> None:
    assert recognised("BC-5380", "Mindray", "hl7") == "mindray-bc"
    assert recognised("GeneXpert PC", "", "astm") == "cepheid-genexpert"
    assert recognised("GeneXpert PC", "", "hl7") == ""
    assert recognised("ARCHITECT", "", "astm") == "abbott-architect"
    assert recognised("WHOEVER", "LAB", "hl7") == ""


def test_a_new_sender_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "new-sender.yaml").write_text("title: New\naccepts: [ORU^R01]\ncontainer: [OBR-2]\n", "utf-8")
    monkeypatch.setattr("lis.interfaces.profiles.FOLDER", tmp_path)

    assert profile("new-sender").container == ("OBR-2",)


def test_an_unknown_profile_and_an_unknown_trait_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotFound, match="There are: abbott-architect"):
        profile("no-such-profile")
    (tmp_path / "wrong.yaml").write_text("barcode: OBR-2\n", "utf-8")
    monkeypatch.setattr("lis.interfaces.profiles.FOLDER", tmp_path)
    with pytest.raises(ValueError, match="no such trait: barcode"):
        profile("wrong")
    assert tmp_path != FOLDER
