"""Held observations: linked by container and test, tried again, or discarded; the checks stay the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lis.domain.observations import ReportedControl, ReportedSpecimen
from lis.domain.people import system
from lis.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from lis.services import controlling, ordering, resolving, resulting
from lis.storage import tables as t
from tests.labs import BEN
from tests.services.bench import CHEMISTRY, Bench, observation, source_of


@pytest.fixture
def placed(small: Bench) -> ordering.PlacedOrder:
    placed = small.order("LYTES")
    small.receive(*placed.container_ids)
    return placed


def link(small: Bench, key: int, tube: str, test: str, *, role: str = "technologist", reason: str = "log"):
    with small.work(role) as work:
        resolving.link_observation(work, key, tube, test, reason=reason)


def test_a_value_without_a_readable_barcode_is_linked_and_filed(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.measure("NOREAD", {"NA": "140"})
    link(small, 1, placed.container_ids[0], "NA", reason="Rack 2 place 5 by the run log")
    row = small.row(t.observation)
    assert (row.state, row.test, row.settled_by, row.settled_at) == (
        "filed",
        "NA",
        "technologist",
        small.clock.now(),
    )
    version = small.row(t.result_version)
    assert (row.result_version_id, version.value, version.analyzer) == (version.id, "140", "CHEM-1")
    event = small.events()[-1]
    assert (event.verb, event.reason) == ("observation.linked", "Rack 2 place 5 by the run log")
    with pytest.raises(Conflict) as twice:
        link(small, 1, placed.container_ids[0], "NA")
    assert twice.value.code == "observation.settled"


def test_what_matching_refuses_linking_refuses_too(small: Bench, placed: ordering.PlacedOrder) -> None:
    other = small.order("LYTES", patient=BEN, numbers=["B1"]).container_ids[0]
    small.receive(other)
    tube = placed.container_ids[0]
    small.measure("NOREAD", {"NA": "140"}, patient="M1002")  # 1
    small.measure(other, {"XX": "140"})  # 2: named Ben's tube
    small.measure("NOREAD", {"NA": "140"})  # 3
    small.measure("NOREAD", {"CREA": "0.9"})  # 4: mg/dL
    cases: list[tuple[int, str, str, type[Refusal], str]] = [
        (1, tube, "NA", Conflict, "patient.mismatch"),
        (2, tube, "NA", Conflict, "container.mismatch"),
        (3, tube, "CREA", Conflict, "test.not_ordered"),
        (3, "260610009014", "NA", NotFound, "scan.unknown"),
        (4, tube, "NA", Conflict, "unit.mismatch"),
        (9, tube, "NA", NotFound, "observation.unknown"),
    ]
    for key, container, test, refusal, code in cases:
        with pytest.raises(refusal) as refused:
            link(small, key, container, test)
        assert refused.value.code == code
    for refusal, said in ((NotAllowed, {"role": "technician"}), (Invalid, {"reason": " "})):
        with pytest.raises(refusal):
            link(small, 3, tube, "NA", **said)
    assert small.rows(t.result_version) == []
    assert {row.state for row in small.rows(t.observation)} == {"held"}


def test_what_belongs_nowhere_is_discarded_and_stays_readable(small: Bench) -> None:
    small.measure("NOREAD", {"NA": "140"})
    with small.work("technologist") as work:
        resolving.discard_observation(work, 1, reason="water blank")
    row, event = small.row(t.observation), small.events()[-1]
    assert (row.state, row.value_sent, row.reason) == ("discarded", "140", "container.unmatched")
    assert (event.verb, event.reason) == ("observation.discarded", "water blank")


def held_control(small: Bench, value: str = "140", **said: str) -> int:
    """A control's value under a code that means nothing here."""
    with small.lab.work(system("hl7", CHEMISTRY)) as work:
        source = source_of(work, CHEMISTRY)
        observed = replace(
            observation(work, CHEMISTRY, 1, "NA", value, "F"), code="Na-QC", extra={"run": "R7"}
        )
        control = ReportedControl("LYPHO", said.get("lot", "?"), None)
        specimen = ReportedSpecimen("control", said.get("container", "QC1"), "", "", (observed,), control)
        resulting.record_results(work, source, (specimen,))
    return int(small.rows(t.observation)[-1].id)


