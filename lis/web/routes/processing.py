"""A container and what is done to it between receipt and bin: clot, spin, look, pour, send, store, discard."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.conditions import CONDITIONS
from lis.domain.people import Act
from lis.domain.reception import is_irreplaceable
from lis.domain.workflow import CONTAINER, ContainerState
from lis.kernel.errors import Invalid
from lis.services import accessioning, aliquoting, collecting, excepting, labelling, storing
from lis.services import processing as service
from lis.web.deps import Form, Here, Posted, SomeoneHere, second_person
from lis.web.pages import go, show
from lis.web.queries import containers, rejecting, specimens

router = APIRouter(prefix="/lab/{slug}")


@router.get("/containers/{container_id}")
def container_page(request: Request, here: SomeoneHere, container_id: str) -> Response:
    """A container: its state, what may be done to it, and everything that happened to it."""
    here.require(Act.SPECIMEN_RECEIVE)
    with here.lab.reading() as reading:
        whole = containers.whole(reading, container_id)
        context = {
            "prints": specimens.prints(reading, container_id),
            "tests": rejecting.tests_of(reading, whole.row.id),
            "rejections": rejecting.rejections(reading, whole.row.id),
            "calls": rejecting.calls(reading, whole.row.id),
            "loops": rejecting.recollections(reading, of_container=whole.row.id),
            "benches": sorted(storing.benches(reading.catalog)),
            "irreplaceable": is_irreplaceable(whole.listed.row.specimen_type, reading.catalog),
        }
    steps = {action for state, action in CONTAINER if state == ContainerState(whole.row.state)}
    return show(
        request,
        here,
        "processing/container.html",
        whole=whole,
        may_be={str(action) for action in steps},
        conditions=CONDITIONS,
        **context,
    )


@router.post("/containers/{container_id}/collected")
def collected(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """The unit told when it was collected, and by whom."""
    with here.lab.work(here.actor) as work:
        collecting.record_collection(
            work,
            container_id,
            collected_at=form.instant("collected_at", work.zone, work.now),
            collected_by=form.text("collected_by"),
            told_by=form.text("told_by"),
        )
    return _back(here, container_id)


@router.post("/containers/{container_id}/clot")
def clot(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    with here.lab.work(here.actor) as work:
        service.start_clotting(work, [container_id])
    return _back(here, container_id)


@router.post("/containers/{container_id}/spin")
def spin(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    with here.lab.work(here.actor) as work:
        service.start_spin(work, [container_id], centrifuge=form.text("centrifuge"))
    return _back(here, container_id)


@router.post("/containers/{container_id}/spun")
def spun(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    with here.lab.work(here.actor) as work:
        service.end_spin(work, [container_id])
    return _back(here, container_id)


@router.post("/containers/{container_id}/seen")
def seen(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """What a person saw of the specimen."""
    with here.lab.work(here.actor) as work:
        service.observe_condition(work, container_id, form.texts("seen"), comment=form.text("comment"))
    return _back(here, container_id)


@router.post("/containers/{container_id}/volume")
def volume(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """What is left was measured."""
    with here.lab.work(here.actor) as work:
        service.record_volume(work, container_id, _millilitres(form), reason=form.text("reason"))
    return _back(here, container_id)


@router.post("/containers/{container_id}/aliquot")
def aliquot(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """Pour an aliquot; the page goes to the child, whose label is to be affixed and scanned."""
    with here.lab.work(here.actor) as work:
        child = aliquoting.make_aliquot(
            work, container_id, volume_ml=_millilitres(form), tests=form.texts("test")
        )
    return _back(here, child)


@router.post("/containers/{container_id}/route")
def route(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    with here.lab.work(here.actor) as work:
        storing.route(work, container_id, form.text("bench"))
    return _back(here, container_id)


@router.post("/containers/{container_id}/store")
def store(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    with here.lab.work(here.actor) as work:
        storing.store(work, container_id, form.text("position"))
    return _back(here, container_id)


@router.post("/containers/{container_id}/retrieve")
def retrieve(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    with here.lab.work(here.actor) as work:
        storing.retrieve(work, container_id, purpose=form.text("purpose"))
    return _back(here, container_id)


@router.post("/containers/{container_id}/discard")
def discard(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    with here.lab.work(here.actor) as work:
        storing.discard(work, container_id, reason=form.text("reason"))
    return _back(here, container_id)


@router.post("/containers/{container_id}/set-aside")
def put_aside(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """A person has a question about it: nothing is measured from it meanwhile."""
    with here.lab.work(here.actor) as work:
        accessioning.set_aside(work, container_id, reason=form.text("reason"))
    return _back(here, container_id)


@router.post("/containers/{container_id}/labels/{label_id}/void")
def void(here: SomeoneHere, form: Posted, container_id: str, label_id: int) -> Response:
    with here.lab.work(here.actor) as work:
        labelling.void_label(work, label_id, reason=form.text("reason"))
    return _back(here, container_id)


@router.post("/containers/{container_id}/exception")
def accept_exception(request: Request, here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """Accept what cannot be drawn again: the collector's words, and a second person's card and PIN."""
    supervisor = second_person(request, here, card=form.text("card"), pin=form.text("pin"))
    with here.lab.work(here.actor) as work:
        excepting.accept_irreplaceable(
            work,
            container_id,
            collector=form.text("collector"),
            collector_role=form.text("collector_role"),
            statement=form.text("statement"),
            supervisor=supervisor,
        )
    return _back(here, container_id)


def _back(here: Here, container_id: str) -> Response:
    return go(f"{here.path}/containers/{container_id}")


def _millilitres(form: Form) -> Decimal:
    text = form.text("volume_ml").replace(",", ".")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Invalid("volume.number", f"{text or 'Nothing'} is no volume.", "Type millilitres.") from None
