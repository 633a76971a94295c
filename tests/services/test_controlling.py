"""Control results are stored as they came; what they say of a test is read when it is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lis.domain.observations import ReportedControl, ReportedSpecimen
from lis.domain.people import system
from lis.services import controlling, resulting
from lis.storage import tables as t
from tests.services.bench import Bench, observation, source_of

LYTES = {"NA": "140", "K": "4.0", "CL": "104", "CO2": "24", "HIDX": "0", "IIDX": "0", "LIDX": "0"}


def status(small: Bench, test: str = "NA") -> str:
    with small.by_wire() as work:
        return controlling.qc_of(work, "CHEM-1", [test])[test].outcome


def test_controls_in_out_and_aged(small: Bench) -> None:
    assert status(small) == "not_evaluable"
    small.run_controls()
    assert status(small) == "accepted"
    small.clock.advance(timedelta(minutes=1))
    small.run_controls(off_by_sd=4)
    assert status(small) == "failed"
    small.clock.advance(timedelta(hours=25))
    assert status(small) == "not_evaluable"
    assert {row.state for row in small.rows(t.observation)} == {"control"}


def test_the_same_controls_are_asked_at_another_time(small: Bench) -> None:
    """What was said of them holds for a day, and not before they were measured."""
    small.run_controls()
    told, at = [], timedelta(0)
    for later in (0, -60, 0, 86_400, 86_401):
        small.clock.advance(timedelta(seconds=later) - at)
        at = timedelta(seconds=later)
        told.append(status(small))
    assert told == ["accepted", "not_evaluable", "accepted", "accepted", "not_evaluable"]


@pytest.mark.parametrize(
    ("controls", "minutes", "reasons"),
    [
        # minutes after the tube came at which controls ran, and by how many SD they were off; the value was measured at
        ([(-60, 0)], 10, []),
        ([(-60, 4), (30, 0)], 10, ["qc.beyond_3sd"]),  # out, then in
        ([(30, 0)], 10, ["qc.none"]),  # overdue, then in
        ([(30, 0)], 40, []),
        ([(-60, 0), (30, 4), (60, 0)], 10, ["qc.beyond_3sd"]),  # not evaluated since the last good run
        ([(-60, 0), (30, 0), (60, 4), (70, 0)], 10, []),
        ([(-60, 0), (30, 4)], 10, ["qc.beyond_3sd"]),
        ([(30, 0)], -1, []),  # not here yet: as of now
        ([(30, 0)], None, []),
    ],
)
def test_a_late_value_is_judged_by_the_controls_of_its_hour(
    small: Bench, controls: list[tuple[int, int]], minutes: int | None, reasons: list[str]
) -> None:
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    here = small.clock.now()
    small.clock.advance(timedelta(minutes=75))
    for number, (after, off) in enumerate(controls):
        small.run_controls(run=f"R{number}", off_by_sd=off, at=here + timedelta(minutes=after))
    at = None if minutes is None else here + timedelta(minutes=minutes)
    small.measure(placed.container_ids[0], LYTES, at=at)

    assert small.value(placed.accession, "NA")[3] == reasons


def test_a_value_of_a_good_hour_passes_however_late_it_comes(small: Bench) -> None:
    """Its day had its controls: 493.1256(d)(3)(i). Nothing has spoken against it since."""
    small.run_controls()
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    measured_at = small.clock.now()
    small.clock.advance(timedelta(hours=25))
    small.measure(placed.container_ids[0], LYTES, at=measured_at)
    assert small.value(placed.accession, "NA")[3] == []
    later = small.order("LYTES", numbers=["X1"])
    small.receive(*later.container_ids)
    small.measure(later.container_ids[0], LYTES)
    assert small.value(later.accession, "NA")[3] == ["qc.none"]


def test_a_control_tells_within_its_transaction_until_it_is_taken_back(small: Bench) -> None:
    small.run_controls()
    small.clock.advance(timedelta(minutes=1))
    with small.by_wire() as work:

        def outcome() -> str:
            return controlling.qc_of(work, "CHEM-1", ["NA"])["NA"].outcome

        told = [outcome()]
        target = work.catalog.targets_for["CHEM-1", "NA"][0]
        control = ReportedControl(target.material, target.lot, target.level, run="R9")
        said = replace(observation(work, "CHEM-1", 1, "NA", "999", "F"), unit=target.unit)
        with pytest.raises(ZeroDivisionError), work.savepoint():
            controlling.record_control(
                work, analyzer="CHEM-1", test="NA", control=control, observation=said, inbound_id=None
            )
            told.append(outcome())
            raise ZeroDivisionError
        told.append(outcome())
    assert told == ["accepted", "failed", "accepted"]


def test_what_is_no_known_control_is_held(small: Bench) -> None:
    with small.lab.work(system("hl7", "CHEM-1")) as work:
        said = observation(work, "CHEM-1", 1, "XX", "1", "F")
        specimen = ReportedSpecimen("control", "", "", "", (said,), ReportedControl("M", "C2401", 1))
        doubtful = ReportedSpecimen("doubtful", "", "", "", (said,), doubt="Marked as both.")
        resulting.record_results(work, source_of(work, "CHEM-1"), (specimen,))
        resulting.record_results(work, source_of(work, "CHEM-1"), (doubtful,))
    assert [(row.state, row.reason) for row in small.rows(t.observation)] == [
        ("held", "qc.unmapped"),
        ("held", "qc.doubtful_mark"),
    ]
    assert small.rows(t.control_observation) == []
