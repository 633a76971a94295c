"""Results on the wire as facts: codes, values, flags, roles, and whose they are."""

from __future__ import annotations

import sys
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from lis.domain.observations import ReportedObservation
from lis.interfaces.hl7.results import Reading, read_results
from lis.interfaces.profiles import Profile, profile
from lis.wire.er7 import Message

ZONE = ZoneInfo("America/Chicago")
GENERIC = profile("generic-oru")


def read(*segments: str, traits: Profile = GENERIC, kind: str = "ORU^R01") -> tuple[Reading, ...]:
    lines = [f"MSH|^~\\&|A|B|||||{kind}|1|T|2.5.1", *segments]
    return read_results(Message.parse("\r".join(lines)), traits, ZONE)


def one(obx: str, traits: Profile = GENERIC) -> ReportedObservation:
    [reading] = read("OBR|1||C1", obx, traits=traits)
    [observation] = reading.specimen.observations
    return observation


@pytest.mark.parametrize(
    ("field", "code", "loinc"),
    [
        ("101^Sodium^L", "101", ""),
        ("2951-2^Sodium^LN", "2951-2", "2951-2"),
        ("2951-2^Sodium^LN^101^Na^L", "101", "2951-2"),
        ("101^Na^99ABC^2951-2^Sodium^LN", "101", "2951-2"),
        ("^^^WBC^White cells", "WBC", ""),
        ("2951-2^Sodium^LOINC", "2951-2", "2951-2"),
        ("^^", "", ""),
    ],
)
def test_the_code_is_the_senders_own_and_the_loinc_is_named_as_such(
    field: str, code: str, loinc: str
) -> None:
    observation = one(f"OBX|1|NM|{field}||1|mmol/L|||||F")

    assert (observation.code, observation.loinc) == (code, loinc)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("NM", "0.10", "0.10"),
        ("SN", "<^0.01", "<0.01"),
        ("SN", "^1^:^128", "1:128"),
        ("SN", "^3^-^5", "3-5"),
        ("SN", ">=^200", ">=200"),
        ("ST", "< 20", "< 20"),
        ("ST", "A & B^C", "A & B^C"),
        ("CE", "POS^Positive^L", "POS"),
        ("CWE", "^Positive", "Positive"),
        ("TX", "one\\.br\\two", "one\ntwo"),
        ("NM", '""', ""),
        ("NM", "27~25", "27~25"),
    ],
)
def test_a_value_is_one_text_with_everything_that_was_said(kind: str, field: str, value: str) -> None:
    assert one(f"OBX|1|{kind}|X||{field}||||||F").value == value


def test_flags_skip_empty_repetitions_and_go_through_the_dictionary() -> None:
    assert one("OBX|1|NM|X||1|||~N|||F").flags == ("N",)
    assert one("OBX|1|NM|X||1|||H~A|||F").flags == ("H", "A")
    assert one("OBX|1|NM|X||1|||Alto|||F", traits=profile("mindray-bs")).flags == ("H",)


@pytest.mark.parametrize(
    ("obx", "doubt"),
    [
        ("OBX|1|NM|X||1||||||F", ""),
        ("OBX|1|NM|X||||||||F", "Declared final, but without a value."),
        ("OBX|1|NM|X||1||||||F\rcut off", "A line without segment id follows: the value may have been cut."),
        ("OBX|1|NM|X||1||||||FOBX|2|NM|Y", "A OBX segment seems to be glued to this one."),
    ],
)
def test_what_may_have_been_cut_or_is_empty_is_doubted(obx: str, doubt: str) -> None:
    assert one(obx).doubt == doubt


def test_images_raw_data_and_observations_of_the_specimen_are_supplemental() -> None:
    [reading] = read(
        "OBR|1||C1",
        "OBX|1|NM|X||1||||||F",
        "OBX|2|ED|P||^IM^PNG^Base64^AA==||||||F",
        "OBX|3|NM|R^^^S_RAW^^IHELAW||9||||||F",
        "SPM|1|C1",
        "OBX|4|NM|VOLUME||3|mL|||||F",
    )

    assert [one.supplemental for one in reading.specimen.observations] == [False, True, True, True]


