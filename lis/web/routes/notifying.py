"""Calls: the list of what must be said to somebody, and the record of each attempt."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.people import Act
from lis.services import notifying
from lis.web.deps import Posted, SomeoneHere, is_automatic
from lis.web.pages import go, show
from lis.web.queries import calls

router = APIRouter(prefix="/lab/{slug}")


@router.get("/calls")
def calls_page(request: Request, here: SomeoneHere) -> Response:
    here.require(Act.CALL_RECORD)
    with here.lab.reading() as reading:
        context = {"due": calls.open_calls(reading), "closed": calls.closed_calls(reading)}
    is_fetch = bool(request.headers.get("HX-Request"))
    return show(
        request,
        here,
        "notifying/_calls.html" if is_fetch else "notifying/calls.html",
        outcomes=notifying.OUTCOMES,
        is_recorded=is_fetch and not is_automatic(request),
        **context,
    )


@router.post("/calls/{call_id}/attempts")
def record(here: SomeoneHere, form: Posted, call_id: int) -> Response:
    """An attempt; one that reached somebody closes the call, with the read-back where a value was said."""
    with here.lab.work(here.actor) as work:
        notifying.record_call(
            work,
            call_id,
            whom=form.text("whom"),
            whom_role=form.text("whom_role"),
            outcome=form.text("outcome"),
            said=form.text("said"),
            read_back=form.text("read_back"),
            phone=form.text("phone"),
            comment=form.text("comment"),
        )
    return go(f"{here.path}/calls")