def test_a_controls_value_is_linked_to_its_lot_and_level_and_judged(small: Bench) -> None:
    small.run_controls()
    key = held_control(small)
    with small.work() as work:
        [first, *_] = work.catalog.targets_for[CHEMISTRY, "NA"]
        resolving.link_control(
            work, key, "NA", first.lot, first.level, received_at=work.now, reason="Run log of the shift"
        )
        assert controlling.qc_of(work, CHEMISTRY, ["NA"])["NA"].accepted is (
            abs(140 - first.mean) <= 3 * first.sd
        )
    row, filed = small.row(t.observation, id=key), small.rows(t.control_observation)[-1]
    assert (row.state, row.test, row.settled_by) == ("control", "NA", "technologist")
    assert (filed.material, filed.lot, filed.level, filed.run, filed.value) == (
        first.material,
        first.lot,
        first.level,
        "R7",
        "140",
    )
    linked = small.events()[-1]
    assert (linked.verb, linked.reason, linked.data["lot"]) == (
        "observation.linked",
        "Run log of the shift",
        first.lot,
    )


def test_a_linked_control_that_failed_holds_back_what_waits(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    small.run_controls()
    lytes = {"NA": "140", "K": "4.1", "CL": "103", "CO2": "25", "HIDX": "5", "IIDX": "1", "LIDX": "10"}
    small.measure(placed.container_ids[0], lytes)
    assert small.states(placed.accession)["NA"] == "resulted"
    small.clock.advance(timedelta(minutes=1))
    key = held_control(small, value="999")
    with small.work() as work:
        [first, *_] = work.catalog.targets_for[CHEMISTRY, "NA"]
        resolving.link_control(
            work, key, "NA", first.lot, first.level, received_at=work.now, reason="Run log of the shift"
        )
    assert small.value(placed.accession, "NA")[3] == ["qc.beyond_3sd"]


def test_a_value_without_target_or_of_a_patient_is_no_controls(
    small: Bench, placed: ordering.PlacedOrder
) -> None:
    control = held_control(small)
    small.measure(placed.container_ids[0], {"XX": "140"})
    patients = int(small.rows(t.observation)[-1].id)
    with small.work() as work:
        target = work.catalog.targets_for[CHEMISTRY, "NA"][0]
    for key, lot, code in ((control, "NOLOT", "qc.no_target"), (patients, target.lot, "observation.patient")):
        with small.work() as work, pytest.raises(Conflict) as refused:
            resolving.link_control(work, key, "NA", lot, target.level, received_at=work.now, reason="log")
        assert refused.value.code == code
    with small.work() as work, pytest.raises(Conflict) as refused:
        resolving.link_observation(work, control, placed.container_ids[0], "NA", reason="log")
    assert refused.value.code == "observation.control"
    assert small.rows(t.control_observation) == []


def test_images_and_raw_data_of_an_unknown_tube_are_not_held(small: Bench) -> None:
    with small.lab.work(system("hl7", CHEMISTRY)) as work:
        source = source_of(work, CHEMISTRY)
        value = observation(work, CHEMISTRY, 1, "NA", "140", "F")
        image = replace(value, seq=2, code="HISTOGRAM", supplemental=True)
        specimen = ReportedSpecimen("patient", "NOREAD", "", "", (value, image))
        resulting.record_results(work, source, (specimen,))
    assert [(row.seq, row.state) for row in small.rows(t.observation)] == [(1, "held"), (2, "supplemental")]


def test_all_that_is_held_of_a_message_is_discarded_in_one_act(small: Bench) -> None:
    small.measure("NOREAD", {"NA": "140", "K": "4.0"})
    message = small.rows(t.observation)[0].inbound_id
    with small.work() as work:
        assert resolving.discard_message(work, message, reason="water blanks") == 2
    assert [row.state for row in small.rows(t.observation)] == ["discarded", "discarded"]
    assert [event.verb for event in small.events()[-3:]] == [
        "observation.discarded",
        "observation.discarded",
        "message.discarded",
    ]
    with small.work() as work, pytest.raises(Conflict) as twice:
        resolving.discard_message(work, message, reason="again")
    assert twice.value.code == "message.settled"
    with small.work("lis_admin") as work, pytest.raises(NotAllowed):
        resolving.discard_message(work, message, reason="again")
