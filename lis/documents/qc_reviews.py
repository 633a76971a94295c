"""The QC review as PDF: the same charts as on screen, every violation in words, and a line to sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lis.documents.charts import TABLE_HEAD, QcChart, describe, levey_jennings_svg, table_rows
from lis.documents.typesetting import typeset_pdf


@dataclass(frozen=True)
class QcReview:
    """What is reviewed: charts of one period. `remarks` are corrective actions and notes as recorded."""

    laboratory: str
    period: str
    charts: tuple[QcChart, ...]
    printed_at: datetime
    printed_at_text: str
    remarks: tuple[str, ...] = ()
    reviewed_by: str = ""
    environment: str = ""


def qc_review_pdf(review: QcReview, paper: str = "us-letter") -> bytes:
    """The review as tagged PDF/UA-1, one chart after another; the same data gives the same bytes."""
    page = qc_review_page(review, paper)
    return typeset_pdf("qc_review.typ", page, created_at=review.printed_at, standards=("ua-1",))


def qc_review_page(review: QcReview, paper: str = "us-letter") -> dict[str, object]:
    """What the template reads for `qc_review_pdf`."""
    return {
        "laboratory": review.laboratory,
        "period": review.period,
        "charts": [_drawn(chart) for chart in review.charts],
        "printed_at_text": review.printed_at_text,
        "remarks": review.remarks,
        "reviewed_by": review.reviewed_by,
        "environment": review.environment,
        "paper": paper,
        "head": TABLE_HEAD,
    }


def _drawn(chart: QcChart) -> dict[str, object]:
    rows: Sequence[tuple[str, ...]] = [row for row in table_rows(chart) if row[4]]
    return {"title": chart.title, "svg": levey_jennings_svg(chart), "words": describe(chart), "rows": rows}
