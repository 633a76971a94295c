from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from lis.documents.charts import QcChart, QcPoint, QcViolation, describe
from lis.documents.qc_reviews import QcReview, qc_review_pdf
from tests.documents.pdftext import pages_text

CHART = QcChart(
    title="Analyte <A> #x",
    columns=("1", "2"),
    levels=("Level 1",),
    points=(QcPoint(0, "Level 1", "101", Decimal("0.4")), QcPoint(1, "Level 1", "131", Decimal("3.2"))),
    violations=(QcViolation("1-3s", "rejection", 1, ("Level 1",), "recalibrated"),),
)
REVIEW = QcReview(
    laboratory="Riverside Laboratory",
    period="2026-11-01 to 2026-11-27",
    charts=(CHART,),
    printed_at=datetime(2026, 11, 27, 14, 45, tzinfo=UTC),
    printed_at_text="2026-11-27 08:45 CST",
    remarks=("Calibrator lot changed.",),
)


def test_review_shows_charts_violations_in_words_and_a_line_to_sign() -> None:
    (text,) = pages_text(qc_review_pdf(REVIEW))
    words = describe(CHART)
    assert f"QC review Riverside Laboratory, {REVIEW.period} Analyte <A> #x" in text
    assert (
        f"{words} Run Level Value Deviation Rules Action 2 Level 1 131 +3.20s 1-3s rejection recalibrated"
        " Actions and remarks Calibrator lot changed. Reviewed by:"
    ) in text


def test_review_is_tagged_names_its_reviewer_and_is_the_same_bytes_each_time() -> None:
    signed = replace(REVIEW, reviewed_by="S. Supervisor 2026-11-27 09:00 CST")
    first, second = qc_review_pdf(signed), qc_review_pdf(signed)
    assert (first, b"/StructTreeRoot" in first, b"/Alt" in first) == (second, True, True)
    assert "Reviewed by: S. Supervisor 2026-11-27 09:00 CST" in pages_text(first)[0]
