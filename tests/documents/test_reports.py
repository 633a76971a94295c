from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lis.documents.reports import (
    Laboratory,
    Previous,
    ReportData,
    ReportGroup,
    ReportOrder,
    ReportPatient,
    ReportRow,
    report_page,
    report_pdf,
)
from lis.documents.typesetting import typeset
from tests.documents.pdftext import pages_text

REPORT = ReportData(
    laboratory=Laboratory("Riverside Laboratory", ("1 Example Street", "Director: A. Example, MD")),
    patient=ReportPatient("RIVERA, MARIA", "T100005", "1968-04-12", "58 y", "F"),
    order=ReportOrder(
        accession="263310001",
        ordering_provider="DOE, JANE",
        location="ICU 4",
        collected_at="2026-11-27 07:42 CST",
        received_at="2026-11-27 07:55 CST",
        reported_at="2026-11-27 08:40 CST",
        priority="STAT",
    ),
    groups=(
        ReportGroup(
            "Panel one",
            (
                ReportRow("Alpha", "138", unit="mmol/L", interval="136–145"),
                ReportRow("Beta", "6.9", "HH", "mmol/L", "3.5–5.1"),
                ReportRow("Gamma", "<0.01", "L", "10*3/µL", "≥ 0.04"),
                ReportRow("Delta", "Positive", "A", interval="Negative"),
            ),
            specimen="Serum, hemolyzed 1+",
        ),
    ),
    status="Final",
    printed_at=datetime(2026, 11, 27, 14, 45, tzinfo=UTC),
    printed_at_text="2026-11-27 08:45 CST",
    critical_calls=("Beta 6.9 to ICU 4, read back 08:42 CST",),
    verified_by=("S. Tech 2026-11-27 08:38 CST",),
)


def with_rows(*rows: ReportRow) -> ReportData:
    return replace(REPORT, groups=(replace(REPORT.groups[0], rows=rows),))


def test_report_says_everything_it_was_given_in_reading_order() -> None:
    assert pages_text(report_pdf(REPORT)) == [
        "TRAINING — synthetic patients, not for clinical use"
        " Riverside Laboratory 1 Example Street Director: A. Example, MD Laboratory report Final"
        " Patient RIVERA, MARIA MRN T100005 Born 1968-04-12 Age, sex 58 y, F Provider DOE, JANE Location ICU 4"
        " Accession 263310001 Priority STAT Collected 2026-11-27 07:42 CST"
        " Received 2026-11-27 07:55 CST Reported 2026-11-27 08:40 CST"
        " Panel one Specimen: Serum, hemolyzed 1+ Test Result Flag Units Reference interval"
        " Alpha 138 mmol/L 136–145 Beta 6.9 ▲▲ HH mmol/L 3.5–5.1 Gamma <0.01 ▼ L 10*3/µL ≥ 0.04"
        " Delta Positive A Negative"
        " Critical values notified Beta 6.9 to ICU 4, read back 08:42 CST"
        " Verified by S. Tech 2026-11-27 08:38 CST End of report"
        " Riverside Laboratory Printed 2026-11-27 08:45 CST Page 1 of 1"
    ]


def test_report_is_tagged_dated_from_its_data_and_the_same_bytes_each_time() -> None:
    first, second = report_pdf(REPORT), report_pdf(REPORT)
    assert first == second
    for part in (b"/StructTreeRoot", b"/CreationDate(D:20261127144500Z)", b"pdfuaid:part", b"/Lang(en)"):
        assert part in first


@pytest.mark.parametrize(
    "name",
    [
        'O\'#let x = $1$, "<script>alert(1)</script>"',
        "*BOLD* _IT_ `raw` = HEAD, // comment \\ @ref <label>",
        '#read("/etc/passwd"), {{7*7}} \' OR 1=1 --',
        "漢, ŽOFIE",
    ],
)
def test_markup_in_data_is_printed_literally(name: str) -> None:
    row = ReportRow(name, name, notes=(name,))
    made = replace(with_rows(row), patient=replace(REPORT.patient, name=name), comments=(name,))
    (text,) = pages_text(report_pdf(made))
    unbroken = text.replace(" ", "")  # a narrow column may break a line anywhere
    assert unbroken.count(name.replace("漢", "[U+6F22]").replace(" ", "")) == 5


def test_corrected_row_keeps_what_was_reported_before() -> None:
    row = ReportRow(
        "Beta",
        "4.1",
        unit="mmol/L",
        status="Corrected",
        notes=("Repeated.",),
        previous=(Previous("6.9 mmol/L HH", "2026-11-27 08:10 CST", "wrong specimen"),),
    )
    (text,) = pages_text(report_pdf(replace(with_rows(row), status="Corrected")))
    previous = "Previously reported: 6.9 mmol/L HH (2026-11-27 08:10 CST). Reason: wrong specimen"
    assert f"4.1 mmol/L Beta Corrected {previous} Repeated." in text


def test_later_pages_repeat_patient_heading_and_count() -> None:
    rows = tuple(ReportRow(f"Test {number}", "1", notes=("A note.",)) for number in range(80))
    pages = pages_text(report_pdf(with_rows(*rows)))
    again = "RIVERA, MARIA MRN T100005 Accession 263310001 Final Test Result Flag Units Reference interval"
    banner = REPORT.environment
    assert [page.startswith(f"{banner} {again}") for page in pages] == [False, *[True] * (len(pages) - 1)]
    assert [page.split(" Page ")[1] for page in pages] == [
        f"{number} of {len(pages)}" for number in range(1, len(pages) + 1)
    ]


def test_report_without_results_says_so_and_lists_what_is_pending() -> None:
    (text,) = pages_text(report_pdf(replace(REPORT, groups=(), pending=("Epsilon",), status="Preliminary")))
    assert "No result has been released. Not yet reported Epsilon" in text


def test_report_without_environment_has_no_banner() -> None:
    (text,) = pages_text(report_pdf(replace(REPORT, environment="")))
    assert text.startswith("Riverside Laboratory 1 Example Street")


@pytest.mark.parametrize("field", ["name", "mrn"])
def test_report_without_two_identifiers_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match="lacks a patient identifier"):
        report_pdf(replace(REPORT, patient=replace(REPORT.patient, **{field: " \u200b"})))


def test_row_without_a_result_is_refused() -> None:
    with pytest.raises(ValueError, match="Beta has no result"):
        report_pdf(with_rows(ReportRow("Beta", "")))


def test_report_fits_a4() -> None:
    assert b"/MediaBox[0 0 595.2756 841.8898]" in report_pdf(REPORT, "a4")
    assert len(typeset("report.typ", report_page(REPORT, "a4"), format="png", ppi=72)) == 1
