"""Refusing a container or some tests of it with a coded reason, and the new specimens asked for."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.people import Act
from lis.services import recollecting
from lis.services import rejecting as service
from lis.web.deps import Posted, SomeoneHere
from lis.web.pages import go, show
from lis.web.queries import rejecting, specimens

router = APIRouter(prefix="/lab/{slug}")
WHOLE = "whole"


@router.get("/containers/{container_id}/reject")
def reject_page(
    request: Request, here: SomeoneHere, container_id: str, reason: str = "", kept_back: bool = False
) -> Response:
    """What to refuse of a container, and why: the reasons its departments know, those that fit it first.

    `reason` and `kept_back` are what a link proposes: a reason, the tests that reception kept back.
    """
    here.require(Act.SPECIMEN_REJECT)
    with here.lab.reading() as reading:
        one = specimens.one(reading, container_id)
        tests = rejecting.tests_of(reading, one.row.id)
        known = rejecting.reasons(reading.catalog, rejecting.departments_of(reading.catalog, tests))
    indices = {*reading.catalog.index_tests.values()}
    named = [row.test for row in tests if row.test not in indices]
    ticked = set(one.kept_back) & set(named) if kept_back else set()
    return show(
        request,
        here,
        "rejecting/reject.html",
        one=one,
        tests=named,
        reasons=known,
        reason=reason,
        ticked=ticked,
    )


@router.post("/containers/{container_id}/reject")
def reject(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """Refuse; the container's page shows the call that is due and the new specimen that is awaited."""
    reason, comment, again = form.text("reason"), form.text("comment"), _again(form.text("recollect"))
    with here.lab.work(here.actor) as work:
        if form.text("scope") == WHOLE:
            service.reject_container(work, container_id, reason, comment=comment, recollect=again)
        else:
            tests = form.texts("test")
            service.reject_tests(work, container_id, tests, reason, comment=comment, recollect=again)
    return go(f"{here.path}/containers/{container_id}")


@router.get("/recollections")
def recollections_page(request: Request, here: SomeoneHere) -> Response:
    """Every new specimen that was asked for: requested, collected, received."""
    here.require(Act.SPECIMEN_RECEIVE)
    with here.lab.reading() as reading:
        loops = rejecting.recollections(reading)
    return show(request, here, "rejecting/recollections.html", loops=loops)


@router.post("/recollections/{container_id}/collected")
def collected(here: SomeoneHere, form: Posted, container_id: str) -> Response:
    """The new specimen was drawn; it is on its way."""
    with here.lab.work(here.actor) as work:
        recollecting.record_collected(
            work,
            container_id,
            collected_at=form.instant("collected_at", work.zone, work.now),
            collected_by=form.text("collected_by"),
            collection_number=form.text("collection_number"),
        )
    return go(f"{here.path}/recollections")


def _again(text: str) -> bool | None:
    """Whether a new specimen is asked for; None leaves it to the reason."""
    return {"yes": True, "no": False}.get(text)
