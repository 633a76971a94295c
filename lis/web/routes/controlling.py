"""QC: the gate of each test on each analyzer, its chart, and the review on paper."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.documents.charts import TABLE_HEAD, describe, levey_jennings_svg, table_rows
from lis.documents.qc_reviews import qc_review_pdf
from lis.domain.people import Act
from lis.kernel.errors import Conflict, NotFound
from lis.lab import Reading
from lis.web.deps import SomeoneHere
from lis.web.pages import show
from lis.web.printing import qc_review_of
from lis.web.queries import quality

router = APIRouter(prefix="/lab/{slug}")


@router.get("/qc")
def status_page(request: Request, here: SomeoneHere) -> Response:
    """Every test that needs controls, by analyzer, with the gate's answer in words."""
    here.require(Act.QC_VIEW)
    with here.lab.reading() as reading:
        gate = quality.blocks(reading)
    template = "controlling/_gate.html" if request.headers.get("HX-Request") else "controlling/status.html"
    return show(request, here, template, gate=gate)


@router.get("/qc/{analyzer}/review.pdf")
def review(here: SomeoneHere, analyzer: str) -> Response:
    """The charts of an analyzer as paper, with a line to sign."""
    here.require(Act.QC_VIEW)
    with here.lab.reading() as reading:
        data = qc_review_of(reading, analyzer)
    if not data.charts:
        raise Conflict(
            "qc.none", f"No control of {analyzer} has been measured yet.", "Run its controls first."
        )
    return Response(qc_review_pdf(data), media_type="application/pdf")


@router.get("/qc/{analyzer}/{test}")
def chart_page(request: Request, here: SomeoneHere, analyzer: str, test: str) -> Response:
    """The Levey-Jennings chart of a test, its sentence, its table, and the ways to its neighbours."""
    here.require(Act.QC_VIEW)
    with here.lab.reading() as reading:
        context = _chart(reading, analyzer, test)
    return show(request, here, "controlling/chart.html", head=TABLE_HEAD, **context)


def _chart(reading: Reading, analyzer: str, test: str) -> dict[str, Any]:
    listed = [row for block in quality.blocks(reading) for row in block.rows]
    place = next((i for i, row in enumerate(listed) if (row.analyzer, row.test) == (analyzer, test)), None)
    if place is None:
        raise NotFound("qc.unknown", f"No controls of {test} are run on {analyzer} here.")
    chart = quality.chart(reading, analyzer, test)
    return {
        "row": listed[place],
        "before": listed[place - 1] if place else None,
        "after": listed[place + 1] if place + 1 < len(listed) else None,
        "targets": reading.catalog.targets_for.get((analyzer, test), ()),
        "runs": len(chart.columns) if chart else 0,
        "drawn": chart
        and {"svg": levey_jennings_svg(chart), "words": describe(chart), "table": table_rows(chart)},
    }
