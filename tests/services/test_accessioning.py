"""Receiving: what a scan does, what keeps a tube aside, and who may take it in after all."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from lis.domain.inspection import Inspection
from lis.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from lis.kernel.ids import container_id
from lis.services import accessioning, collecting, labelling
from lis.storage import tables as t
from tests.services.bench import Bench


def scan(small: Bench, text: str, **seen: object) -> accessioning.Receipt:
    with small.work("processor") as work:
        return accessioning.scan(work, text, seen=Inspection(**seen) if seen else None)  # type: ignore[arg-type]


def test_first_scan_receives_and_prints_second_confirms_and_sends_work(small: Bench) -> None:
    placed = small.order("LYTES", "COAGS")
    serum = placed.container_ids[1]
    assert scan(small, "H0002").outcome == "received"
    assert small.container(serum).received_by == "processor"
    assert small.tests(placed.accession) == {"LYTES": "in_lab", "COAGS": "ordered"}
    assert [(row.kind, row.peer) for row in small.rows(t.outbox)] == [("label", "PRINTER-1")]
    assert scan(small, serum).outcome == "labelled"
    sent = small.rows(t.outbox, kind="analyzer_work")
    assert [(row.peer, row.refs["tests"]) for row in sent] == [
        ("CHEM-1", ["NA", "K", "CL", "CO2", "HIDX", "IIDX", "LIDX"])
    ]
    assert small.journal()[-4:] == ["specimen.received", "label.printed", "label.confirmed", "work.sent"]


def test_refused_scans_say_why_and_change_nothing(small: Bench) -> None:
    placed = small.order("LYTES", numbers=["H1"])
    future = small.order("LYTES", numbers=["H2"], collected=-5)
    for peer in ("HIS", "CLINIC"):
        small.order("RENAL", numbers=["H3"], peer=peer)
    small.receive(placed.container_ids[0])
    before = small.events()
    cases = {
        " ": (Invalid, "scan.empty"),
        "H9": (NotFound, "scan.unknown"),
        "260610001018": (NotFound, "scan.unknown"),
        container_id("260609901", 1): (NotFound, "scan.other_lab"),
        "H1": (Conflict, "scan.labelled"),
        placed.container_ids[0]: (Conflict, "scan.labelled"),
        "H2": (Invalid, "collection.future"),
        "H3": (Conflict, "scan.ambiguous"),
    }
    answers: dict[str, tuple[type[Refusal], str]] = {}
    for text in cases:
        with pytest.raises(Refusal) as refused:
            scan(small, text)
        answers[text] = (type(refused.value), refused.value.code)
    assert answers == cases
    assert small.events() == before
    assert small.container(future.container_ids[0]).state == "expected"


@pytest.mark.parametrize(
    ("seen", "codes"),
    [
        ({"container_type": "LAV"}, ["container.wrong"]),
        ({"expired": True}, ["container.expired"]),
        ({"volume_ml": Decimal("0.5")}, ["volume.short_fill"]),
        ({"temperature": "4C"}, ["temperature.wrong"]),
    ],
)
def test_what_speaks_against_a_tube_sets_it_aside_and_is_kept(
    small: Bench, seen: dict[str, object], codes: list[str]
) -> None:
    placed = small.order("LYTES")
    receipt = scan(small, "H0001", **seen)
    assert receipt.outcome == "set_aside"
    assert small.events()[-1].data["codes"] == codes
    with small.work("processor") as work, pytest.raises(NotAllowed):
        accessioning.accept_specimen(work, placed.container_ids[0], reason="looks fine")
    with small.work("supervisor") as work:
        taken = accessioning.accept_specimen(work, placed.container_ids[0], reason="nothing else to be had")
    assert taken.outcome == "received"
    assert [row.data.get("exception") for row in small.events() if row.verb == "specimen.accepted"] == [True]


def test_a_tube_too_old_is_set_aside_and_a_corrected_time_lets_it_in(small: Bench) -> None:
    placed = small.order("LYTES", collected=180)
    tube = placed.container_ids[0]
    assert scan(small, "H0001").reasons == (
        "NA, K, CL, CO2, AGAP, HIDX, IIDX, LIDX: 3 h on the cells, allowed 2 h.",
    )
    at = small.clock.now() - timedelta(minutes=20)
    with small.work("processor") as work:
        collecting.record_collection(work, tube, collected_at=at, collected_by="RN7", told_by="RN7, by phone")
    with small.work("processor") as work:
        assert accessioning.accept_specimen(work, tube, reason="time put right").outcome == "received"
    assert {row.collected_at for row in small.rows(t.result)} == {at}


def test_a_collection_time_is_not_changed_under_filed_values_nor_into_the_future(small: Bench) -> None:
    placed = small.order("LYTES")
    tube = placed.container_ids[0]
    small.receive(tube)
    now = small.clock.now()
    with small.work() as work, pytest.raises(Invalid):
        later = now + timedelta(minutes=1)
        collecting.record_collection(work, tube, collected_at=later, collected_by="RN7", told_by="RN7")
    small.measure(tube, {"NA": "140"})
    with small.work() as work, pytest.raises(Conflict):
        collecting.record_collection(work, tube, collected_at=now, collected_by="RN7", told_by="RN7")


def test_comparing_takes_two_real_identifiers(small: Bench) -> None:
    tube = small.order("LYTES").container_ids[0]
    for identifiers, code in {
        ("name", "name"): "identity.two",
        ("name", "room"): "identity.unknown",
    }.items():
        with small.work() as work, pytest.raises(Invalid) as refused:
            accessioning.compare_identity(work, tube, identifiers=identifiers, agree=True)
        assert refused.value.code == code
    with small.work("processor") as work:
        accessioning.compare_identity(work, tube, identifiers=("name", "mrn"), agree=True)
    event = small.events()[-1]
    assert (event.verb, event.data) == (
        "identity.compared",
        {"identifiers": ["mrn", "name"], "against": ["order"], "agree": True, "comment": ""},
    )


@pytest.mark.parametrize("label", [None, False, True])
def test_identifiers_that_disagree_set_a_tube_aside_wherever_it_is(small: Bench, label: bool | None) -> None:
    tube = small.order("LYTES").container_ids[0]
    if label is not None:
        small.receive(tube, label=label)
    with small.work("processor") as work:
        accessioning.compare_identity(work, tube, identifiers=("name", "mrn"), agree=False)
    assert small.container(tube).state == "set_aside"
    assert small.measure(tube, {"NA": "140"}) == [("held", "container.not_received")]
    with small.work("technologist") as work, pytest.raises(NotAllowed):
        accessioning.accept_specimen(work, tube, reason="surely a typing mistake")


def test_a_test_that_shares_all_its_analytes_follows_the_shared_tube(small: Bench) -> None:
    placed = small.order("LYTES", "NA")
    assert len(placed.container_ids) == 1
    small.receive(placed.container_ids[0])
    assert small.tests(placed.accession) == {"LYTES": "in_lab", "NA": "in_lab"}


def test_a_tube_without_a_valid_label_is_not_confirmed(small: Bench) -> None:
    tube = small.order("LYTES").container_ids[0]
    small.receive(tube, label=False)
    with small.work("processor") as work:
        labelling.void_label(work, small.row(t.label_print).id, reason="smeared")
    with small.work("processor") as work, pytest.raises(Conflict) as refused:
        accessioning.scan(work, tube)
    assert refused.value.code == "label.void"
    with small.work("processor") as work:
        labelling.print_label(work, tube, reason="smeared")
    assert scan(small, tube).outcome == "labelled"
    assert [(row.copy, row.reason, row.void_reason) for row in small.rows(t.label_print)] == [
        (1, "", "smeared"),
        (2, "smeared", ""),
    ]


def test_a_refused_scan_is_written_down_by_itself(small: Bench) -> None:
    with small.work("processor") as work:
        accessioning.refuse_scan(work, "H9", code="scan.unknown", message="Nothing is known under H9.")
    event = small.events()[-1]
    assert (event.verb, event.subject, event.reason) == ("scan.refused", "scan:H9", "scan.unknown")
