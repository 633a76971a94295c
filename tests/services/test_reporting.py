"""What a report says of a case, in one reading for message, paper and screen."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from lis.kernel.errors import NotFound
from lis.services import notifying, ordering, reporting, resulting
from lis.storage import tables as t
from tests.services.bench import Bench


def report(small: Bench, accession: str, versions: list[int] | None = None) -> reporting.Report:
    with small.lab.reading() as reading:
        return reporting.report_of(reading.connection, reading.catalog, accession, versions=versions)


@pytest.fixture
def released(small: Bench) -> str:
    small.run_controls()
    placed = small.order("LYTES", "COAGS")
    small.receive(*placed.container_ids)
    values = {"NA": "148", "K": "4.1", "CL": "103", "CO2": "25", "HIDX": "5", "IIDX": "1", "LIDX": "10"}
    small.measure(placed.container_ids[1], values)
    tests = ("NA", "K", "CL", "CO2", "AGAP", "HIDX")
    small.verify(placed.accession, *tests)
    small.release(placed.accession, *tests)
    return placed.accession


def test_released_lines_stand_under_their_tests_without_indices(small: Bench, released: str) -> None:
    lytes, coags = report(small, released).groups
    assert [(line.test, line.value, line.flags, line.interval_text) for line in lytes.lines] == [
        ("NA", "148", ("H",), "136–145 mmol/L"),
        ("K", "4.1", (), "3.5–5.1 mmol/L"),
        ("CL", "103", (), "98–107 mmol/L"),
        ("CO2", "25", (), "22–29 mmol/L"),
        ("AGAP", "20", ("H",), "7–15 mmol/L"),
    ]
    assert [(g.code, g.status, g.specimen_type) for g in (lytes, coags)] == [
        ("LYTES", "F", "SER"),
        ("COAGS", "P", "PPP"),
    ]
    assert report(small, released).status == "P"


def test_some_versions_alone_are_a_partial_report(small: Bench, released: str) -> None:
    (sodium,) = [row.id for row in small.rows(t.result_version) if row.value == "148"]
    lytes = report(small, released, [sodium]).groups[0]
    assert [line.value for line in lytes.lines] == ["148"]


def test_a_correction_says_what_readers_held_before_not_what_nobody_saw(small: Bench, released: str) -> None:
    for value in ("141", "142"):
        with small.work() as work:
            resulting.correct_result(work, released, "NA", value, reason="mislabelled tube")
    assert report(small, released).groups[0].lines[0].value == "148"
    small.verify(released, "NA")
    small.release(released, "NA")
    line = report(small, released).groups[0].lines[0]
    assert (line.value, line.status, line.replaced) == ("142", "C", "148")
    assert report(small, released).status == "C"


def test_calls_that_reached_somebody_are_on_the_report(small: Bench, released: str) -> None:
    order = small.row(t.lab_order)
    with small.work() as work:
        call = notifying.open_call(
            work, notifying.CLARIFY, what="Which drug?", accession=released, order_id=order.id
        )
        notifying.record_call(work, call, whom="B. Ward", whom_role="RN", outcome=notifying.NO_ANSWER)
        notifying.record_call(work, call, whom="C. Ward", whom_role="RN", outcome=notifying.REACHED)
    [call] = report(small, released).calls
    assert call.text(ZoneInfo("America/Chicago")) == "Which drug?: told to C. Ward (RN), 2026-03-02 06:00 CST"


def test_a_case_wholly_cancelled_is_cancelled(small: Bench) -> None:
    placed = small.order("LYTES")
    with small.work("supervisor") as work:
        ordering.cancel_order(work, placed.accession, reason="double")
    assert report(small, placed.accession).status == "X"
    with pytest.raises(NotFound):
        report(small, "269990001")
