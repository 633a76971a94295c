"""Boards: pending and overdue, turn-around, and the same on a wall."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.people import Act
from lis.web.deps import SomeoneHere
from lis.web.pages import show
from lis.web.queries import boards, review

router = APIRouter(prefix="/lab/{slug}")


@router.get("/boards/pending")
def pending_page(request: Request, here: SomeoneHere, department: str = "") -> Response:
    """What is in the laboratory and not complete, by what is due first."""
    here.require(Act.PATIENT_VIEW)
    with here.lab.reading() as reading:
        listed = boards.pending(reading, department=department)
        context = {"summary": boards.summary(reading, listed), "departments": review.departments(reading)}
    template = "boards/_pending.html" if request.headers.get("HX-Request") else "boards/pending.html"
    return show(
        request, here, template, listed=listed, most=boards.MOST_SHOWN, department=department, **context
    )


@router.get("/boards/turn-around")
def turn_around_page(request: Request, here: SomeoneHere) -> Response:
    """How long what was completed in the last day has taken, and what is close to its time now."""
    here.require(Act.PATIENT_VIEW)
    with here.lab.reading() as reading:
        context = {"rows": boards.turn_around(reading), "soon_percent": boards.soon_percent(reading.catalog)}
    template = "boards/_turn_around.html" if request.headers.get("HX-Request") else "boards/turn_around.html"
    return show(request, here, template, **context)


@router.get("/boards/wall")
def wall_page(request: Request, here: SomeoneHere) -> Response:
    """The board for a screen on the wall: large, dark, without names of patients."""
    here.require(Act.PATIENT_VIEW)
    with here.lab.reading() as reading:
        listed = boards.pending(reading)
        summary = boards.summary(reading, listed)
    template = "boards/_wall.html" if request.headers.get("HX-Request") else "boards/wall.html"
    return show(request, here, template, listed=listed, summary=summary)
