"""Verify and release: who may, on which version, and what goes out."""

from __future__ import annotations

import pytest

from lis.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from lis.services import ordering, resulting, verifying
from lis.storage import tables as t
from tests.services.bench import Bench

LYTES = {"NA": "140", "K": "4.1", "CL": "103", "CO2": "25", "HIDX": "5", "IIDX": "1", "LIDX": "10"}
REQUIRED = ("NA", "K", "CL", "CO2", "AGAP")


@pytest.fixture
def placed(small: Bench) -> ordering.PlacedOrder:
    small.run_controls()
    placed = small.order("LYTES", peer="HIS", location="5 WEST")
    small.receive(*placed.container_ids)
    return placed


@pytest.mark.parametrize(
    ("role", "values", "reason", "refusal"),
    [
        ("technician", {}, "", None),
        ("processor", {}, "", NotAllowed),
        ("lis_admin", {}, "", NotAllowed),
        ("technician", {"NA": "170"}, "looked", NotAllowed),
        ("technologist", {"NA": "170"}, "", Invalid),
        ("technologist", {"NA": "170"}, "looked", None),
    ],
)
def test_who_may_verify_what(
    small: Bench,
    placed: ordering.PlacedOrder,
    role: str,
    values: dict[str, str],
    reason: str,
    refusal: type[Refusal] | None,
) -> None:
    small.measure(placed.container_ids[0], LYTES | values)
    if refusal is None:
        small.verify(placed.accession, "NA", role=role, reason=reason)
        row = small.row(t.result, test="NA")
        assert (row.state, row.verified_by, row.verified_at) == ("verified", role, small.clock.now())
        return
    with pytest.raises(refusal):
        small.verify(placed.accession, "NA", role=role, reason=reason)
    assert small.states(placed.accession)["NA"] != "verified"


def test_against_a_failed_control_it_takes_the_override(small: Bench) -> None:
    small.run_controls(off_by_sd=4)
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    small.measure(placed.container_ids[0], LYTES)
    with pytest.raises(NotAllowed) as refused:
        small.verify(placed.accession, "NA", role="technologist")
    assert refused.value.details == {"act": "result.override"}
    small.verify(placed.accession, "NA", role="supervisor")
    assert small.states(placed.accession)["NA"] == "verified"


def test_a_stale_version_refuses_all_of_it(small: Bench, placed: ordering.PlacedOrder) -> None:
    tube = placed.container_ids[0]
    small.measure(tube, {"NA": "139", "K": "4.0"}, status="P")
    seen = small.seen(placed.accession, "NA", "K")
    small.measure(tube, {"K": "4.1"})
    before = small.events()
    with pytest.raises(Conflict) as refused, small.work() as work:
        verifying.verify_results(work, placed.accession, seen, reason="seen")
    assert (refused.value.code, refused.value.details) == (
        "result.stale",
        {"test": "K", "shown": 1, "present": 2},
    )
    assert small.states(placed.accession)["NA"] == "on_hold"
    assert small.events() == before


def test_what_cannot_be_decided_is_refused(small: Bench, placed: ordering.PlacedOrder) -> None:
    small.measure(placed.container_ids[0], {"NA": "140"})
    cases: list[tuple[str, dict[str, int], type[Refusal]]] = [
        (placed.accession, {}, Invalid),
        (placed.accession, {"CREA": 1}, NotFound),
        (placed.accession, {"K": 0}, Conflict),  # nothing there yet
        ("269990001", {"NA": 1}, NotFound),
    ]
    for accession, seen, refusal in cases:
        with pytest.raises(refusal), small.work() as work:
            verifying.verify_results(work, accession, seen, reason="seen")
    with pytest.raises(Conflict), small.work() as work:
        verifying.release_results(work, placed.accession, {"NA": 1})  # not verified
    assert small.states(placed.accession)["NA"] == "on_hold"


