"""Order entry by keyboard: the patient first, tests by mnemonic, the tubes they take; changing and cancelling."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from lis.domain.people import Act
from lis.domain.requests import (
    PRIORITIES,
    ROUTINE,
    CollectedSpecimen,
    OrderRequest,
    PatientDetails,
    RequestedTest,
)
from lis.domain.workflow import Action, TestState, can
from lis.kernel.errors import Invalid
from lis.lab import Reading
from lis.services import adding, cancelling
from lis.services import ordering as service
from lis.storage.work import Work
from lis.web import moments
from lis.web.deps import Form, Posted, SomeoneHere
from lis.web.pages import go, show
from lis.web.queries import inquiry, ordering, specimens

router = APIRouter(prefix="/lab/{slug}")


@router.get("/orders/new")
def new_page(request: Request, here: SomeoneHere, q: str = "", mrn: str = "", new: bool = False) -> Response:
    """Search the patient; then the order, for a known patient or, after a search, for a new one."""
    here.require(Act.ORDER_ENTER)
    text = q.strip()[:64]
    is_chosen = bool(mrn or (new and text))
    with here.lab.reading() as reading:
        context = _entry(reading, mrn) if is_chosen else {"patients": inquiry.patients(reading, text)}
    template = "ordering/entry.html" if is_chosen else "ordering/patient.html"
    return show(request, here, template, text=text, **context)


@router.get("/orders/new/alike")
def alike(
    request: Request, here: SomeoneHere, family: str = "", given: str = "", birth_on: str = ""
) -> Response:
    """Known patients who may be the one being typed in."""
    here.require(Act.ORDER_ENTER)
    with here.lab.reading() as reading:
        found = ordering.alike(reading, family, given, _day(birth_on))
    return show(request, here, "ordering/_alike.html", patients=found)


@router.get("/orders/new/choice")
def choose(
    request: Request,
    here: SomeoneHere,
    test: list[str] = Query(default=[]),
    add: str = "",
    drop: str = "",
) -> Response:
    """The tests chosen so far, with what was typed added or one taken away; what is unknown is said."""
    here.require(Act.ORDER_ENTER)
    codes = [code for code in (*test, *add.replace(",", " ").split()) if code != drop]
    with here.lab.reading() as reading:
        chosen = ordering.choice(reading.catalog, codes)
    return show(request, here, "ordering/_choice.html", choice=chosen)


@router.get("/orders/new/suggestions")
def suggest(
    request: Request,
    here: SomeoneHere,
    test: list[str] = Query(default=[]),
    add: str = "",
) -> Response:
    """What the word being typed may mean."""
    here.require(Act.ORDER_ENTER)
    with here.lab.reading() as reading:
        found = ordering.suggestions(reading.catalog, add[:64], test)
    return show(request, here, "ordering/_suggestions.html", found=found, typed=add.strip())


@router.post("/orders/new")
def place(request: Request, here: SomeoneHere, form: Posted) -> Response:
    """Place the order; the page goes to what it became."""
    with here.lab.work(here.actor) as work:
        placed = service.place_order(work, _request(work, form))
    location = f"{here.path}/orders/{placed.accession}"
    if request.headers.get("HX-Request"):
        return Response(headers={"HX-Redirect": location})
    return go(location)


@router.get("/orders/{accession}")
def order_page(request: Request, here: SomeoneHere, accession: str) -> Response:
    """An order as it stands: its tests, its tubes, and what may still be changed."""
    here.require(Act.ORDER_ENTER)
    with here.lab.reading() as reading:
        case = inquiry.case(reading, accession)
        tubes = specimens.of_order(reading, case.order.id)
    cancellable = {row.id for row in case.tests if can(TestState(row.state), Action.CANCEL)}
    return show(
        request,
        here,
        "ordering/order.html",
        case=case,
        tubes=tubes,
        cancellable=cancellable,
        priorities=PRIORITIES,
    )


@router.post("/orders/{accession}/change")
def change(here: SomeoneHere, form: Posted, accession: str) -> Response:
    """Another priority or other notes, with the reason."""
    with here.lab.work(here.actor) as work:
        service.change_order(
            work,
            accession,
            reason=form.text("reason"),
            priority=form.text("priority"),
            notes=form.text("notes"),
        )
    return go(f"{here.path}/orders/{accession}")


@router.post("/orders/{accession}/tests")
def add_test(here: SomeoneHere, form: Posted, accession: str) -> Response:
    """Add a test that is done from what is left."""
    with here.lab.work(here.actor) as work:
        adding.add_test(
            work,
            accession,
            form.text("code").upper(),
            reason=form.text("reason"),
            container_id=form.text("container"),
        )
    return go(f"{here.path}/orders/{accession}")


@router.post("/orders/{accession}/tests/{code}/cancel")
def cancel_test(here: SomeoneHere, form: Posted, accession: str, code: str) -> Response:
    with here.lab.work(here.actor) as work:
        cancelling.cancel_test(work, accession, code, reason=form.text("reason"))
    return go(f"{here.path}/orders/{accession}")


@router.post("/orders/{accession}/cancel")
def cancel(here: SomeoneHere, form: Posted, accession: str) -> Response:
    """End the whole order."""
    with here.lab.work(here.actor) as work:
        cancelling.cancel_order(work, accession, reason=form.text("reason"))
    return go(f"{here.path}/orders/{accession}")


def _entry(reading: Reading, mrn: str) -> dict[str, Any]:
    providers, locations = ordering.named_before(reading)
    return {
        "patient": inquiry.patient(reading, mrn) if mrn else None,
        "choice": ordering.choice(reading.catalog, ()),
        "priorities": PRIORITIES,
        "conditions": ordering.conditions(reading.catalog),
        "providers": providers,
        "locations": locations,
    }


def _request(work: Work, form: Form) -> OrderRequest:
    codes = list(dict.fromkeys(code.upper() for code in form.texts("test")))
    return OrderRequest(
        patient=_patient(work, form),
        tests=tuple(RequestedTest(code) for code in codes),
        specimens=_drawn(work, form, codes),
        priority=form.text("priority") or ROUTINE,
        provider=form.text("provider"),
        provider_phone=form.text("provider_phone"),
        location=form.text("location"),
        condition=form.text("condition"),
        notes=form.text("notes"),
        placer_group=form.text("requisition")[:40],
    )


def _patient(work: Work, form: Form) -> PatientDetails:
    """The known patient of the form, as known; else the one that was typed in."""
    known = work.patients.by_mrn(form.text("mrn"))
    if known is not None and not form.text("family"):
        return PatientDetails(known.mrn, known.family, known.given, known.birth_on, known.sex, known.middle)
    if not (form.text("family") and form.text("given")):
        raise Invalid("patient.no_name", "The patient has no name.", "Type family and given name.")
    return PatientDetails(
        form.text("mrn"),
        form.text("family"),
        form.text("given"),
        _day(form.text("birth_on")),
        form.text("sex"),
    )


def _drawn(work: Work, form: Form, codes: list[str]) -> tuple[CollectedSpecimen, ...]:
    """One drawn tube per planned one when the form says when they were collected, or spun there; else none."""
    collected_at, spun_at = (
        form.instant(name, work.zone, work.now) if form.text(name) else None
        for name in ("collected_at", "separated_at")
    )
    if collected_at is None and spun_at is None:
        return ()
    if collected_at and collected_at > work.now:
        raise Invalid(
            "collection.future", "The collection time lies in the future.", "Correct it, or leave it."
        )
    tubes = ordering.choice(work.catalog, codes).tubes
    if spun_at and tubes and not any(tube.is_spun for tube in tubes):
        raise Invalid("separation.no_tube", "None of its tubes is spun.", "Leave the time of the spin out.")
    return tuple(
        CollectedSpecimen(
            "",
            container_type=tube.planned.container_type,
            collected_at=collected_at,
            collected_by=form.text("collected_by"),
            separated_at=spun_at if tube.is_spun else None,
        )
        for tube in tubes
    )


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    found = moments.day(text)
    if found is None:
        raise Invalid("patient.birth_date", f"{text[:20]} is no date.", moments.DAY_ADVICE)
    return found
