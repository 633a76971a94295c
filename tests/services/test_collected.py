"""What the rules are told of a collection: above all, in which tube an index was measured."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lis.domain.people import system
from lis.domain.requests import CollectedSpecimen, OrderRequest, RequestedTest
from lis.services import filing, ordering, verifying
from lis.storage import cases
from tests.labs import ANN, BEN
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


@pytest.mark.parametrize(
    ("said", "reasons"),
    [
        (
            60,
            [],
        ),  # minutes after the tube came; it was drawn half an hour before, and is to be spun within two
        (0, []),
        (-1, ["stability.unseparated"]),  # the tube was not here: judged as of now
        (-30, ["stability.unseparated"]),
        (-31, ["stability.collected_later"]),
        (181, ["stability.unseparated"]),  # still to come
        (None, ["stability.unseparated"]),
    ],
)
def test_a_tube_is_as_old_as_can_be_when_the_hour_of_measurement_cannot_be_true(
    small: Bench, said: int | None, reasons: list[str]
) -> None:
    small.run_controls()
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    here = small.clock.now()
    small.clock.advance(timedelta(hours=3))
    at = None if said is None else here + timedelta(minutes=said)
    small.measure(placed.container_ids[0], {**LYTES, **CLEAR}, at=at)

    assert small.value(placed.accession, "NA")[3] == reasons
    calculated = ["calculation.input_on_hold", "stability.unseparated"] if reasons else []
    assert small.value(placed.accession, "AGAP")[3] == calculated


def test_a_value_judged_again_is_as_old_as_when_it_came(small: Bench) -> None:
    small.run_controls()
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    small.measure(placed.container_ids[0], {**LYTES, **CLEAR}, at=None)
    small.clock.advance(timedelta(hours=3))
    with small.by_wire() as work:
        order = work.orders.by_accession(placed.accession)
        filing.judge_anew(work, order, work.results.current_of_order(order.id)[0].collected_at)

    assert small.value(placed.accession, "NA")[3] == []
    assert small.value(placed.accession, "AGAP")[3] == []


def test_a_typed_value_is_of_the_hour_it_was_typed(small: Bench) -> None:
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    small.enter(placed.accession, NA="140")
    small.clock.advance(timedelta(hours=3))
    small.enter(placed.accession, K="4.0")

    assert "stability.unseparated" not in small.value(placed.accession, "NA")[3]
    assert "stability.unseparated" in small.value(placed.accession, "K")[3]


def test_the_past_read_ahead_is_what_is_asked_of_it(small: Bench) -> None:
    """Not reported, drawn later, of another patient, taken back: none of these is a value to compare with."""
    small.released("LYTES", values=LYTES, collected=110, numbers=["A"])
    small.released("LYTES", values={**LYTES, "NA": "135"}, collected=100, numbers=["B"])
    taken_back = small.released("LYTES", values={**LYTES, "K": "9.0"}, collected=90, numbers=["C"])
    with small.work("supervisor") as work:
        order = work.orders.by_accession(taken_back)
        filing.file_retraction(work, order, verifying.result_of(work, order, "K"), "Of another patient.")
    small.verify(taken_back, "K")
    waiting = small.order("LYTES", collected=80, numbers=["D"])
    small.receive(*waiting.container_ids)
    small.enter(waiting.accession, NA="120")
    small.released("LYTES", values={**LYTES, "NA": "150"}, patient=BEN, collected=70, numbers=["E"])
    small.released("LYTES", values={**LYTES, "NA": "151"}, collected=20, numbers=["F"])
    own = small.order("LYTES", collected=60, numbers=["G"])
    [tube] = own.container_ids

    with small.lab.work(system("hl7", "CHEM-1")) as work:
        order = work.orders.by_accession(own.accession)
        drawn_at = work.results.current_of_order(order.id)[0].collected_at
        asked = work.results.previous(order.patient_id, LYTES, drawn_at)
        cases.keep(work, {tube}, work.ask_as_stored(cases.questions({tube})))
        kept = work.results.previous(order.patient_id, LYTES, drawn_at)
        again = work.results.previous(order.patient_id, LYTES, work.now)
    told = {test: (row.value, row.id, row.collected_at) for test, row in asked.items()}
    assert {test: (row.value, row.id, row.collected_at) for test, row in kept.items()} == told
    assert {test: value for test, (value, *_) in told.items()} == {
        "NA": "140",
        "K": "4.0",
        "CL": "104",
        "CO2": "24",
    }
    assert again["NA"].value == "151"
