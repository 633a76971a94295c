"""Occurrence reports, opened from any screen and followed to their end, and the hand-off of a shift."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.people import Act
from lis.services import handing
from lis.services import occurring as service
from lis.web.deps import Posted, SomeoneHere
from lis.web.pages import go, show
from lis.web.queries import occurring

router = APIRouter(prefix="/lab/{slug}")


@router.get("/occurrences")
def occurrences_page(request: Request, here: SomeoneHere) -> Response:
    """What is open, and what was closed lately."""
    here.require(Act.OCCURRENCE_OPEN)
    with here.lab.reading() as reading:
        context = {"open_ones": occurring.open_ones(reading), "closed_ones": occurring.closed_ones(reading)}
    return show(request, here, "occurring/occurrences.html", **context)


@router.get("/occurrences/new")
def new_page(request: Request, here: SomeoneHere, subject: str = "", accession: str = "") -> Response:
    """A report to be written; the screen it was opened from says what it is about."""
    here.require(Act.OCCURRENCE_OPEN)
    return show(
        request,
        here,
        "occurring/new.html",
        subject=subject[:120],
        accession=accession[:32],
        categories=service.CATEGORIES,
    )


@router.post("/occurrences")
def open_one(here: SomeoneHere, form: Posted) -> Response:
    with here.lab.work(here.actor) as work:
        occurrence_id = service.open_occurrence(
            work,
            form.text("subject"),
            form.text("category"),
            what=form.text("what"),
            action=form.text("action"),
            accession=form.text("accession"),
        )
    return go(f"{here.path}/occurrences/{occurrence_id}")


@router.get("/occurrences/{occurrence_id}")
def occurrence_page(request: Request, here: SomeoneHere, occurrence_id: int) -> Response:
    """One report with what was found and done since."""
    here.require(Act.OCCURRENCE_OPEN)
    with here.lab.reading() as reading:
        found = occurring.one(reading, occurrence_id)
    return show(request, here, "occurring/occurrence.html", one=found)


@router.post("/occurrences/{occurrence_id}/notes")
def follow(here: SomeoneHere, form: Posted, occurrence_id: int) -> Response:
    """Add what was found or done."""
    with here.lab.work(here.actor) as work:
        service.follow_occurrence(work, occurrence_id, form.text("text"))
    return go(f"{here.path}/occurrences/{occurrence_id}")


@router.post("/occurrences/{occurrence_id}/close")
def close(here: SomeoneHere, form: Posted, occurrence_id: int) -> Response:
    with here.lab.work(here.actor) as work:
        service.close_occurrence(work, occurrence_id, conclusion=form.text("conclusion"))
    return go(f"{here.path}/occurrences/{occurrence_id}")


@router.get("/handoffs")
def handoffs_page(request: Request, here: SomeoneHere) -> Response:
    """What is unfinished now, the form to hand it over, and what earlier shifts wrote."""
    here.require(Act.HANDOFF_WRITE)
    with here.lab.reading() as reading:
        context = {"now_open": handing.counts(reading.connection), "handoffs": occurring.handoffs(reading)}
    return show(request, here, "occurring/handoffs.html", **context)


@router.post("/handoffs")
def hand_over(here: SomeoneHere, form: Posted) -> Response:
    with here.lab.work(here.actor) as work:
        handing.write_handoff(work, to=form.text("to"), text=form.text("text"))
    return go(f"{here.path}/handoffs")