def test_two_patients_are_two_readings_and_one_tube_is_one() -> None:
    readings = read(
        *("PID|||M1||A^B", "OBR|1||C1", "OBX|1|NM|X||1||||||F", "OBR|2||C1", "OBX|1|NM|Y||2||||||F"),
        *("PID|||M2||C^D", "OBR|1||C2", "OBX|1|NM|X||3||||||F"),
    )

    found = [
        (one.specimen.patient_id, one.specimen.container, [o.seq for o in one.specimen.observations])
        for one in readings
    ]
    assert found == [("M1", "C1", [1, 2]), ("M2", "C2", [3])]


def test_law_reads_the_specimen_first_and_the_order_after_its_request() -> None:
    [reading] = read(
        "SPM|1|^C1||SER|||||||P",
        "SAC|||C9",
        'OBR|1|""||101^Na^L',
        "ORC|SC||||CM",
        "OBX|1|NM|101^Na^L|1|141|mmol/L|||||F|||||OP||MODEL^MAKER|20260302060500",
        "TCD|101|^1^:^2",
        "INV|R1|OK|SR|||||||||||||LOT7",
        traits=profile("ihe-law"),
        kind="OUL^R22",
    )
    [observation] = reading.specimen.observations

    assert (reading.specimen.container, reading.specimen.role) == ("C9", "patient")
    assert observation.extra["reagent_lot"] == "LOT7"
    assert observation.extra["dilution"] == "1:2"
    assert observation.extra["operator"] == "OP"
    assert observation.observed_at is not None


VALUE = "OBX|1|NM|X||1||||||F"


def reagents(count: int, kind: str = "SR") -> list[str]:
    return [f"INV|R{n}|OK|{kind}|||||||||||||LOT{n}" for n in range(count)]


def test_lots_of_reagents_are_told_once_each_those_of_the_value_first() -> None:
    [reading] = read(
        "SPM|1|C1", *reagents(3), "OBR|1", VALUE, *reagents(5)[2:], "OBR|2", VALUE, kind="OUL^R22"
    )

    lots = [one.extra["reagent_lot"] for one in reading.specimen.observations]
    assert lots == ["LOT2~LOT3~LOT4~LOT0~LOT1", "LOT0~LOT1~LOT2"]


def test_what_is_no_reagent_has_no_lot_and_too_many_are_not_all_told() -> None:
    [reading] = read(
        "SPM|1|C1", *reagents(9, "CO"), "OBR|1", VALUE, "OBR|2", VALUE, *reagents(21), kind="OUL^R22"
    )

    first, second = (one.extra.get("reagent_lot", "") for one in reading.specimen.observations)
    assert first == ""
    assert second.split("~") == [*(f"LOT{n}" for n in range(20)), "and others"]


def test_what_stands_before_many_orders_is_looked_at_once() -> None:
    """Four times as many of all are four times the work, not sixteen times."""

    def calls(count: int) -> int:
        tubes = [f"SAC|||C{n}" for n in range(count)]
        orders = [part for n in range(count) for part in (f"OBR|{n}", VALUE)]
        made = 0

        def note(_frame: object, event: str, _about: object) -> None:
            nonlocal made
            made += event == "call"

        sys.setprofile(note)
        try:
            read("SPM|1|C0", *tubes, *reagents(count), *orders, kind="OUL^R22")
        finally:
            sys.setprofile(None)
        return made

    assert calls(400) < 5 * calls(100)


