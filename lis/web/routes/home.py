"""The home page: what waits; the clock; finding anything by what was scanned or typed."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from lis.lab import clock_state_of
from lis.web.deps import SomeoneHere
from lis.web.feed import Feed
from lis.web.pages import go, show
from lis.web.queries import home, inquiry

router = APIRouter(prefix="/lab/{slug}")


@router.get("/")
def home_page(request: Request, here: SomeoneHere) -> Response:
    with here.lab.reading() as reading:
        counted = home.counts(reading)
    fragment = "home/_counts.html" if request.headers.get("HX-Request") else "home/home.html"
    return show(request, here, fragment, counts=counted)


@router.get("/clock")
def clock(here: SomeoneHere) -> Response:
    """Where lab time stands, for the page's clock after it was moved."""
    with here.lab.reading() as reading:
        state = clock_state_of(reading.head)
        lab_ms = int(reading.now.timestamp() * 1000)
    return JSONResponse({"lab": lab_ms, "speed": state.speed, "paused": state.paused})


@router.get("/find")
def find(here: SomeoneHere, q: str = "") -> Response:
    """From a scanned or typed text to its page: container, accession, else a search for patients."""
    with here.lab.reading() as reading:
        accession = inquiry.accession_for(reading, q.strip())
    if accession:
        return go(f"{here.path}/accessions/{accession}")
    return go(f"{here.path}/inquiry?{urlencode({'q': q.strip()})}")


@router.get("/events")
async def events(request: Request, here: SomeoneHere) -> Response:
    """The tab's one stream of signals."""
    feed: Feed = request.app.state.feed
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(feed.stream(here.lab), media_type="text/event-stream", headers=headers)
