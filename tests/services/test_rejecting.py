"""Refusing a specimen or some of its tests, and all that follows; the new specimen from request to receipt."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lis.domain.requests import CollectedSpecimen
from lis.kernel.errors import Conflict, Invalid, NotAllowed
from lis.services import ordering, recollecting, rejecting, reporting
from lis.storage import tables as t
from tests.services.bench import Bench

LYTES = {"NA": "140", "K": "4.1", "CL": "103", "CO2": "25", "HIDX": "5", "IIDX": "1", "LIDX": "10"}


@pytest.fixture
def placed(small: Bench) -> ordering.PlacedOrder:
    small.run_controls()
    return small.order("LYTES", "RENAL", peer="HIS", numbers=["H1"])


def reject(small: Bench, tube: str, reason: str, *codes: str, role: str = "processor", **said: object):
    with small.work(role) as work:
        if codes:
            return rejecting.reject_tests(work, tube, codes, reason, **said)  # type: ignore[arg-type]
        return rejecting.reject_container(work, tube, reason, **said)  # type: ignore[arg-type]


def test_an_unlabelled_tube_is_refused_told_and_asked_for_again(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    tube = placed.container_ids[0]
    rejection = reject(small, tube, "RJ01", comment="no label at all")
    assert rejection.replacement == "260610001025"
    old, new = small.rows(t.container)
    assert (old.state, old.reason, old.received_at) == ("rejected", "Unlabeled specimen", small.clock.now())
    assert (new.state, new.replaces_id, new.collection_number) == ("expected", old.id, "")
    assert {row.container_pk for row in small.rows(t.result)} == {new.id}
    assert {row.collected_at for row in small.rows(t.result)} == {None}
    assert small.tests(placed.accession) == {"LYTES": "recollect", "RENAL": "recollect"}
    call = small.row(t.call)
    assert (call.kind, call.state, call.container_pk) == ("reject", "open", old.id)
    told = small.row(t.outbox, kind="order_status")
    assert (told.peer, told.refs) == (
        "HIS",
        {"order": 1, "tests": [1, 2], "status": "HD", "reason": "RJ01", "hl70490": "RM", "container": old.id},
    )
    assert small.row(t.report_note).text.endswith("Unlabeled specimen. New specimen requested.")
    assert small.journal()[-4:] == [
        "order.placed",
        "specimen.rejected",
        "recollection.requested",
        "call.opened",
    ]


def test_the_new_specimen_is_tracked_until_it_is_received(small: Bench, placed: ordering.PlacedOrder) -> None:
    new = reject(small, placed.container_ids[0], "RJ01").replacement
    small.clock.advance(timedelta(minutes=40))
    drawn = small.clock.now() - timedelta(minutes=5)
    for at, refusal in (
        (small.clock.now() + timedelta(minutes=1), Invalid),
        (drawn, None),
        (drawn, Conflict),
    ):
        with small.work("processor") as work:
            if refusal is None:
                recollecting.record_collected(
                    work, new, collected_at=at, collected_by="RN8", collection_number="H9"
                )
                continue
            with pytest.raises(refusal):
                recollecting.record_collected(work, new, collected_at=at, collected_by="RN8")
    assert small.row(t.recollection).state == "collected"
    small.receive("H9", label=False)
    small.receive(new, label=False)
    loop = small.row(t.recollection)
    assert (loop.state, loop.collected_at, loop.received_at) == ("received", drawn, small.clock.now())
    assert small.tests(placed.accession) == {"LYTES": "in_lab", "RENAL": "in_lab"}
    assert small.measure(new, LYTES) == [("filed", "")] * 7
    assert small.measure(placed.container_ids[0], {"CREA": "1.0"}) == [("held", "container.not_received")]


def test_the_new_specimen_was_spun_where_it_was_drawn(small: Bench, placed: ordering.PlacedOrder) -> None:
    """Hours on the way: only its spin, which the placer's message tells, keeps it from being too old."""
    reject(small, placed.container_ids[0], "RJ01")
    drawn = CollectedSpecimen(
        "H9",
        collected_at=small.clock.now(),
        collected_by="RN8",
        separated_at=small.clock.now() + timedelta(minutes=40),
    )
    small.clock.advance(timedelta(hours=3))
    with small.by_wire() as work:
        recollecting.record_by_placer(work, "HIS", "P0-H1", drawn)
    small.receive("H9", label=False)
    assert small.row(t.container, collection_number="H9").separated_at == drawn.separated_at
    assert small.row(t.container, collection_number="H9").state == "received"


