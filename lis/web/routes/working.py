"""Worklists by analyzer and bench, on screen and as load lists on paper."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.people import Act
from lis.web.deps import SomeoneHere
from lis.web.pages import show
from lis.web.queries import worklist

router = APIRouter(prefix="/lab/{slug}")


@router.get("/worklist")
def worklist_page(request: Request, here: SomeoneHere, bench: str = "") -> Response:
    """What waits for each analyzer; `bench` chooses one."""
    here.require(Act.SPECIMEN_PROCESS)
    with here.lab.reading() as reading:
        benches = worklist.benches(reading)
    chosen = [one for one in benches if one.code == bench] or [one for one in benches if one.loads]
    template = "working/_benches.html" if request.headers.get("HX-Request") else "working/worklist.html"
    return show(request, here, template, benches=benches, chosen=chosen, bench=bench)
