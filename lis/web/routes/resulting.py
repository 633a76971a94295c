"""The results of a case: the grid, values typed into it, corrections, reruns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from lis.domain.people import Act
from lis.domain.workflow import ResultState
from lis.kernel.errors import Conflict, Invalid
from lis.services import amending, noting, resulting, verifying
from lis.storage.work import Work
from lis.web.deps import Form, Here, Posted, SomeoneHere
from lis.web.pages import fragment, go, show
from lis.web.queries import inquiry, results, review, specimens
from lis.web.routes.signing import safe_path

router = APIRouter(prefix="/lab/{slug}")
AS_ROUTED = "as_routed"


@router.get("/accessions/{accession}")
def results_page(request: Request, here: SomeoneHere, accession: str, queue: str = "") -> Response:
    """One case; `queue` names the review list it was opened from, for the way to its neighbours."""
    here.require(Act.PATIENT_VIEW)
    return show(request, here, "resulting/results.html", **_case(here, accession, queue))


@router.get("/accessions/{accession}/rows")
def rows(request: Request, here: SomeoneHere, accession: str) -> Response:
    """The grid's rows as they are now."""
    here.require(Act.PATIENT_VIEW)
    return HTMLResponse(_rows(request, here, accession))


@router.post("/accessions/{accession}/results/{test}")
def enter(request: Request, here: SomeoneHere, form: Posted, accession: str, test: str) -> Response:
    """A typed value; the answer is every row, because a value may complete or question others."""
    with here.lab.work(here.actor) as work:
        refuse_unseen(work, accession, {test: form.number("seen")})
        resulting.enter_result(
            work,
            accession,
            test,
            form.text("value"),
            measured_on=_measured_on(work, test, form.text("measured_on")),
            reason=form.text("reason"),
        )
    return HTMLResponse(_rows(request, here, accession))


def _measured_on(work: Work, test: str, said: str) -> str:
    """Where a typed value comes from: as said, or else from the analyzer that the test is sent to."""
    if said not in ("", AS_ROUTED):
        return said
    return next(iter(work.catalog.measured_by.get(test, ())), "")


@router.post("/accessions/{accession}/correct")
def correct(here: SomeoneHere, form: Posted, accession: str) -> Response:
    """Replace a released value that was wrong."""
    test = form.text("test")
    with here.lab.work(here.actor) as work:
        refuse_unseen(work, accession, {test: form.number(f"seen-{test}")})
        resulting.correct_result(work, accession, test, form.text("value"), reason=form.text("reason"))
    return go(f"{here.path}/accessions/{accession}")


@router.post("/accessions/{accession}/amend")
def amend(here: SomeoneHere, form: Posted, accession: str) -> Response:
    """Add a note to a released value, which stays as it is."""
    test = form.text("test")
    with here.lab.work(here.actor) as work:
        refuse_unseen(work, accession, {test: form.number(f"seen-{test}")})
        amending.amend_result(work, accession, test, form.text("text"), reason=form.text("reason"))
    return go(f"{here.path}/accessions/{accession}")


@router.post("/accessions/{accession}/rerun")
def rerun(here: SomeoneHere, form: Posted, accession: str) -> Response:
    """Ask for another run of the row that was worked on, or else of what is ticked."""
    row = form.text("row")
    seen = {row: form.number(f"seen-{row}")} if row else ticked(form)
    with here.lab.work(here.actor) as work:
        refuse_unseen(work, accession, seen)
        for test in seen:
            verifying.request_rerun(work, accession, test, reason=form.text("reason"))
    return go(back_of(form, f"{here.path}/accessions/{accession}"))


def ticked(form: Form, *states: ResultState) -> dict[str, int]:
    """Test → the version its row showed, of what was ticked; refused when nothing was.

    With `states`, ticked rows that showed another state are left out: what is verified needs no second verifying.
    """
    wanted = {"", *states} if states else None
    seen = {
        test: form.number(f"seen-{test}")
        for test in form.texts("test")
        if wanted is None or form.text(f"state-{test}") in wanted
    }
    if not seen and form.texts("test"):
        raise Invalid(
            "result.not_due",
            "What is ticked does not wait for this.",
            "What is on hold or passed is verified, and what is verified is released.",
        )
    if not seen:
        raise Invalid("result.none_ticked", "No result was ticked.", "Tick the results this is about.")
    return seen


def back_of(form: Form, otherwise: str) -> str:
    """The page to come back to, as the form says."""
    return safe_path(form.text("back")) if form.text("back") else otherwise


def refuse_unseen(work: Work, accession: str, seen: Mapping[str, int]) -> None:
    """Refuse an act on values that have changed since its person saw them: in another tab, by another hand."""
    order = work.orders.by_accession(accession)
    for test, version in seen.items():
        present = verifying.result_of(work, order, test).version
        if present != version:
            raise Conflict(
                "result.stale",
                f"The result of {test} has changed since this page was shown. Nothing was done.",
                "Go back, reload the page, look at the present value, then decide again.",
                test=test,
                shown=version,
                present=present,
            )


def _rows(request: Request, here: Here, accession: str) -> str:
    with here.lab.reading() as reading:
        case = inquiry.case(reading, accession)
        rows = results.grid(reading, case.order)
    return fragment(request, here, "resulting/_rows.html", rows=rows, case=case)


def _case(here: Here, accession: str, queue: str) -> dict[str, Any]:
    with here.lab.reading() as reading:
        case = inquiry.case(reading, accession)
        return {
            "case": case,
            "rows": results.grid(reading, case.order),
            "report_notes": noting.notes_of(reading.connection, reading.catalog, case.order.id),
            "containers": specimens.of_order(reading, case.order.id),
            "calls": [call for call in inquiry.calls_of(reading, case.order.id) if call.state == "open"],
            "queue": queue if queue in review.SHOWN else "",
            "neighbours": review.neighbours(reading, queue, accession) if queue in review.SHOWN else ("", ""),
        }
