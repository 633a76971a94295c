"""Labels: on the screen, and printed once more with a reason: on the label printer, as PDF (single, on sheets), as ZPL.

A file is a copy like any other: it is numbered and in the journal before it leaves.
"""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.documents.labels import STOCKS, LabelData, label_pdf, label_svg, label_zpl, sheet_pdf
from lis.domain.people import Act
from lis.kernel.errors import Invalid, NotFound
from lis.services import labelling
from lis.web.deps import Here, Posted, SomeoneHere
from lis.web.pages import go, show
from lis.web.printing import label_of, tubes_with_labels
from lis.web.queries import specimens

router = APIRouter(prefix="/lab/{slug}")
PER_SHEET = 30


@router.post("/labels/{container_id}/print")
def reprint(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """Print a label once more, with the reason."""
    with here.lab.work(here.actor) as work:
        labelling.print_label(work, container_id, reason=form.text("reason"))
    return go(f"{here.path}/labels/{container_id}")


@router.post("/labels/sheet.pdf")
def sheet(here: SomeoneHere, form: Posted) -> Response:
    """The labels of one order, so of one patient, on a sheet; `start` is the first free place of it."""
    accession, stock, start = form.text("accession"), form.text("stock") or "letter", form.number("start")
    if stock not in STOCKS:
        raise Invalid("label.stock", f"{stock[:20]} is no sheet here.", f"Sheets: {', '.join(STOCKS)}.")
    if not 1 <= start <= PER_SHEET:
        raise Invalid("label.start", f"A sheet has places 1 to {PER_SHEET}.")
    with here.lab.reading() as reading:
        tubes = tubes_with_labels(reading, accession)
    if not tubes:
        raise NotFound(
            "label.none", f"No label was printed for {accession[:20]}.", "Receive its tubes first."
        )
    with here.lab.work(here.actor) as work:
        for tube in tubes:
            labelling.print_label(work, tube, reason=form.text("reason"), to=f"{stock} sheet")
    return _file(sheet_pdf(_labels(here, tubes), stock, start - 1), f"{accession}.pdf")


@router.post("/labels/{container_id}.pdf")
def label_as_pdf(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """One label on a page of its own size."""
    with here.lab.work(here.actor) as work:
        labelling.print_label(work, container_id, reason=form.text("reason"), to="PDF")
    return _file(label_pdf(_labels(here, [container_id])), f"{container_id}.pdf")


@router.post("/labels/{container_id}.zpl")
def label_as_zpl(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """What the label printer is sent, as a file."""
    with here.lab.work(here.actor) as work:
        labelling.print_label(work, container_id, reason=form.text("reason"), to="ZPL")
    (label,) = _labels(here, [container_id])
    return _file(label_zpl(label).encode(), f"{container_id}.zpl", "text/plain; charset=utf-8")


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


def _labels(here: Here, tubes: Sequence[str]) -> list[LabelData]:
    with here.lab.reading() as reading:
        return [label_of(reading, tube) for tube in tubes]


def _file(data: bytes, name: str, kind: str = "application/pdf") -> Response:
    """What is kept as a file: shown in the browser, it would be asked for twice and counted twice."""
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
