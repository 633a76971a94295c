"""Receiving: scans and commands, the comparison of identifiers, what was set aside, and the cards to scan from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from lis.documents.cards import code128_svg, command_card_pdf
from lis.domain.conditions import CONDITIONS
from lis.domain.inspection import TEMPERATURES
from lis.domain.people import Act
from lis.domain.reception import is_irreplaceable
from lis.kernel.errors import Invalid, NotFound, Refusal
from lis.lab import Reading
from lis.services import accessioning, inspecting
from lis.web import commands
from lis.web.deps import Here, Posted, SomeoneHere
from lis.web.pages import fragment, go, show
from lis.web.queries import rejecting, specimens

router = APIRouter(prefix="/lab/{slug}")
PAPERS = ("us-letter", "a4")
EXAMPLES = (
    "260610001017",
    "%SCAN-YZ-0189",
)  # an even number of digits (set C), and letters that layouts swap
SHOWN_BACK = timedelta(hours=8)  # how far back the list of received tubes reaches: a shift


@router.get("/receive")
def receive_page(request: Request, here: SomeoneHere) -> Response:
    here.require(Act.SPECIMEN_RECEIVE)
    with here.lab.reading() as reading:
        context = {
            "commands": {one.code: one.meaning for one in commands.offered(reading.catalog)},
            "grammar": {"once": commands.AT_ONCE, "adding": commands.ADDING, "open": commands.OPEN},
            "conditions": CONDITIONS,
            "temperatures": TEMPERATURES,
            **_lists(reading),
        }
        return show(request, here, "accessioning/receive.html", reading=reading, **context)


@router.get("/receive/pending")
def pending(request: Request, here: SomeoneHere) -> Response:
    """The lists beside the scan box, fetched anew when something arrived."""
    here.require(Act.SPECIMEN_RECEIVE)
    with here.lab.reading() as reading:
        return show(request, here, "accessioning/_pending.html", reading=reading, **_lists(reading))


@router.post("/receive/scan")
def scan(request: Request, here: SomeoneHere, form: Posted) -> Response:
    """One scan, answered with its row; commands scanned before it say what to do with the tube.

    A refused one is answered too, and written down in a Work of its own. A page whose script has not come yet posts
    the form itself: it gets a page.
    """
    text, command = _printed(form.text("text")), form.text("command")
    by_script = "text/html" not in request.headers.get("Accept", "")
    try:
        if command == commands.NEXT:
            return _next(request, here, text)
        with here.lab.work(here.actor) as work:
            receipt = commands.carry_out(work, command, text)
    except Refusal as refusal:
        _write_down(here, f"{command} {text}".strip(), refusal)
        if not by_script:
            raise
        return _refused(request, here, f"{command} {text}".strip(), refusal)
    return _answer(request, here, receipt) if by_script else go(f"{here.path}/receive")


def _printed(text: str) -> str:
    """What can stand on a label: a sign that turns text round, or is not seen, does not."""
    return "".join(one for one in text if one.isprintable())


def _answer(request: Request, here: Here, receipt: accessioning.Receipt) -> Response:
    words = " ".join((receipt.message, *receipt.reasons))
    with here.lab.reading() as reading:
        one = specimens.one(reading, receipt.container_id)
        return JSONResponse(
            {
                "row": fragment(request, here, "accessioning/_row.html", reading=reading, one=one),
                "panel": _panel(request, here, reading, one, receipt=receipt),
                "attention": words if receipt.needs_attention else "",
            }
        )


def _next(request: Request, here: Here, after: str) -> Response:
    """The next tube that waits for somebody, after the one shown: nothing is done with it."""
    here.require(Act.SPECIMEN_RECEIVE)
    with here.lab.reading() as reading:
        one = specimens.next_waiting(reading, after)
        if one is None:
            raise NotFound("next.none", "No tube is set aside, late or STAT.", "Scan the next tube.")
        panel = _panel(request, here, reading, one, receipt=None)
    return JSONResponse({"row": "", "panel": panel, "attention": ""})


def _panel(
    request: Request,
    here: Here,
    reading: Reading,
    one: specimens.Listed,
    *,
    receipt: accessioning.Receipt | None,
) -> str:
    return fragment(
        request,
        here,
        "accessioning/_panel.html",
        reading=reading,
        one=one,
        receipt=receipt,
        alike=specimens.named_alike(reading, one.row),
    )


def _write_down(here: Here, text: str, refusal: Refusal) -> None:
    with here.lab.work(here.actor) as work:
        accessioning.refuse_scan(work, text, code=refusal.code, message=refusal.message)


def _refused(request: Request, here: Here, text: str, refusal: Refusal) -> Response:
    """What was refused, with the tube that it is about, if one is known: it is compared or rejected from there."""
    row = fragment(request, here, "accessioning/_refused_row.html", text=text, refusal=refusal)
    panel = ""
    if container := refusal.details.get("container_id"):
        with here.lab.reading() as reading:
            panel = _panel(request, here, reading, specimens.one(reading, str(container)), receipt=None)
    return JSONResponse({"row": row, "panel": panel, "attention": str(refusal)})


@router.get("/receive/commands.pdf")
def command_card(here: SomeoneHere, paper: str = "us-letter") -> Response:
    """The card of command barcodes, on Letter or A4."""
    here.require(Act.SPECIMEN_RECEIVE)
    with here.lab.reading() as reading:
        return _card(commands.offered(reading.catalog), "Command barcodes", paper)


@router.get("/receive/tests.pdf")
def test_card(here: SomeoneHere, department: str = "", paper: str = "us-letter") -> Response:
    """The tests of a bench as barcodes, to refuse one of them alone."""
    here.require(Act.SPECIMEN_RECEIVE)
    with here.lab.reading() as reading:
        offered = commands.tests_offered(reading.catalog, department)
    if not offered:
        raise NotFound("department.unknown", f"No test belongs to {department[:20] or 'no bench'}.")
    return _card(offered, f"Tests of {department}", paper)


def _card(offered: list[commands.Command], title: str, paper: str) -> Response:
    if paper not in PAPERS:
        raise Invalid("card.paper", f"{paper[:20]} is no paper here.", f"Papers: {', '.join(PAPERS)}.")
    rows = [(one.code, one.meaning) for one in offered]
    return Response(command_card_pdf(rows, title, paper), media_type="application/pdf")


@router.get("/receive/scanner")
def scanner_page(request: Request, here: SomeoneHere) -> Response:
    """What the scanner sends, key by key, and how to set it up."""
    here.require(Act.SPECIMEN_RECEIVE)
    with here.lab.reading() as reading:
        departments = sorted({row.department for row in reading.catalog.orderables.values()})
    examples = [(text, code128_svg(text)) for text in EXAMPLES]
    return show(request, here, "accessioning/scanner.html", examples=examples, departments=departments)


@router.post("/receive/{container_id}/identity")
def compare_identity(request: Request, here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """What a person compared on the tube, and whether it agrees with the order."""
    identifiers, agree = tuple(form.texts("identifier")), form.text("agree") == "yes"
    with here.lab.work(here.actor) as work:
        accessioning.compare_identity(
            work,
            container_id,
            identifiers=identifiers,
            agree=agree,
            against=tuple(form.texts("against")),
            comment=form.text("comment"),
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


@router.post("/receive/{container_id}/kept-back")
def perform_kept_back(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """Do the tests all the same that reception kept back."""
    with here.lab.work(here.actor) as work:
        inspecting.perform_kept_back(work, container_id, reason=form.text("reason"))
    return go(f"{here.path}/containers/{container_id}")


def _lists(reading: Reading) -> dict[str, Any]:
    aside = specimens.set_aside(reading)
    return {
        "expected": specimens.expected(reading),
        "set_aside": aside,
        "on_form": {
            one.row.container_id for one in aside if is_irreplaceable(one.row.specimen_type, reading.catalog)
        },
        "awaited": rejecting.awaited(reading),
        "labels_open": specimens.labels_open(reading),
        "received": specimens.received_since(reading, reading.now - SHOWN_BACK),
    }
