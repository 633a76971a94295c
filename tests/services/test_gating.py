"""A control that fails holds back what passed while it was good, up to the moment it goes out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lis.kernel.errors import Conflict
from lis.services import filing, ordering
from lis.storage import tables as t
from tests.services.bench import Bench

LYTES = {"NA": "140", "K": "4.1", "CL": "103", "CO2": "25", "HIDX": "5", "IIDX": "1", "LIDX": "10"}


@pytest.fixture
def placed(small: Bench) -> ordering.PlacedOrder:
    """Values that passed, and wait for a person."""
    small.run_controls()
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    small.measure(placed.container_ids[0], LYTES)
    assert {*small.states(placed.accession).values()} == {"resulted"}
    small.clock.advance(timedelta(minutes=1))
    return placed


def test_what_waits_is_on_hold_once_a_control_has_failed(small: Bench, placed: ordering.PlacedOrder) -> None:
    small.run_controls(off_by_sd=4)
    states = small.states(placed.accession)
    assert [states[test] for test in ("NA", "K", "CL", "CO2", "AGAP")] == ["on_hold"] * 5
    assert small.value(placed.accession, "NA")[3] == ["qc.beyond_3sd"]
    assert small.value(placed.accession, "AGAP")[3] == ["calculation.input_on_hold"]


def test_a_good_control_holds_nothing_back(small: Bench, placed: ordering.PlacedOrder) -> None:
    small.run_controls(off_by_sd=2)
    assert {*small.states(placed.accession).values()} == {"resulted"}
    assert "result.judged" not in small.journal()


def test_what_was_verified_before_goes_out_only_by_who_may_override(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.verify(placed.accession, "NA", "K")
    small.run_controls(off_by_sd=4)
    with pytest.raises(Conflict) as refused:
        small.release(placed.accession, "NA")
    assert refused.value.code == "qc.failed_since"
    small.release(placed.accession, "NA", role="supervisor")
    small.clock.advance(timedelta(minutes=1))
    small.run_controls(run="R2")
    with pytest.raises(Conflict) as refused:  # a good control does not tell that K was good
        small.release(placed.accession, "K")
    assert refused.value.code == "qc.failed_since"
    small.release(placed.accession, "K", role="supervisor")
    states = small.states(placed.accession)
    assert (states["NA"], states["K"], states["CL"]) == ("released", "released", "on_hold")


def test_what_is_calculated_goes_out_no_sooner_than_what_it_is_made_of(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.verify(placed.accession, "NA", "CL", "CO2", "AGAP")
    small.run_controls(off_by_sd=4)
    with pytest.raises(Conflict) as refused:
        small.release(placed.accession, "AGAP")
    assert (refused.value.code, refused.value.details) == ("qc.failed_since", {"test": "AGAP"})


def test_what_is_calculated_from_overridden_values_goes_out(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.run_controls(off_by_sd=4)
    tests = ("NA", "CL", "CO2", "AGAP")
    small.verify(placed.accession, *tests, role="supervisor")
    small.release(placed.accession, *tests)
    assert {small.states(placed.accession)[test] for test in tests} == {"released"}


def test_what_was_verified_against_the_failed_control_goes_out(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.run_controls(off_by_sd=4)
    small.verify(placed.accession, "NA", role="supervisor")
    small.release(placed.accession, "NA")
    assert small.row(t.result, test="NA").state == "released"


def test_what_a_failed_control_held_back_stays_so_when_the_next_is_good(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.run_controls(off_by_sd=4)
    small.clock.advance(timedelta(minutes=1))
    small.run_controls(run="R2")
    with small.by_wire() as work:
        order = work.orders.by_accession(placed.accession)
        filing.judge_anew(work, order, work.results.current_of_order(order.id)[0].collected_at)
    assert small.value(placed.accession, "NA")[3] == ["qc.beyond_3sd"]


def test_what_was_filed_between_good_controls_goes_out_after_a_failed_one(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.run_controls(run="R2")
    small.verify(placed.accession, "NA")
    small.clock.advance(timedelta(minutes=1))
    small.run_controls(off_by_sd=4, run="R3")
    small.clock.advance(timedelta(minutes=1))
    small.run_controls(run="R4")
    small.release(placed.accession, "NA")
    assert small.row(t.result, test="NA").state == "released"


def test_a_failed_control_that_comes_after_a_later_good_one_holds_back_too(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    failed_at = small.clock.now()
    small.clock.advance(timedelta(minutes=5))
    small.run_controls(run="R3")
    assert {*small.states(placed.accession).values()} == {"resulted"}
    small.run_controls(run="R2", off_by_sd=4, at=failed_at)
    assert small.states(placed.accession)["NA"] == "on_hold"
    assert small.value(placed.accession, "NA")[3] == ["qc.beyond_3sd"]


def test_a_failed_control_of_yesterday_that_comes_late_holds_back_what_was_measured_before_it(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    failed_at = small.clock.now()
    small.clock.advance(timedelta(hours=25))  # no control counts by now
    small.run_controls(run="R2", off_by_sd=4, at=failed_at)
    assert small.states(placed.accession)["NA"] == "on_hold"
    assert small.value(placed.accession, "NA")[3] == ["qc.beyond_3sd"]


def test_a_failed_control_that_comes_late_keeps_what_was_measured_before_it_and_verified(
    small: Bench,
) -> None:
    small.run_controls()
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    measured_at = small.clock.now()
    small.clock.advance(timedelta(minutes=5))
    small.measure(placed.container_ids[0], LYTES, at=measured_at)
    small.verify(placed.accession, "NA")
    small.clock.advance(timedelta(minutes=5))
    small.run_controls(run="R3")
    small.run_controls(run="R2", off_by_sd=4, at=measured_at + timedelta(minutes=2))
    with pytest.raises(Conflict) as refused:
        small.release(placed.accession, "NA")
    assert refused.value.code == "qc.failed_since"


def test_what_a_control_has_failed_for_stays_while_the_next_run_is_not_whole(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.verify(placed.accession, "NA")
    small.run_controls(off_by_sd=4, run="R2")
    small.clock.advance(timedelta(minutes=1))
    small.run_controls(run="R3", level=1)
    with pytest.raises(Conflict) as refused:
        small.release(placed.accession, "NA")
    assert refused.value.code == "qc.failed_since"


def test_a_failed_control_stays_against_what_a_clock_behind_dates_before_the_tube_came(small: Bench) -> None:
    """Half an hour: by its own clock it measured the value, then the control, and then the tube came in."""
    behind = timedelta(minutes=30)
    small.run_controls(at=small.clock.now() - behind)
    placed = small.order("LYTES", collected=40)
    small.receive(*placed.container_ids)
    small.measure(placed.container_ids[0], LYTES, at=small.clock.now() - behind)
    small.clock.advance(timedelta(minutes=5))
    small.run_controls(run="R2", off_by_sd=4, at=small.clock.now() - behind)
    small.clock.advance(timedelta(minutes=5))
    small.run_controls(run="R3", at=small.clock.now() - behind)
    with small.by_wire() as work:
        order = work.orders.by_accession(placed.accession)
        filing.judge_anew(work, order, work.results.current_of_order(order.id)[0].collected_at)
    assert small.value(placed.accession, "NA")[3] == ["qc.beyond_3sd"]
