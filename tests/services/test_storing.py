"""What lay in a refrigerator keeps by the limits for the cold, as far as that is known."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from lis.services import accessioning, adding, aliquoting, processing, storing
from tests.services.bench import Bench

LYTES = {"NA": "140", "K": "4.1", "CL": "103", "CO2": "25", "HIDX": "5", "IIDX": "1", "LIDX": "10"}
HOUR = timedelta(hours=1)


@pytest.fixture
def spun(small: Bench) -> str:
    """A serum tube that was just spun. CO2 keeps 2 h at room temperature and 24 h in the cold."""
    tube = small.order("LYTES", collected=40, numbers=["S1"]).container_ids[0]
    small.receive(tube)
    with small.work("processor") as work:
        processing.start_spin(work, [tube])
    small.clock.advance(timedelta(minutes=10))
    with small.work("processor") as work:
        processing.end_spin(work, [tube])
        processing.record_volume(work, tube, Decimal(2), reason="measured")
    return tube


def store(small: Bench, tube: str, position: str) -> None:
    with small.work("processor") as work:
        storing.store(work, tube, position)


def retrieve(small: Bench, tube: str) -> None:
    with small.work("processor") as work:
        storing.retrieve(work, tube, purpose="to be measured")


def found_by(small: Bench, tube: str) -> list[str]:
    """What holds the CO2 that is measured now in a tube, its controls being good."""
    small.run_controls()
    small.measure(tube, LYTES)
    order = small.container(tube).order_id
    with small.by_wire() as work:
        accession = work.orders.get(order).accession
    return small.value(accession, "CO2")[3]


@pytest.mark.parametrize(
    ("position", "reasons"), [("FRIDGE B2", []), ("fridge-1", []), ("R1-A1", ["stability.exceeded"])]
)
def test_hours_in_a_refrigerator_are_cold_ones(
    small: Bench, spun: str, position: str, reasons: list[str]
) -> None:
    store(small, spun, position)
    small.clock.advance(20 * HOUR)
    retrieve(small, spun)
    assert found_by(small, spun) == reasons


@pytest.mark.parametrize(("seconds", "reasons"), [(0, []), (1, ["stability.exceeded"])])
def test_hours_before_and_after_count_by_the_limit_of_the_room(
    small: Bench, spun: str, seconds: int, reasons: list[str]
) -> None:
    """An hour of two, twelve of twenty-four; in the tube that was poured off it too."""
    small.clock.advance(HOUR / 2)
    store(small, spun, "FRIDGE B2")
    small.clock.advance(12 * HOUR)
    retrieve(small, spun)
    small.clock.advance(HOUR / 2 + timedelta(seconds=seconds))
    with small.work("processor") as work:
        poured = aliquoting.make_aliquot(work, spun, tests=["CO2"], volume_ml=Decimal(1))
    small.receive(poured, label=False)
    assert found_by(small, poured) == reasons


def test_a_tube_that_nobody_took_out_was_measured_nobody_knows_how_long_after(
    small: Bench, spun: str
) -> None:
    store(small, spun, "FRIDGE B2")
    small.clock.advance(20 * HOUR)
    assert found_by(small, spun) == ["stability.exceeded"]


def test_what_lies_there_still_is_cold_until_an_add_on_is_judged(small: Bench, spun: str) -> None:
    def is_possible() -> bool:
        with small.work("processor") as work:
            panel = work.catalog.orderables["LYTES"]
            return adding.judge(work, work.containers.by_container_id(spun), panel).findings == ()

    store(small, spun, "FRIDGE B2")
    small.clock.advance(20 * HOUR)
    assert is_possible()
    small.clock.advance(5 * HOUR)
    assert not is_possible()


def test_a_tube_set_aside_is_out_of_the_refrigerator(small: Bench, spun: str) -> None:
    """Its stay does not go on while it stands at the counter, whatever is taken out of the store later."""
    store(small, spun, "FRIDGE B2")
    small.clock.advance(HOUR)
    with small.work("supervisor") as work:
        accessioning.set_aside(work, spun, reason="whose is it")
    with small.work("supervisor") as work:
        accessioning.accept_specimen(work, spun, reason="it is hers")
        accessioning.confirm_label(work, work.containers.by_container_id(spun))
    small.clock.advance(20 * HOUR)
    store(small, spun, "R1-A1")
    retrieve(small, spun)
    assert found_by(small, spun) == ["stability.exceeded"]