@pytest.mark.parametrize(
    ("after", "dilution"),
    [
        (("NTE|1||Diluted 1:5 by the analyzer, factor applied",), "1:5"),
        (("NTE|1||Seen", "NTE|2||diluted 1:2.5, factor applied"), "1:2.5"),
        (("NTE|1||Diluted 1:5",), None),  # whether the factor was applied is not said
        (("NTE|1||Diluted by hand, factor applied",), None),
        (("TCD|101|^1^:^2", "NTE|1||Diluted 1:5 by the analyzer, factor applied"), "1:2"),
        ((), None),
    ],
)
def test_dilution_is_read_from_a_comment_where_the_message_has_no_field_for_it(
    after: tuple[str, ...], dilution: str | None
) -> None:
    segments = ("OBR|1||C1", "OBX|1|NM|101||612|mmol/L|||||F", *after)
    [reading] = read(*segments, traits=profile("generic-oru"))
    assert reading.specimen.observations[0].extra.get("dilution") == dilution
    [unread] = read(*segments[:2], *after[-1:], traits=profile("mindray-bs"))
    assert unread.specimen.observations[0].extra.get("dilution") is None


@pytest.mark.parametrize(
    ("segments", "role"),
    [
        (("SPM|1|K-1|L1||||||||Q", "SAC|||K-1", "OBR|1", "OBX|1|NM|X||1||||||F"), "control"),
        (("PID|||M1", "SPM|1|K-1|L1||||||||Q", "OBR|1", "OBX|1|NM|X||1||||||F"), "doubtful"),
        (("SPM|1|K|L1||||||||C", "OBR|1", "OBX|1|NM|X||1||||||F"), "doubtful"),
        (("SPM|1|C1|||||||||P", "OBR|1", "OBX|1|NM|X||1||||||F"), "patient"),
    ],
)
def test_the_role_is_read_from_marks_and_never_guessed(segments: tuple[str, ...], role: str) -> None:
    [reading] = read(*segments, kind="OUL^R22")

    assert reading.specimen.role == role


def test_a_control_gives_its_material_lot_level_and_run() -> None:
    [reading] = read(
        *("SPM|1|K-2|||||||||Q", "SAC|||K-2", "INV|K-2||CO|||||||||||||LOT9", "OBR|1"),
        "OBX|1|NM|X|5|1||||||F",
        kind="OUL^R22",
    )
    control = reading.specimen.control

    assert control is not None
    assert (control.material, control.lot, control.level, control.run) == ("K", "LOT9", 2, "5")


def test_cobas_style_values_stand_in_the_flag() -> None:
    traits = replace(GENERIC, values={"ND": "Not detected"})

    assert one("OBX|1|ST|X||ValueNotSet|||ND|||F", traits=traits).value == "Not detected"
    assert one("OBX|1|ST|X||ValueNotSet|||NEG^^99ROC|||F").value == "NEG"
    assert one("OBX|1|ST|X||ValueNotSet||||||F").doubt == "Declared final, but without a value."


def test_one_text_is_read_by_each_messages_own_delimiters() -> None:
    segments = ["OBR|1||C1", "OBX|1|NM|A^B^L||1|g^L|||||F", "OBX|2|NM|A^B^L||1|g^L|||||F"]
    read_by = {
        marks: [
            (observation.code, observation.name, observation.unit)
            for reading in read_results(
                Message.parse("\r".join([f"MSH|{marks}|A|B|||||ORU|1|T|2.5.1", *segments])), GENERIC, ZONE
            )
            for observation in reading.specimen.observations
        ]
        for marks in ("^~\\&", "%~\\&", "%~^&")
    }
    assert read_by == {
        "^~\\&": [("A", "B", "g")] * 2,
        "%~\\&": [("A^B^L", "", "g^L")] * 2,
        "%~^&": [("A^B^L", "", "g^L")] * 2,
    }


@pytest.mark.parametrize(
    ("field", "unit"),
    [
        ("mmol/L", "mmol/L"),
        ("10^3/uL", "10^3/uL"),
        (" 10^9/L^x", "10^9/L"),
        ("10\\S\\3/uL", "10^3/uL"),
        ("10*3/uL^K/uL^UCUM", "10*3/uL"),
        ("10^ten^L", "10"),
        ("^K/uL", "K/uL"),
    ],
)
def test_a_power_of_ten_is_one_unit_though_its_mark_cuts_components(field: str, unit: str) -> None:
    assert one(f"OBX|1|NM|101||1|{field}|||||F").unit == unit