def test_release_reports_and_completes_only_when_all_required_are_out(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.measure(placed.container_ids[0], LYTES)
    small.verify(placed.accession, *REQUIRED)
    small.release(placed.accession, *REQUIRED[:4])
    assert small.tests(placed.accession) == {"LYTES": "in_lab"}
    small.release(placed.accession, "AGAP")
    assert small.tests(placed.accession) == {"LYTES": "complete"}
    order = small.row(t.lab_order)
    assert (order.state, order.closed_at) == ("complete", small.clock.now())
    reports = small.rows(t.outbox, kind="result_report")
    assert [(row.peer, len(row.refs["versions"])) for row in reports] == [("HIS", 4), ("HIS", 1)]
    with pytest.raises(Conflict):
        small.release(placed.accession, "AGAP")


def test_a_preliminary_value_that_went_out_completes_nothing(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    tube = placed.container_ids[0]
    small.measure(tube, LYTES)
    small.verify(placed.accession, *REQUIRED[1:])
    small.release(placed.accession, *REQUIRED[1:])
    rest = small.order("NA", numbers=["N1"])
    small.receive(*rest.container_ids)
    small.measure(rest.container_ids[0], {"NA": "140"}, status="P")
    small.verify(rest.accession, "NA")
    small.release(rest.accession, "NA")
    assert small.tests(rest.accession) == {"NA": "in_lab"}
    small.measure(rest.container_ids[0], {"NA": "140"})
    small.verify(rest.accession, "NA")
    small.release(rest.accession, "NA")
    assert small.tests(rest.accession) == {"NA": "complete"}
    assert small.value(rest.accession, "NA")[:3] == ("F", "140", 2)


def test_a_critical_value_opens_a_call_at_release(small: Bench, placed: ordering.PlacedOrder) -> None:
    small.measure(placed.container_ids[0], LYTES | {"K": "6.9"})
    small.verify(placed.accession, "NA", "K")
    small.release(placed.accession, "NA", "K")
    call = small.row(t.call)
    assert (call.kind, call.what, call.state, call.read_back_needed) == (
        "critical",
        "Potassium 6.9 mmol/L",
        "open",
        True,
    )


def test_a_corrected_critical_value_is_told_as_corrected_and_the_wrong_one_no_more(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    def correct(value: str) -> None:
        with small.work("technologist") as work:
            resulting.correct_result(work, placed.accession, "K", value, reason="wrong tube position")
        small.verify(placed.accession, "K")
        small.release(placed.accession, "K")

    small.measure(placed.container_ids[0], LYTES | {"K": "6.9"})
    small.verify(placed.accession, "K")
    small.release(placed.accession, "K")
    correct("7.2")
    correct("4.1")
    assert [(row.kind, row.what, row.state) for row in small.rows(t.call)] == [
        ("critical", "Potassium 6.9 mmol/L", "closed"),
        ("critical", "Potassium 7.2 mmol/L, corrected", "closed"),
        ("corrected", "Potassium 4.1 mmol/L, corrected", "open"),
    ]
    assert small.rows(t.call_attempt) == []
    closed = [event for event in small.events() if event.verb == "call.closed"]
    assert [event.reason for event in closed] == ["The value was replaced."] * 2


def test_a_value_that_is_withdrawn_without_another_is_told(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.measure(placed.container_ids[0], LYTES)
    small.verify(placed.accession, *REQUIRED)
    small.release(placed.accession, *REQUIRED)
    with small.work("technologist") as work:
        resulting.correct_result(work, placed.accession, "CL", "<50", reason="diluted")
    small.verify(placed.accession, "CL", "AGAP")
    small.release(placed.accession, "CL", "AGAP")
    assert [(row.kind, row.what) for row in small.rows(t.call)] == [
        ("corrected", "Chloride <50 mmol/L, corrected"),
        ("corrected", "Anion gap: no value, corrected"),
    ]


def test_what_waited_for_an_input_is_judged_when_a_person_accepts_it(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.measure(placed.container_ids[0], LYTES | {"NA": "156", "CL": "119"})
    assert small.states(placed.accession)["AGAP"] == "on_hold"
    small.verify(placed.accession, "NA", "CL")
    assert small.states(placed.accession)["AGAP"] == "resulted"


def test_a_rerun_takes_a_value_a_reason_and_a_tube_that_is_here(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    def rerun(reason: str = "odd") -> None:
        with small.work("technician") as work:
            verifying.request_rerun(work, placed.accession, "NA", reason=reason)

    with pytest.raises(Conflict):
        rerun()
    small.measure(placed.container_ids[0], LYTES)
    with pytest.raises(Invalid):
        rerun("")
    rerun()
    sent = small.rows(t.outbox, kind="analyzer_work")[-1]
    assert (sent.refs["tests"], sent.refs["rerun"]) == (["NA"], True)
