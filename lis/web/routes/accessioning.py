"""Receiving: scans, the comparison of identifiers, what was set aside, and labels."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from lis.documents.cards import command_card_pdf
from lis.documents.labels import label_pdf, label_svg
from lis.domain.people import Act
from lis.domain.reception import is_irreplaceable
from lis.kernel.errors import Invalid, Refusal
from lis.services import accessioning, labelling
from lis.web import commands
from lis.web.deps import Here, Posted, SomeoneHere
from lis.web.pages import fragment, go, show
from lis.web.printing import label_of
from lis.web.queries import rejecting, specimens

router = APIRouter(prefix="/lab/{slug}")
SET_ASIDE = "set_aside"
PAPERS = ("us-letter", "a4")
SHOWN_BACK = timedelta(hours=8)  # how far back the list of received tubes reaches: a shift


@router.get("/receive")
def receive_page(request: Request, here: SomeoneHere) -> Response:
    here.require(Act.SPECIMEN_RECEIVE)
    with here.lab.reading() as reading:
        known = {one.code: one.meaning for one in commands.offered(reading.catalog)}
    return show(request, here, "accessioning/receive.html", commands=known, **_lists(here))


@router.get("/receive/pending")
def pending(request: Request, here: SomeoneHere) -> Response:
    """The lists beside the scan box, fetched anew when something arrived."""
    here.require(Act.SPECIMEN_RECEIVE)
    return show(request, here, "accessioning/_pending.html", **_lists(here))


@router.post("/receive/scan")
def scan(request: Request, here: SomeoneHere, form: Posted) -> Response:
    """One scan, answered with its row; a command scanned before it says what to do with the tube.

    A refused one is answered too, and written down in a Work of its own.
    """
    text, command = form.text("text"), form.text("command")
    try:
        with here.lab.work(here.actor) as work:
            receipt = commands.carry_out(work, command, text)
    except Refusal as refusal:
        return _refused(request, here, f"{command} {text}".strip(), refusal)
    with here.lab.reading() as reading:
        one = specimens.one(reading, receipt.container_id)
        alike = specimens.named_alike(reading, one.row)
    return JSONResponse(
        {
            "row": fragment(request, here, "accessioning/_row.html", one=one),
            "panel": fragment(
                request, here, "accessioning/_panel.html", one=one, receipt=receipt, alike=alike
            ),
            "attention": " ".join((receipt.message, *receipt.reasons))
            if receipt.outcome == SET_ASIDE
            else "",
        }
    )


def _refused(request: Request, here: Here, text: str, refusal: Refusal) -> Response:
    with here.lab.work(here.actor) as work:
        accessioning.refuse_scan(work, text, code=refusal.code, message=refusal.message)
    row = fragment(request, here, "accessioning/_refused_row.html", text=text, refusal=refusal)
    return JSONResponse({"row": row, "panel": "", "attention": str(refusal)})


@router.get("/receive/commands.pdf")
def command_card(here: SomeoneHere, paper: str = "us-letter") -> Response:
    """The card of command barcodes, on Letter or A4."""
    here.require(Act.SPECIMEN_RECEIVE)
    if paper not in PAPERS:
        raise Invalid("card.paper", f"{paper[:20]} is no paper here.", f"Papers: {', '.join(PAPERS)}.")
    with here.lab.reading() as reading:
        rows = [(one.code, one.meaning) for one in commands.offered(reading.catalog)]
    return Response(command_card_pdf(rows, paper=paper), media_type="application/pdf")


@router.post("/receive/{container_id}/identity")
def compare_identity(request: Request, here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """What a person compared on the tube, and whether it agrees with the order."""
    identifiers, agree = tuple(form.texts("identifier")), form.text("agree") == "yes"
    with here.lab.work(here.actor) as work:
        accessioning.compare_identity(
            work, container_id, identifiers=identifiers, agree=agree, comment=form.text("comment")
        )
    return show(
        request, here, "accessioning/_compared.html", identifiers=sorted(set(identifiers)), agree=agree
    )


@router.post("/receive/{container_id}/accept")
def accept(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """Receive after all what had been set aside."""
    with here.lab.work(here.actor) as work:
        accessioning.accept_specimen(work, container_id, reason=form.text("reason"))
    return go(f"{here.path}/receive")


@router.post("/labels/{container_id}/print")
def reprint(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """Print a label once more, with the reason."""
    with here.lab.work(here.actor) as work:
        labelling.print_label(work, container_id, reason=form.text("reason"))
    return go(f"{here.path}/labels/{container_id}")


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


def _lists(here: Here) -> dict[str, Any]:
    with here.lab.reading() as reading:
        aside = specimens.set_aside(reading)
        return {
            "expected": specimens.expected(reading),
            "set_aside": aside,
            "on_form": {
                one.row.container_id
                for one in aside
                if is_irreplaceable(one.row.specimen_type, reading.catalog)
            },
            "awaited": rejecting.awaited(reading),
            "received": specimens.received_since(reading, reading.now - SHOWN_BACK),
        }
