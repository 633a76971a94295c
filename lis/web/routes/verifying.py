"""Review: the queue of what waits for a person; verify and release."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.people import Act
from lis.domain.workflow import ResultState
from lis.services import verifying
from lis.web.deps import Posted, SomeoneHere
from lis.web.pages import go, show
from lis.web.queries import home, review
from lis.web.routes.resulting import back_of, ticked

router = APIRouter(prefix="/lab/{slug}")


@router.get("/review")
def review_page(request: Request, here: SomeoneHere, department: str = "") -> Response:
    """One of three lists: on hold with the rules that held, ready to verify, verified and not released."""
    here.require(Act.RESULT_VERIFY_PASSED)
    asked = request.query_params.get("show", "")
    state = asked if asked in review.SHOWN else ResultState.ON_HOLD
    with here.lab.reading() as reading:
        context = {
            "cases": review.queue(reading, state, department),
            "departments": review.departments(reading),
            "counts": home.counts(reading),
        }
    template = "verifying/_queue.html" if request.headers.get("HX-Request") else "verifying/review.html"
    return show(request, here, template, state=str(state), department=department, **context)


@router.post("/accessions/{accession}/verify")
def verify(here: SomeoneHere, form: Posted, accession: str) -> Response:
    """Accept what is ticked, as it was shown; what is on hold with a reason."""
    seen = ticked(form, ResultState.ON_HOLD, ResultState.RESULTED)
    with here.lab.work(here.actor) as work:
        verifying.verify_results(work, accession, seen, reason=form.text("reason"))
    return go(back_of(form, f"{here.path}/accessions/{accession}"))


@router.post("/accessions/{accession}/release")
def release(here: SomeoneHere, form: Posted, accession: str) -> Response:
    """Send out what is ticked, as it was shown."""
    seen = ticked(form, ResultState.VERIFIED)
    with here.lab.work(here.actor) as work:
        verifying.release_results(work, accession, seen)
    return go(back_of(form, f"{here.path}/accessions/{accession}"))
