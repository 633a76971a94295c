"""Captured messages of real systems, each held to what its index says a correct laboratory does with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lis.interfaces.batch import Feeder
from lis.storage.packs import pack_files
from lis.wire.er7 import msh_fields
from lis.wire.mllp import Framer, Payload
from tests.labs import PACK

Told = dict[str, Any]

# Files whose every message is taken and held, because nothing was ordered here; the rest by their replies.
ACCEPTED = (
    "001",
    "003",
    "005",
    "007",
    "009",
    "017",
    "025",
    "027",
    "031",
    "033",
    "035",
    "037",
    "039",
    "045",
    "049",
    "053",
    "055",
    "057",
    "059",
    "061",
    "063",
    "065",
    "067",
    "069",
    "079",
    "087",
    "095",
    "101",
    "104",
    "106",
    "107",
)
COMMITTED = (
    "019",
    "029",
    "099",
)  # MSH-15 AL, MSH-16 NE: an accept acknowledgement and nothing else
REFUSED = {
    "011": ["AR 200"],
    "013": ["AR 201"],
    "015": ["AE 100"],
    "021": ["CR 200"],  # MSH-15 AL, MSH-16 AL: the type is refused at the accept level
    "023": ["AR 200"],
    "043": ["AR 200"],
    "047": ["AR 200", "AR 200"],
    "071": ["AR 200"],
    "075": ["AR 200"],
    "077": ["AR 200"],
    "083": ["AR 200"],
    "091": ["AR 200"],
    "103": ["AR 200"],
}
UNANSWERED = (
    "041",
    "085",
    "089",
)  # answers to nothing that was asked
DEAD = (
    "073",
    "081",
    "093",
)
CONTROLS = (
    "105",
    "111",
)
RECORDS = (
    "109",
    "113",
    "115",
    "117",
    "119",
    "121",
    "123",
    "125",
    "127",
    "129",
    "130",
    "131",
    "132",
    "133",
)
MIXED = (
    "051",
    "097",
)


@pytest.fixture(scope="module")
def files(corpus: Path) -> dict[str, Path]:
    return {path.name[:3]: path for path in sorted(corpus.iterdir()) if re.match(r"\d{3}_", path.name)}


@pytest.fixture(scope="module")
def told(files: dict[str, Path]) -> Iterator[dict[str, Told]]:
    """What became of each file in an empty laboratory."""
    with Feeder(pack_files(PACK)) as feeder:
        yield {number: feeder.feed(path) for number, path in files.items()}


def codes(told: Told) -> list[str]:
    return [" ".join([reply["msa1"], *reply["errors"]]) for reply in told["replies"]]


def test_every_file_is_held_to_something(files: dict[str, Path]) -> None:
    known = [*ACCEPTED, *COMMITTED, *REFUSED, *UNANSWERED, *DEAD, *CONTROLS, *RECORDS, *MIXED]
    assert sorted(known) == sorted(files)


def test_nothing_is_filed_without_an_order(told: dict[str, Told]) -> None:
    assert {number: one["filed"] for number, one in told.items() if one["filed"]} == {}


def test_what_is_taken_is_held_with_a_reason(told: dict[str, Told]) -> None:
    taken = {number: codes(told[number]) for number in [*ACCEPTED, *COMMITTED]}
    assert taken == {key: ["AA"] for key in ACCEPTED} | {key: ["CA"] for key in COMMITTED}
    assert [number for number in taken if not told[number]["held"]] == []
    assert [one["reason"] for one in told["029"]["held"]] == ["message.no_results"]
    assert [one["reason"] for one in told["065"]["held"]] == ["container.missing"]


def test_what_is_not_acceptable_is_refused_with_its_code(told: dict[str, Told]) -> None:
    assert {number: codes(told[number]) for number in REFUSED} == REFUSED
    assert [number for number in REFUSED if told[number]["held"]] == []
    assert told["015"]["dead_letter"]


def test_an_answer_is_not_answered_and_no_header_is_a_dead_letter(told: dict[str, Told]) -> None:
    assert [codes(told[number]) for number in [*UNANSWERED, *DEAD]] == [[]] * 6
    assert [told[number]["dead_letter"] for number in [*UNANSWERED, *DEAD]] == [False] * 3 + [True] * 3


def test_files_of_several_messages_are_answered_one_by_one(told: dict[str, Told]) -> None:
    assert codes(told["097"]) == ["AR 200", "AA"]
    assert len(told["097"]["held"]) == 14
    # Thirteen messages: two without MSH-10, one that is an answer; five of the rest hold results.
    assert codes(told["051"]) == [
        *("AR 200", "AR 200", "AA", "AA", "AR 200", "AA", "AR 200", "AA", "AA", "AR 200")
    ]


def test_control_runs_reach_quality_control_and_no_patient(told: dict[str, Told]) -> None:
    assert [codes(told[number]) for number in CONTROLS] == [["AA"], ["ACK"]]
    assert [told[number]["held"] for number in CONTROLS] == [[], []]
    levels = {(one["lot"], one["level"]) for one in told["105"]["qc"]}
    assert levels == {("6", 2)}
    assert {(one["material"], one["lot"]) for one in told["111"]["qc"]} == {("CTRL MEDIUM", "PX440N")}


def test_records_are_acknowledged_and_held(told: dict[str, Told]) -> None:
    assert {number: codes(told[number]) for number in RECORDS} == {key: ["ACK"] for key in RECORDS}
    assert [number for number in RECORDS if not told[number]["held"]] == []
    assert {one["reason"] for one in told["119"]["held"]} == {"query.unsound"}


def test_the_number_comes_back_byte_for_byte(told: dict[str, Told], files: dict[str, Path]) -> None:
    single = [number for number in [*ACCEPTED, *COMMITTED, *REFUSED] if number not in ("047", "101")]
    sent = {number: msh_fields(files[number].read_bytes())[10] for number in single if number != "077"}
    assert {number: told[number]["replies"][0]["msa2"] for number in sent} == sent
    assert told["077"]["replies"][0]["msa2"] == "MSG10009"


def order(patient: str, container: str, *tests: str, placer: str = "") -> dict[str, Any]:
    """What is preloaded; tests as `code` or `code|unit`."""
    wanted = [dict(zip(("code", "unit"), test.split("|"), strict=False)) for test in tests]
    return {
        "patient": {"id": patient, "family": "Anybody", "given": "A", "birth_date": "1980-01-01", "sex": "F"},
        "container": container,
        "placer": placer,
        "tests": wanted,
        "received": True,
    }


def fed(path: Path, *orders: dict[str, Any], **options: Any) -> Told:
    with Feeder(pack_files(PACK), preload=orders, **options) as feeder:
        return feeder.feed(path)


def filed(told: Told) -> list[tuple[str, str, str, str]]:
    return [(one["test"], one["value"], one["unit"], one["status"]) for one in told["filed"]]


def reasons(told: Told) -> list[str]:
    return [one["reason"] for one in told["held"]]


def test_results_are_filed_on_the_order_their_numbers_name(files: dict[str, Path]) -> None:
    pid = patient_of(files["069"])

    told = fed(files["069"], order(pid, "FLR001", "WBC|K/uL", "HGB|g/dL", "HCT|%"))

    assert filed(told) == [
        ("WBC", "7.5", "K/uL", "F"),
        ("HGB", "14.2", "g/dL", "F"),
        ("HCT", "42.1", "%", "F"),
    ]
    assert told["filed"][0]["patient"] == pid


def test_another_patient_under_the_same_number_is_held(files: dict[str, Path]) -> None:
    told = fed(files["007"], order("SOMEBODY-ELSE", "FILLER012", "GLU", "UREA", "CREA"))

    assert (filed(told), set(reasons(told))) == ([], {"patient.mismatch"})


def test_statuses_keep_their_meaning(files: dict[str, Path]) -> None:
    preliminary = fed(files["063"], order(patient_of(files["063"]), "FIL001", "2823-3|mmol/L"))
    without = fed(files["057"], order(patient_of(files["057"]), "FIL001", "2823-3"))

    assert filed(preliminary) == [("2823-3", "4.2", "mmol/L", "P")]
    assert (filed(without), reasons(without)) == ([], ["status.empty"])


def test_a_unit_of_another_size_is_held_alone(files: dict[str, Path]) -> None:
    told = fed(files["019"], order(patient_of(files["019"]), "R-991133", "718-7|g/dL", "20570-8|%"))

    assert filed(told) == [("20570-8", "41", "%", "F")]
    assert "unit.mismatch" in reasons(told)


def test_analyzer_settings_and_empty_values_are_no_results(files: dict[str, Path]) -> None:
    codes = ("6690-2|10*9/L", "704-7|10*9/L", "30525-0", "08001", "01002")
    told = fed(files["104"], order(patient_of(files["104"]), "20071207011", *codes))

    assert filed(told) == [("6690-2", "9.81", "10*9/L", "F")]
    assert "observation.doubtful" in reasons(told)  # 704-7: final, but empty


def test_an_alarm_of_the_instrument_holds_its_result(files: dict[str, Path]) -> None:
    told = fed(files["109"], order("P1", "CL-PL-24-0370", "685/|U/l", "687/|U/l", "712/|umol/l"))

    assert filed(told) == [("687/", "15.0", "U/l", "F"), ("712/", "4.1", "umol/l", "F")]
    assert reasons(told).count("observation.doubtful") == 2


def test_units_in_records_are_compared_too(files: dict[str, Path]) -> None:
    told = fed(files["121"], order("PAT-2025-007", "SAMPLE-2025-0007", "GLUCOSE|mg/dL", "UREA|mmol/L"))

    assert filed(told) == [("UREA", "5.2", "mmol/L", "F")]
    assert "unit.mismatch" in reasons(told)


@pytest.mark.parametrize(
    ("number", "container", "value"),
    [
        ("130", "HIV-1 30cp", [("HIVVL", "<40", "copies/mL", "F")]),
        ("131", "", [("HIVVL", ">10000000", "copies/mL", "F")]),
        ("132", "", []),
        ("133", "Error", []),
    ],
)
def test_off_scale_values_keep_their_comparator_and_failed_runs_give_none(
    files: dict[str, Path], number: str, container: str, value: list[tuple[str, ...]]
) -> None:
    sent = re.search(rb"[\r\n]O\|1\|([^|]*)", files[number].read_bytes())
    assert sent is not None

    told = fed(files[number], order("P1", container or sent[1].decode(), "HIVVL|copies/mL"))

    assert filed(told) == value
    assert reasons(told) == ([] if value else ["observation.doubtful"])


def test_four_assays_of_one_cartridge_are_four_results(files: dict[str, Path]) -> None:
    told = fed(files["129"], order("P1", "15_CoV2_FluA_FluB_RSV_c", "SARSCOV2", "FLUA", "FLUB", "RSV"))

    assert [(test, value) for test, value, *_ in filed(told)] == [
        (test, "POSITIVE") for test in ("SARSCOV2", "FLUA", "FLUB", "RSV")
    ]
    assert reasons(told) == []


def test_orders_are_taken_when_they_are_wanted(files: dict[str, Path]) -> None:
    told = fed(files["011"], orders=True)

    assert codes(told) == ["AE 103"]  # taken, but it orders what this laboratory does not do


def patient_of(path: Path) -> str:
    """PID-3.1 of the first patient, read without our own reader."""
    raw = path.read_bytes()
    frames = [event.data for event in Framer().feed(raw) if isinstance(event, Payload)]
    text = (frames[0] if frames else raw).decode("latin-1")
    pid = next(line for line in re.split(r"[\r\n]+", text) if line.startswith("PID|"))
    return pid.split("|")[3].split("~")[0].split("^")[0]
