"""What the rules are told of a collection: above all, in which tube an index was measured."""

from __future__ import annotations

from datetime import timedelta

from lis.domain.requests import CollectedSpecimen, OrderRequest, RequestedTest
from lis.services import ordering
from tests.labs import ANN
from tests.services.bench import Bench

CLEAR = {"HIDX": "0", "IIDX": "0", "LIDX": "0"}
LYTES = {"NA": "140", "K": "4.0", "CL": "104", "CO2": "24"}


def two_tubes(small: Bench) -> ordering.PlacedOrder:
    """One draw into two serum tubes; the order expects its indices from the first."""
    drawn_at = small.clock.now() - timedelta(minutes=30)
    request = OrderRequest(
        patient=ANN,
        tests=(RequestedTest("RENAL", "P1"), RequestedTest("LYTES", "P2")),
        specimens=tuple(
            CollectedSpecimen(number, collected_at=drawn_at, tests=(line,))
            for line, number in enumerate(("H1", "H2"))
        ),
    )
    with small.by_wire() as work:
        placed = ordering.place_order(work, request)
    small.run_controls()
    small.receive(*placed.container_ids)
    return placed


def test_index_counts_for_the_tube_it_was_measured_in(small: Bench) -> None:
    placed = two_tubes(small)
    clear, red = placed.container_ids
    small.measure(clear, {"CREA": "0.9", **CLEAR})
    states = small.measure(red, {**LYTES, **CLEAR, "HIDX": "500"})

    assert [state for state, _ in states] == ["filed"] * 4 + ["supplemental"] * 3
    assert small.value(placed.accession, "K")[3] == ["interference.exceeded"]
    assert small.value(placed.accession, "CREA")[3] == []
    assert small.container(red).condition["indices"] == {"H": "500", "I": "0", "L": "0"}


def test_index_of_another_tube_does_not_speak_for_this_one(small: Bench) -> None:
    placed = two_tubes(small)
    clear, silent = placed.container_ids
    small.measure(clear, {"CREA": "0.9", **CLEAR})
    small.measure(silent, LYTES)

    assert small.value(placed.accession, "K")[3] == ["interference.no_index"]


def test_index_that_no_panel_of_the_tube_asks_for_is_kept_with_the_tube(small: Bench) -> None:
    placed = small.order("COAGS")
    small.receive(*placed.container_ids)

    assert small.measure(placed.container_ids[0], {"HIDX": "120"}) == [("supplemental", "")]
    assert small.container(placed.container_ids[0]).condition["indices"] == {"H": "120"}
