"""Inquiry: patients and their charts, the whole history of a case, its report."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.documents.reports import report_pdf
from lis.domain.events import Verb
from lis.domain.people import Act
from lis.kernel.clock import local_day
from lis.kernel.errors import Conflict, Invalid
from lis.web import moments
from lis.web.deps import SomeoneHere
from lis.web.pages import show
from lis.web.printing import report_of
from lis.web.queries import inquiry, numbers, results
from lis.web.viewing import note_viewing

router = APIRouter(prefix="/lab/{slug}")


@router.get("/inquiry")
def search(request: Request, here: SomeoneHere, q: str = "") -> Response:
    """Patients by number or name; an accession or a scanned number leads to its case."""
    here.require(Act.PATIENT_VIEW)
    text = q.strip()[:64]
    with here.lab.reading() as reading:
        found = inquiry.patients(reading, text)
        accession = inquiry.accession_for(reading, text) if text else None
    return show(request, here, "inquiry/search.html", text=text, patients=found, accession=accession)


@router.get("/numbers")
def numbers_page(request: Request, here: SomeoneHere, day: str = "") -> Response:
    """The accession numbers of a day, and what became of each."""
    here.require(Act.PATIENT_VIEW)
    with here.lab.reading() as reading:
        shown = _day(day) or local_day(reading.now, reading.zone)
        listed = numbers.of_day(reading, shown)
    return show(request, here, "inquiry/numbers.html", day=shown, numbers=listed)


def _day(text: str) -> date | None:
    found = moments.day(text)
    if text and found is None:
        raise Invalid("day.unknown", f"{text[:20]} is no date.", moments.DAY_ADVICE)
    return found


@router.get("/patients/{mrn}")
def chart(request: Request, here: SomeoneHere, mrn: str) -> Response:
    """A patient's chart: orders and what was released."""
    here.require(Act.PATIENT_VIEW)
    with here.lab.reading() as reading:
        patient = inquiry.patient(reading, mrn)
        orders = inquiry.orders_of(reading, patient.id)
        values = [
            (row, results.display_of(reading, row.test, row))
            for row in inquiry.released_values(reading, patient.id)
        ]
    note_viewing(request, here, Verb.CHART_VIEWED, f"patient:{mrn}")
    return show(request, here, "inquiry/chart.html", patient=patient, orders=orders, values=values)


@router.get("/accessions/{accession}/timeline")
def timeline(request: Request, here: SomeoneHere, accession: str) -> Response:
    """Everything that happened to a case, and the messages both ways."""
    here.require(Act.PATIENT_VIEW)
    with here.lab.reading() as reading:
        case = inquiry.case(reading, accession)
        context = {
            "events": inquiry.timeline(reading, accession),
            "traffic": inquiry.traffic(reading, accession),
        }
    note_viewing(request, here, Verb.HISTORY_VIEWED, f"order:{accession}", accession=accession)
    return show(request, here, "inquiry/timeline.html", case=case, **context)


@router.get("/accessions/{accession}/report.pdf")
def report(request: Request, here: SomeoneHere, accession: str) -> Response:
    """What was released, as paper."""
    here.require(Act.PATIENT_VIEW)
    with here.lab.reading() as reading:
        data = report_of(reading, accession)
    if not data.groups:
        raise Conflict("report.empty", "Nothing of this case was released yet.", "Release results first.")
    note_viewing(request, here, Verb.REPORT_PRINTED, f"order:{accession}", accession=accession)
    return Response(report_pdf(data), media_type="application/pdf")
