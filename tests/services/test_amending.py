"""Text added to a released result."""

from __future__ import annotations

import pytest

from lis.kernel.errors import Conflict, Invalid, NotAllowed
from lis.services import amending, reporting
from lis.storage import tables as t
from tests.services.bench import Bench


def amend(
    small: Bench, accession: str, role: str = "technologist", text: str = "Repeated.", why: str = "asked"
):
    with small.work(role) as work:
        return amending.amend_result(work, accession, "NA", text, reason=why)


def test_a_note_is_added_and_reported_the_value_unchanged(small: Bench) -> None:
    placed = small.order("LYTES", peer="HIS")
    small.receive(*placed.container_ids)
    small.measure(placed.container_ids[0], {"NA": "140"})
    with pytest.raises(Conflict):
        amend(small, placed.accession)
    small.verify(placed.accession, "NA")
    small.release(placed.accession, "NA")
    for refusal, said in (
        (NotAllowed, {"role": "technician"}),
        (Invalid, {"text": " "}),
        (Invalid, {"why": ""}),
    ):
        with pytest.raises(refusal):
            amend(small, placed.accession, **said)
    amend(small, placed.accession)
    with small.lab.reading() as reading:
        report = reporting.report_of(reading.connection, reading.catalog, placed.accession)
    assert report.notes == ("Sodium: Repeated.",)
    assert small.value(placed.accession, "NA")[:3] == ("F", "140", 1)
    first, second = small.rows(t.outbox, kind="result_report")
    assert first.refs == second.refs
