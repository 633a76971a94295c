"""One tube's whole life by the use cases: ordered, received, labelled, measured, accepted, sent out, corrected."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from lis.kernel.canonical import canonical_json
from lis.services import accessioning, notifying, reporting, resulting
from lis.storage import tables as t
from lis.storage.house import House
from tests.labs import open_small_lab
from tests.services.bench import Bench, bench

VALUES = {"NA": "140", "K": "6.8", "CL": "103", "CO2": "25", "HIDX": "5", "IIDX": "1", "LIDX": "10"}
REPORTED = ("NA", "K", "CL", "CO2", "AGAP")
STORY = [
    "catalog.loaded",
    *["control.filed"] * 16,
    *["patient.registered", "order.placed"],
    *["specimen.received", "label.printed", "identity.compared", "label.confirmed", "work.sent"],
    *["result.filed"] * 7,
    "result.calculated",
    *["result.verified"] * 5,
    *["result.released"] * 2,
    "call.opened",
    *["result.released"] * 3,
    "report.sent",
    *["call.recorded", "call.closed"],
    *["result.entered", "result.calculated", "result.corrected"],
    *["result.verified"] * 2,
    *["result.released", "call.opened"] * 2,
    "report.sent",
]


def live(house: House) -> Bench:
    """The tube's life, with time passing between its steps."""
    open_small_lab(house)
    small = bench(house)
    small.run_controls()
    placed = small.order("LYTES", peer="HIS", location="5 WEST", priority="S")
    tube, accession = placed.container_ids[0], placed.accession
    small.receive(tube, label=False)
    small.clock.advance(timedelta(minutes=2))
    with small.work("processor") as work:
        accessioning.compare_identity(work, tube, identifiers=("name", "mrn"), agree=True)
        accessioning.scan(work, tube)
    small.clock.advance(timedelta(minutes=20))
    small.measure(tube, VALUES, patient="M1001")
    small.clock.advance(timedelta(minutes=3))
    small.verify(accession, *REPORTED)
    small.release(accession, *REPORTED)
    with small.work() as work:
        said = "potassium six point eight"
        notifying.record_call(
            work, 1, whom="B. Ward", whom_role="RN", outcome=notifying.REACHED, said=said, read_back=said
        )
    small.clock.advance(timedelta(hours=1))
    with small.work() as work:
        resulting.correct_result(work, accession, "NA", "135", reason="aspirated short")
    small.verify(accession, "NA", "AGAP")
    small.release(accession, "NA", "AGAP")
    return small


def history(small: Bench) -> list[str]:
    """Everything recorded, without wall time."""
    kept = [
        {name: value for name, value in row._mapping.items() if name != "recorded_at"}
        for row in [*small.events(), *small.rows(t.result_version), *small.rows(t.outbox)]
    ]
    return [canonical_json(row) for row in kept]


def test_a_tube_lives_from_order_to_corrected_report(house: House) -> None:
    small = live(house)
    assert small.journal() == STORY
    order = small.row(t.lab_order)
    assert (order.state, small.tests(order.accession)) == ("complete", {"LYTES": "complete"})
    with small.lab.reading() as reading:
        report = reporting.report_of(reading.connection, reading.catalog, order.accession)
    (group,) = report.groups
    assert [(line.test, line.value, line.status, line.replaced, line.flags) for line in group.lines] == [
        ("NA", "135", "C", "140", ("L",)),
        ("K", "6.8", "F", "", ("HH",)),
        ("CL", "103", "F", "", ()),
        ("CO2", "25", "F", "", ()),
        ("AGAP", "7", "C", "12", ()),
    ]
    assert (report.status, [call.text(ZoneInfo("America/Chicago")) for call in report.calls]) == (
        "C",
        ["Potassium 6.8 mmol/L: told to B. Ward (RN), 2026-03-02 06:25 CST, read back"],
    )
    assert [row.kind for row in small.rows(t.outbox)] == [
        "label",
        "analyzer_work",
        "result_report",
        "result_report",
    ]


@pytest.mark.postgresql
def test_both_databases_tell_the_same_history(sqlite_house: House, postgresql_house: House) -> None:
    assert history(live(sqlite_house)) == history(live(postgresql_house))
