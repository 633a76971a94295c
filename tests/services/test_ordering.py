"""Orders: what they give, what they refuse, what may still be changed."""

from __future__ import annotations

import pytest

from lis.domain.requests import CollectedSpecimen, OrderRequest, RequestedTest
from lis.kernel.errors import Conflict, Invalid, NotAllowed, Refusal
from lis.services import ordering
from lis.storage import tables as t
from tests.labs import ANN, BEN
from tests.services.bench import Bench


def test_an_order_gives_its_accession_tubes_in_order_of_draw_and_one_result_per_test(small: Bench) -> None:
    placed = small.order("LYTES", "COAGS", "RENAL")
    assert placed.accession == "260610001"
    assert placed.container_ids == ("260610001017", "260610001025")
    drawn = [(row.type, row.collection_number, row.state) for row in small.rows(t.container)]
    assert drawn == [("LBL", "H0001", "expected"), ("SST", "H0002", "expected")]
    results = [(row.test, row.ordered_test_id, row.container_pk) for row in small.rows(t.result)]
    assert results == [
        *((test, 1, 2) for test in ("NA", "K", "CL", "CO2", "AGAP", "HIDX", "IIDX", "LIDX")),
        ("PT", 2, 1),
        ("INR", 2, 1),
        ("CREA", 3, 2),
        ("EGFR", 3, 2),
    ]
    assert small.journal()[-2:] == ["patient.registered", "order.placed"]


def test_numbers_count_by_the_laboratory_day_and_are_not_used_again(small: Bench) -> None:
    small.order("LYTES", numbers=["A"])
    with pytest.raises(Conflict), small.by_wire() as work:
        ordering.place_order(work, OrderRequest(ANN, (RequestedTest("LYTES", "P0-A"),)))
    assert small.order("LYTES", numbers=["B"]).accession == "260610002"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (OrderRequest(ANN, ()), "order.empty"),
        (OrderRequest(ANN, (RequestedTest("NOPE"), RequestedTest("LYTES"))), "test.unknown"),
        (OrderRequest(ANN, (RequestedTest("LYTES"),), priority="X"), "order.priority"),
        (OrderRequest(ANN, (RequestedTest("NA", "1"), RequestedTest("K", "1"))), "order.number_twice"),
    ],
)
def test_what_cannot_be_ordered_is_refused_whole(small: Bench, request_: OrderRequest, code: str) -> None:
    before = small.events()
    with pytest.raises(Invalid) as refused, small.by_wire() as work:
        ordering.place_order(work, request_)
    assert (refused.value.code, small.events(), small.rows(t.lab_order)) == (code, before, [])


def test_tubes_that_name_their_tests_are_taken_as_drawn(small: Bench) -> None:
    """Two serum tubes, one per test: the second panel's own tests are measured from the second."""
    request = OrderRequest(
        ANN,
        (RequestedTest("LYTES"), RequestedTest("RENAL")),
        (CollectedSpecimen("T1", "SER", tests=(0,)), CollectedSpecimen("T2", "SER", tests=(1,))),
    )
    with small.by_wire() as work:
        placed = ordering.place_order(work, request)
    assert len(placed.container_ids) == 2
    tubes = {row.test: row.container_pk for row in small.rows(t.result)}
    assert (tubes["NA"], tubes["CREA"]) == (1, 2)


def test_priority_and_notes_change_with_a_reason_while_the_order_is_open(small: Bench) -> None:
    placed = small.order("LYTES")
    with small.work("processor") as work:
        ordering.change_order(work, placed.accession, reason="ED called", priority="S")
    row = small.row(t.lab_order)
    event = small.events()[-1]
    assert (row.priority, event.verb, event.data) == (
        "S",
        "order.changed",
        {"before": {"priority": "R"}, "after": {"priority": "S"}},
    )
    with small.work("supervisor") as work:
        ordering.cancel_order(work, placed.accession, reason="not needed")
    with small.work("processor") as work, pytest.raises(Conflict):
        ordering.change_order(work, placed.accession, reason="again", priority="R")


def test_cancelling_ends_tests_results_and_tubes_and_tells_the_placer(small: Bench) -> None:
    placed = small.order("LYTES", "COAGS", peer="HIS")
    small.receive(placed.container_ids[1])
    with small.work("technologist") as work:
        ordering.cancel_order(work, placed.accession, reason="patient went home")
    assert set(small.states(placed.accession).values()) == {"cancelled"}
    assert set(small.tests(placed.accession).values()) == {"cancelled"}
    assert [row.state for row in small.rows(t.container)] == ["cancelled", "labelled"]
    assert small.row(t.lab_order).state == "cancelled"
    (told,) = small.rows(t.outbox, kind="order_status")
    assert (told.peer, told.refs) == ("HIS", {"order": 1, "tests": [1, 2], "status": "CA"})
    with small.work("supervisor") as work, pytest.raises(Conflict):
        ordering.cancel_order(work, placed.accession, reason="twice")


def test_cancelling_needs_the_act_and_a_reason(small: Bench) -> None:
    placed = small.order("LYTES")
    for role, reason, kind in (("processor", "no", NotAllowed), ("supervisor", " ", Invalid)):
        with pytest.raises(Refusal) as refused, small.work(role) as work:
            ordering.cancel_order(work, placed.accession, reason=reason)
        assert type(refused.value) is kind
    assert small.tests(placed.accession) == {"LYTES": "ordered"}


def test_a_cancelled_test_leaves_what_another_test_needs(small: Bench) -> None:
    placed = small.order("LYTES", "NA", "RENAL")
    with small.by_wire() as work:
        ordering.cancel_by_placer(work, "", "P0-H0001", reason="by the placer")
    assert small.states(placed.accession) == {
        **dict.fromkeys(("NA", "HIDX", "IIDX", "LIDX", "CREA", "EGFR"), "pending"),
        **dict.fromkeys(("K", "CL", "CO2", "AGAP"), "cancelled"),
    }
    assert small.tests(placed.accession) == {"LYTES": "cancelled", "NA": "ordered", "RENAL": "ordered"}
    assert [row.state for row in small.rows(t.container)] == ["expected"]


def test_what_is_released_stays_when_the_rest_is_cancelled(small: Bench) -> None:
    placed = small.order("COAGS", "RENAL")
    small.receive(*placed.container_ids)
    small.measure(placed.container_ids[0], {"PT": "12.1", "INR": "1.0"}, device="COAG-1")
    small.verify(placed.accession, "PT", "INR")
    small.release(placed.accession, "PT", "INR")
    with small.work("supervisor") as work:
        ordering.cancel_order(work, placed.accession, reason="no more needed")
    assert small.tests(placed.accession) == {"COAGS": "complete", "RENAL": "cancelled"}
    assert small.row(t.lab_order).state == "complete"
    with small.by_wire() as work, pytest.raises(Conflict):
        ordering.cancel_by_placer(work, "", "P0-H0001", reason="too late")


def test_a_known_number_with_another_name_or_birth_date_is_refused(small: Bench) -> None:
    small.order("LYTES", numbers=["A"])
    with pytest.raises(Conflict) as refused:
        small.order(
            "LYTES", numbers=["B"], patient=BEN.__class__("M1001", "Archer", "Ann", BEN.birth_on, "M")
        )
    assert (refused.value.code, refused.value.details["fields"]) == ("patient.mismatch", ["birth_on", "sex"])
