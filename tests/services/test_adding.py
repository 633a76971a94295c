"""Add-ons: done from what is here when kind, volume and stability allow it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from lis.domain.inspection import Inspection
from lis.kernel.errors import Refusal
from lis.services import accessioning, adding, ordering, processing
from lis.storage import tables as t
from tests.labs import BEN
from tests.services.bench import Bench


def add(small: Bench, accession: str, code: str, **said: str) -> int:
    with small.work("processor") as work:
        return adding.add_test(work, accession, code, **{"reason": "Dr. Ward asked"} | said)


@pytest.fixture
def accession(small: Bench) -> str:
    """Coagulation and creatinine, received with their volumes seen."""
    placed = small.order("COAGS", "RENAL")
    for number, volume in (("H0001", "2.7"), ("H0002", "4")):
        with small.work("processor") as work:
            accessioning.scan(work, number, seen=Inspection(volume_ml=Decimal(volume)))
    small.receive(*placed.container_ids, label=False)
    return placed.accession


def test_an_add_on_takes_the_tube_that_will_do_and_is_sent_at_once(small: Bench, accession: str) -> None:
    add(small, accession, "LYTES", placer_number="P9")
    test = small.row(t.ordered_test, code="LYTES")
    assert (test.added, test.state, test.reason, test.placer_number) == (
        True,
        "in_lab",
        "Dr. Ward asked",
        "P9",
    )
    tubes = {row.test: row.container_pk for row in small.rows(t.result)}
    assert (tubes["NA"], tubes["AGAP"]) == (2, 2)
    sent = small.rows(t.outbox, kind="analyzer_work")[-1]
    assert sent.refs["tests"] == ["NA", "K", "CL", "CO2"]
    assert small.journal()[-2:] == ["test.added", "work.sent"]


@pytest.mark.parametrize(
    ("code", "said", "minutes", "refusal"),
    [
        ("NOPE", {}, 0, "test.unknown"),
        ("LYTES", {"reason": " "}, 0, "reason.missing"),
        ("RENAL", {}, 0, "test.duplicate"),
        ("LYTES", {"container_id": "260610001017"}, 0, "add_on.not_possible"),
        ("LYTES", {}, 240, "add_on.not_possible"),
        ("HGB", {}, 0, "add_on.not_possible"),
    ],
)
def test_what_cannot_be_added(
    small: Bench, accession: str, code: str, said: dict[str, str], minutes: int, refusal: str
) -> None:
    small.clock.advance(timedelta(minutes=minutes))
    with pytest.raises(Refusal) as refused:
        add(small, accession, code, **said)
    assert refused.value.code == refusal
    assert small.rows(t.ordered_test, added=True) == []


def test_an_unknown_volume_is_measured_first_and_another_case_is_no_source(small: Bench) -> None:
    placed = small.order("RENAL", numbers=["S1"])
    small.receive(*placed.container_ids)
    with pytest.raises(Refusal) as refused:
        add(small, placed.accession, "LYTES")
    assert refused.value.details["findings"] == {placed.container_ids[0]: ["volume.unknown"]}
    assert refused.value.advice == "Record the volume left in it, or ask for a new specimen."
    with small.work("processor") as work:
        processing.record_volume(work, placed.container_ids[0], Decimal(3))
    other = small.order("RENAL", patient=BEN, numbers=["S2"])
    with pytest.raises(Refusal) as elsewhere:
        add(small, other.accession, "LYTES", container_id=placed.container_ids[0])
    assert elsewhere.value.code == "container.other_case"
    add(small, placed.accession, "LYTES")
    assert small.tests(placed.accession) == {"RENAL": "in_lab", "LYTES": "in_lab"}


def test_a_case_that_was_complete_is_open_again(small: Bench, accession: str) -> None:
    small.measure("260610001017", {"PT": "12.0", "INR": "1.0"}, device="COAG-1")
    small.verify(accession, "PT", "INR")
    small.release(accession, "PT", "INR")
    with small.work("technologist") as work:
        ordering.cancel_by_placer(work, "", "P1-H0001", reason="not needed")
    assert small.row(t.lab_order).state == "complete"
    add(small, accession, "LYTES")
    assert (small.row(t.lab_order).state, small.row(t.lab_order).closed_at) == ("open", None)
