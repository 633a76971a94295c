"""Labels: on the screen, as PDF (single or on sheets), as ZPL for a printer, and printed once more with a reason."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.documents.labels import STOCKS, label_pdf, label_svg, label_zpl, sheet_pdf
from lis.domain.people import Act
from lis.kernel.errors import Invalid, NotFound
from lis.services import labelling
from lis.web.deps import Posted, SomeoneHere
from lis.web.pages import go, show
from lis.web.printing import label_of, labels_of_order
from lis.web.queries import specimens

router = APIRouter(prefix="/lab/{slug}")
PER_SHEET = 30


@router.post("/labels/{container_id}/print")
def reprint(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """Print a label once more, with the reason."""
    with here.lab.work(here.actor) as work:
        labelling.print_label(work, container_id, reason=form.text("reason"))
    return go(f"{here.path}/labels/{container_id}")


@router.get("/labels/sheet.pdf")
def sheet(here: SomeoneHere, accession: str = "", stock: str = "letter", start: int = 1) -> Response:
    """The labels of one order, so of one patient, on a sheet; `start` is the first free place of it."""
    here.require(Act.LABEL_PRINT)
    if stock not in STOCKS:
        raise Invalid("label.stock", f"{stock[:20]} is no sheet here.", f"Sheets: {', '.join(STOCKS)}.")
    if not 1 <= start <= PER_SHEET:
        raise Invalid("label.start", f"A sheet has places 1 to {PER_SHEET}.")
    with here.lab.reading() as reading:
        labels = labels_of_order(reading, accession)
    if not labels:
        raise NotFound(
            "label.none", f"No label was printed for {accession[:20]}.", "Receive its tubes first."
        )
    return Response(sheet_pdf(labels, stock, start - 1), media_type="application/pdf")


@router.get("/labels/{container_id}.pdf")
def label_as_pdf(here: SomeoneHere, container_id: str) -> Response:
    here.require(Act.LABEL_PRINT)
    with here.lab.reading() as reading:
        label = label_of(reading, container_id)
    return Response(label_pdf([label]), media_type="application/pdf")


@router.get("/labels/{container_id}.svg")
def label_as_svg(here: SomeoneHere, container_id: str) -> Response:
    here.require(Act.LABEL_PRINT)
    with here.lab.reading() as reading:
        label = label_of(reading, container_id)
    return Response(label_svg(label), media_type="image/svg+xml")


@router.get("/labels/{container_id}.zpl")
def label_as_zpl(here: SomeoneHere, container_id: str) -> Response:
    """What the label printer is sent, as a file."""
    here.require(Act.LABEL_PRINT)
    with here.lab.reading() as reading:
        label = label_of(reading, container_id)
    headers = {"Content-Disposition": f'attachment; filename="{label.container_id}.zpl"'}
    return Response(label_zpl(label).encode(), media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/labels/{container_id}")
def label_page(request: Request, here: SomeoneHere, container_id: str) -> Response:
    """A container's label as it is, its prints, and the way to another."""
    here.require(Act.LABEL_PRINT)
    with here.lab.reading() as reading:
        context = {
            "one": specimens.one(reading, container_id),
            "prints": specimens.prints(reading, container_id),
            "drawn": label_svg(label_of(reading, container_id)),
        }
    return show(request, here, "accessioning/label.html", **context)
