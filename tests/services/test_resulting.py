"""From an analyzer's word to a version, or to a hold with a reason; typing and correcting."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lis.domain.requests import PatientDetails
from lis.kernel.errors import Conflict, Invalid, NotAllowed
from lis.services import ordering, resulting, verifying, working
from lis.storage import tables as t
from tests.labs import BEN
from tests.services.bench import Bench

LYTES = {"NA": "140", "K": "4.1", "CL": "103", "CO2": "25", "HIDX": "5", "IIDX": "1", "LIDX": "10"}


@pytest.fixture
def placed(small: Bench) -> ordering.PlacedOrder:
    """Electrolytes and coagulation received, controls in."""
    small.run_controls()
    placed = small.order("LYTES", "COAGS")
    small.receive(*placed.container_ids)
    return placed


def test_a_whole_panel_is_filed_calculated_and_passes(small: Bench, placed: ordering.PlacedOrder) -> None:
    assert small.measure(placed.container_ids[1], LYTES) == [("filed", "")] * 7
    assert {test: small.value(placed.accession, test) for test in ("NA", "K", "AGAP")} == {
        "NA": ("F", "140", 1, []),
        "K": ("F", "4.1", 1, []),
        "AGAP": ("F", "12", 1, []),
    }
    work_left = [row.state for row in small.rows(t.analyzer_work, analyzer="CHEM-1")]
    assert work_left == ["done"] * 7


def test_what_does_not_fit_is_held_with_its_reason_and_on_no_chart(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    citrate, serum = placed.container_ids
    other = small.order("LYTES", patient=BEN, numbers=["B1"]).container_ids[0]
    cases = [
        (serum, {"XX": "1"}, {}, "code.unmapped"),
        (serum, {"CREA": "1.0"}, {}, "test.not_ordered"),
        (citrate, {"NA": "140"}, {}, "container.other"),
        (other, {"NA": "140"}, {}, "container.not_received"),
        ("", {"NA": "140"}, {}, "container.missing"),
        ("H0002", {"NA": "140"}, {}, "container.unmatched"),
        (serum, {"NA": "140"}, {"patient": "M1002"}, "patient.mismatch"),
        (serum, {"NA": "140"}, {"name": "Baker, Ben"}, "patient.name_mismatch"),
        (serum, {"NA": "140"}, {"status": "C"}, "status.no_earlier"),
        (serum, {"NA": "140"}, {"status": "?"}, "status.unknown"),
        (serum, {"NA": "140"}, {"status": ""}, "status.empty"),
    ]
    answers = [small.measure(tube, values, **said) for tube, values, said, _ in cases]
    assert answers == [[("held", reason)] for *_, reason in cases]
    assert small.rows(t.result_version) == []


def test_a_patient_named_rightly_or_not_at_all_is_filed(small: Bench, placed: ordering.PlacedOrder) -> None:
    serum = placed.container_ids[1]
    assert small.measure(serum, {"NA": "140"}, patient="M1001") == [("filed", "")]
    assert small.measure(serum, {"K": "4.0"}) == [("filed", "")]
    assert small.measure(serum, {"CL": "104"}, name="ARCHER, A") == [("filed", "")]
    assert small.measure(serum, {"CO2": "24"}, name="Other, Name", patient="M1001") == [("filed", "")]


@pytest.mark.parametrize(
    ("sent", "answers", "in_force"),
    [
        ([("140", "F"), ("140", "F")], ["filed", "repeated"], ("F", "140", 1)),
        ([("140", "F"), ("141", "F")], ["filed", "held"], ("F", "140", 1)),
        ([("139", "P"), ("140", "F")], ["filed", "filed"], ("F", "140", 2)),
        ([("140", "F"), ("139", "P")], ["filed", "held"], ("F", "140", 1)),
        ([("140", "P"), ("", "U")], ["filed", "filed"], ("F", "140", 2)),
        ([("140", "F"), ("145", "C")], ["filed", "filed"], ("C", "145", 2)),
        ([("", "X")], ["filed"], ("X", "", 1)),
        ([("", "I"), ("140", "F")], ["supplemental", "filed"], ("F", "140", 1)),
    ],
)
def test_statuses_in_turn(
    small: Bench,
    placed: ordering.PlacedOrder,
    sent: list[tuple[str, str]],
    answers: list[str],
    in_force: tuple[str, str, int],
) -> None:
    tube = placed.container_ids[1]
    got = [small.measure(tube, {"NA": value}, status=status)[0][0] for value, status in sent]
    assert got == answers
    assert small.value(placed.accession, "NA")[:3] == in_force


def test_a_withdrawn_value_waits_again_and_its_versions_stay(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.measure(placed.container_ids[1], {"NA": "140"})
    small.measure(placed.container_ids[1], {"NA": ""}, status="D")
    assert small.states(placed.accession)["NA"] == "pending"
    assert [row.value for row in small.rows(t.result_version)] == ["140"]


@pytest.mark.parametrize(
    ("first", "second", "answers"),
    [
        ("140", "140.0", [("filed", ""), ("held", "observation.twice")]),
        ("140", "see comment", [("filed", ""), ("held", "observation.twice")]),
        ("140", "150", [("held", "observation.twice")] * 2),
        ("140", ">140", [("held", "observation.twice")] * 2),
    ],
)
def test_a_test_sent_twice_in_one_message_counts_once_or_for_different_numbers_never(
    small: Bench, placed: ordering.PlacedOrder, first: str, second: str, answers: list[tuple[str, str]]
) -> None:
    assert sorted(small.measure(placed.container_ids[1], {"NA": first, "NA ": second})) == answers


@pytest.mark.parametrize(
    ("value", "reasons"),
    [
        ("170", ["critical.high", "review.outside"]),
        ("210", ["measuring_range.above", "critical.high", "review.outside"]),
        ("140!QCF", ["analyzer_flags.warning"]),
        ("abc", ["value.not_a_number"]),
    ],
)
def test_values_that_a_person_must_see_come_on_hold(
    small: Bench, placed: ordering.PlacedOrder, value: str, reasons: list[str]
) -> None:
    small.measure(placed.container_ids[1], LYTES | {"NA": value})
    assert small.states(placed.accession)["NA"] == "on_hold"
    assert small.value(placed.accession, "NA")[3] == reasons


def test_without_controls_and_with_failed_ones_everything_holds(small: Bench) -> None:
    for number, off, reason in (("A", None, "qc.none"), ("B", 4, "qc.beyond_3sd")):
        if off is not None:
            small.run_controls(off_by_sd=off)
        placed = small.order("LYTES", numbers=[number])
        small.receive(*placed.container_ids)
        small.measure(placed.container_ids[0], LYTES)
        assert small.states(placed.accession)["NA"] == "on_hold"
        assert small.value(placed.accession, "NA")[3] == [reason]


def test_typing_takes_a_received_tube_a_value_and_a_reason_to_replace(small: Bench) -> None:
    placed = small.order("LYTES")

    def enter(test: str, value: str, reason: str = "") -> None:
        with small.work("technician") as work:
            resulting.enter_result(work, placed.accession, test, value, reason=reason)

    for test, value, code in (("NA", "140", "result.not_received"), ("AGAP", "12", "result.calculated")):
        with pytest.raises((Conflict, Invalid)) as refused:
            enter(test, value)
        assert refused.value.code == code
    small.receive(*placed.container_ids)
    with pytest.raises(Invalid):
        enter("NA", " ")
    enter("NA", "140")
    with pytest.raises(Invalid) as again:
        enter("NA", "141")
    assert again.value.code == "reason.missing"
    enter("NA", "141", "misread")
    assert small.value(placed.accession, "NA")[:3] == ("F", "141", 2)
    assert [row.reason for row in small.rows(t.result_version)] == ["", "misread"]


def test_a_correction_reaches_what_is_calculated_from_it(small: Bench, placed: ordering.PlacedOrder) -> None:
    small.measure(placed.container_ids[1], LYTES)
    tests = ("NA", "K", "CL", "CO2", "AGAP")
    small.verify(placed.accession, *tests)
    small.release(placed.accession, *tests)
    assert small.tests(placed.accession)["LYTES"] == "complete"
    with small.work("technologist") as work:
        resulting.correct_result(work, placed.accession, "NA", "135", reason="wrong tube position", shown=1)
    assert small.value(placed.accession, "NA")[:3] == ("C", "135", 2)
    assert small.value(placed.accession, "AGAP")[:3] == ("C", "7", 2)
    assert small.tests(placed.accession)["LYTES"] == "in_lab"
    assert small.row(t.lab_order).state == "open"
    small.verify(placed.accession, "NA", "AGAP")
    small.release(placed.accession, "NA", "AGAP")
    assert small.tests(placed.accession)["LYTES"] == "complete"
    assert [row.kind for row in small.rows(t.call)] == ["corrected", "corrected"]


def test_correcting_takes_the_act_a_reason_the_present_version_and_an_accepted_value(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.measure(placed.container_ids[1], LYTES)

    def correct(role: str = "technologist", reason: str = "wrong", shown: int | None = None) -> None:
        with small.work(role) as work:
            resulting.correct_result(work, placed.accession, "NA", "135", reason=reason, shown=shown)

    with pytest.raises(Conflict) as early:
        correct()
    assert early.value.code == "result.not_released"
    small.verify(placed.accession, "NA")
    for refusal, said in ((NotAllowed, {"role": "technician"}), (Invalid, {"reason": ""})):
        with pytest.raises(refusal):
            correct(**said)
    with pytest.raises(Conflict) as stale:
        correct(shown=3)
    assert stale.value.code == "result.stale"
    correct()
    assert small.value(placed.accession, "NA")[:3] == ("F", "135", 2)


def test_a_calculated_value_is_as_old_as_what_it_is_made_of(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    """Sodium is critical and accepted hours later: the gap of then is judged anew, not one of a tube as old as now."""
    small.measure(placed.container_ids[1], LYTES | {"NA": "165", "CL": "126"})
    small.clock.advance(timedelta(hours=5))
    small.verify(placed.accession, "NA")
    assert small.value(placed.accession, "AGAP")[3] == ["calculation.input_on_hold"]
    small.verify(placed.accession, "CL")
    assert small.value(placed.accession, "AGAP")[3] == []


def test_an_input_that_no_longer_computes_takes_the_calculated_value_back(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.measure(placed.container_ids[1], LYTES)
    small.verify(placed.accession, "NA", "K", "CL", "CO2", "AGAP")
    small.release(placed.accession, "NA", "K", "CL", "CO2", "AGAP")
    with small.work("technologist") as work:
        resulting.correct_result(work, placed.accession, "CL", "<50", reason="diluted")
    assert small.value(placed.accession, "AGAP") == ("X", "", 2, ["calculation.no_value"])
    assert small.states(placed.accession)["AGAP"] == "on_hold"


@pytest.mark.parametrize(("second", "status"), [("140", "F"), ("130", "C")])
def test_a_rerun_of_a_released_value_corrects_it_only_when_it_differs(
    small: Bench, placed: ordering.PlacedOrder, second: str, status: str
) -> None:
    small.measure(placed.container_ids[1], LYTES)
    small.verify(placed.accession, "NA")
    small.release(placed.accession, "NA")
    with small.work("technician") as work:
        verifying.request_rerun(work, placed.accession, "NA", reason="clot suspected")
    with small.by_wire() as work:
        tube = work.containers.by_container_id(placed.container_ids[1])
        assert tube is not None
        assert working.work_for(work, "CHEM-1", tube) == ("NA",)
    small.measure(placed.container_ids[1], {"NA": second})
    assert small.value(placed.accession, "NA")[:3] == (status, second, 2)


def test_a_value_not_obtained_waits_as_it_is_while_others_come(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.measure(placed.container_ids[1], {"NA": ""}, status="X")
    small.measure(placed.container_ids[1], {test: LYTES[test] for test in LYTES if test != "NA"})
    assert small.value(placed.accession, "NA") == ("X", "", 1, ["status.not_obtained"])
    assert small.value(placed.accession, "AGAP") == ("X", "", 1, ["calculation.input_missing"])
    small.verify(placed.accession, "NA")
    small.release(placed.accession, "NA")
    small.measure(placed.container_ids[1], {"NA": "140"})
    assert small.value(placed.accession, "NA")[:3] == ("F", "140", 2)
    assert small.states(placed.accession)["AGAP"] == "resulted"


def test_a_formula_that_is_not_for_this_patient_ends_without_a_value_and_holds_nothing(small: Bench) -> None:
    small.run_controls()
    child = PatientDetails("M1009", "Cole", "Cid", date(2020, 5, 17), "M")
    placed = small.order("RENAL", patient=child)
    small.receive(*placed.container_ids)
    small.measure(placed.container_ids[0], {"CREA": "0.4", "HIDX": "5", "IIDX": "1", "LIDX": "10"})
    assert small.states(placed.accession)["EGFR"] == "resulted"
    assert small.value(placed.accession, "EGFR") == ("X", "", 1, [])

    tests = [test for test, state in small.states(placed.accession).items() if state != "pending"]
    small.verify(placed.accession, *tests)
    small.release(placed.accession, *tests)

    assert set(small.tests(placed.accession).values()) == {"complete"}


def test_a_value_with_a_comparator_gives_no_calculated_one_and_a_person_sees_it(small: Bench) -> None:
    small.run_controls()
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    small.measure(placed.container_ids[0], LYTES | {"CL": ">140"})
    assert small.value(placed.accession, "AGAP") == ("X", "", 1, ["calculation.input_unknown"])


@pytest.mark.parametrize(
    ("measured_on", "controls", "holds"),
    [
        ("by_hand", False, []),
        ("", False, ["qc.analyzer_unsaid"]),
        ("", True, ["qc.analyzer_unsaid"]),
        ("CHEM-1", False, ["qc.none"]),
        ("CHEM-1", True, []),
    ],
)
def test_typed_value_passes_the_gate_of_the_analyzer_that_measured_it(
    small: Bench, measured_on: str, controls: bool, holds: list[str]
) -> None:
    if controls:
        small.run_controls()
    placed = small.order("CREA")
    small.receive(*placed.container_ids)
    with small.work() as work:
        resulting.enter_result(work, placed.accession, "CREA", "1.0", measured_on=measured_on)
    assert [one for one in small.value(placed.accession, "CREA")[3] if one.startswith("qc.")] == holds


@pytest.mark.parametrize("measured_on", ["COAG-1", "NOWHERE"])
def test_typed_value_names_no_analyzer_that_does_not_measure_it(small: Bench, measured_on: str) -> None:
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    with small.work() as work, pytest.raises(Invalid) as refused:
        resulting.enter_result(work, placed.accession, "NA", "140", measured_on=measured_on)
    assert refused.value.code == "result.analyzer"


def test_correction_is_of_the_same_analyzer(small: Bench) -> None:
    small.run_controls()
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    with small.work() as work:
        resulting.enter_result(work, placed.accession, "NA", "140", measured_on="CHEM-1")
    small.verify(placed.accession, "NA")
    small.release(placed.accession, "NA")
    with small.work("supervisor") as work:
        resulting.correct_result(work, placed.accession, "NA", "141", reason="misread")
    assert [row.analyzer for row in small.rows(t.result_version, source="person")] == ["CHEM-1", "CHEM-1"]