def test_some_tests_are_refused_and_the_others_go_on(small: Bench, placed: ordering.PlacedOrder) -> None:
    """Haemolysed: potassium cannot be had from it, nor what is calculated from it; the rest is reported."""
    tube = placed.container_ids[0]
    small.receive(tube)
    small.measure(tube, LYTES | {"CREA": "0.9", "HIDX": "250"})
    with pytest.raises(Invalid) as open_question:
        reject(small, tube, "RJ11", "K")
    assert open_question.value.code == "rejection.recollect"
    rejection = reject(small, tube, "RJ11", "K", recollect=False)
    assert (rejection.tests, rejection.replacement) == (("K",), "")
    assert small.states(placed.accession)["K"] == "cancelled"
    assert small.tests(placed.accession) == {"LYTES": "in_lab", "RENAL": "in_lab"}
    for tests in (("NA", "CL", "CO2", "AGAP"), ("CREA", "EGFR")):
        small.verify(placed.accession, *tests)
        small.release(placed.accession, *tests)
    assert small.tests(placed.accession) == {"LYTES": "complete", "RENAL": "complete"}
    with small.lab.reading() as reading:
        report = reporting.report_of(reading.connection, reading.catalog, placed.accession)
    assert (report.status, report.notes) == (
        "F",
        ("Not performed: Potassium. Gross hemolysis (in vitro). Cancelled.",),
    )


def test_a_whole_test_refused_without_another_specimen_is_cancelled(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    tube = placed.container_ids[0]
    small.receive(tube)
    reject(small, tube, "RJ08", "LYTES", recollect=False)
    assert small.tests(placed.accession) == {"LYTES": "cancelled", "RENAL": "in_lab"}
    assert small.states(placed.accession)["HIDX"] == "pending"
    assert small.container(tube).state == "labelled"
    assert [row.state for row in small.rows(t.analyzer_work, test="NA")] == ["cancelled"]
    assert [(row.reason_code, row.ordered_test_id) for row in small.rows(t.rejection)] == [("RJ08", 1)]


def test_what_is_calculated_from_a_refused_value_shares_its_fate(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    tube = placed.container_ids[0]
    small.receive(tube)
    small.measure(tube, LYTES)
    rejection = reject(small, tube, "RJ08", "CL", recollect=False)
    assert rejection.tests == ("CL", "AGAP")
    assert small.rows(t.result_version, result_id=1) != []


def test_values_that_were_released_are_taken_back_by_who_may_correct(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    tube = placed.container_ids[0]
    small.receive(tube)
    small.measure(tube, LYTES)
    small.verify(placed.accession, "NA")
    small.release(placed.accession, "NA")
    with pytest.raises(NotAllowed):
        reject(small, tube, "RJ01")
    new = reject(small, tube, "RJ01", role="technologist").replacement
    assert small.value(placed.accession, "NA") == ("W", "", 2, ["status.retracted"])
    assert {row.state for row in small.rows(t.result) if row.test != "NA"} == {"pending"}
    small.verify(placed.accession, "NA")
    small.release(placed.accession, "NA")
    assert len(small.rows(t.outbox, kind="result_report")) == 2
    with small.work() as work:
        at = small.clock.now()
        recollecting.record_collected(work, new, collected_at=at, collected_by="RN8")
    small.receive(new)
    small.measure(new, LYTES | {"NA": "131"})
    assert small.value(placed.accession, "NA")[1:3] == ("131", 3)


def test_cancelling_what_was_asked_for_again_ends_the_loop(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    reject(small, placed.container_ids[0], "RJ01")
    with small.work("technologist") as work:
        ordering.cancel_order(work, placed.accession, reason="discharged")
    assert [row.state for row in small.rows(t.container)] == ["rejected", "cancelled"]
    assert small.row(t.recollection).state == "cancelled"


def test_what_cannot_be_refused(small: Bench, placed: ordering.PlacedOrder) -> None:
    tube = placed.container_ids[0]
    cases = [
        ("RJ99", (), "processor", "rejection.reason"),
        ("RJ01", ("PT",), "processor", "rejection.no_test"),
        ("RJ01", (), "lis_admin", "act.not_allowed"),
    ]
    for reason, codes, role, code in cases:
        with pytest.raises((Invalid, NotAllowed)) as refused:
            reject(small, tube, reason, *codes, role=role)
        assert refused.value.code == code
    reject(small, tube, "RJ01")
    with pytest.raises(Conflict):
        reject(small, tube, "RJ01")
