"""Held values: what each may belong to, and how it is settled."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.interfaces.refiling import refile_values
from lis.services import mapping, observing
from lis.services import resolving as service
from lis.web.deps import Posted, SomeoneHere
from lis.web.pages import go, show
from lis.web.queries import resolving
from lis.web.viewing import note_viewing

SETTLED = (observing.FILED, observing.CONTROL, observing.REPEATED, observing.SUPPLEMENTAL)

router = APIRouter(prefix="/lab/{slug}")


@router.get("/held/{observation_id}")
def held_page(request: Request, here: SomeoneHere, observation_id: int) -> Response:
    """A held value as it came, why it is held, and what it may belong to."""
    here.require(Act.HELD_RESOLVE)
    with here.lab.reading() as reading:
        found = resolving.held(reading, observation_id)
    note_viewing(request, here, Verb.MESSAGE_VIEWED, f"message:{found.row.inbound_id}")
    return show(request, here, "resolving/held.html", one=found)


@router.post("/held/{observation_id}/link")
def link(here: SomeoneHere, form: Posted, observation_id: int) -> Response:
    """Say to which container and test a held value belongs."""
    with here.lab.work(here.actor) as work:
        service.link_observation(
            work,
            observation_id,
            form.text("container"),
            form.text("test").upper(),
            reason=form.text("reason"),
        )
    return go(f"{here.path}/messages")


@router.post("/held/{observation_id}/refile")
def refile(here: SomeoneHere, form: Posted, observation_id: int) -> Response:
    """Try a held value again as it came; what still holds it is shown on its page."""
    with here.lab.work(here.actor) as work:
        answers = refile_values(work, [observation_id], reason=form.text("reason"))
    is_settled = answers[observation_id] in SETTLED
    return go(f"{here.path}/messages" if is_settled else f"{here.path}/held/{observation_id}")


@router.post("/held/{observation_id}/discard")
def discard(here: SomeoneHere, form: Posted, observation_id: int) -> Response:
    """Set a held value aside for good."""
    with here.lab.work(here.actor) as work:
        service.discard_observation(work, observation_id, reason=form.text("reason"))
    return go(f"{here.path}/messages")


@router.post("/interfaces/{code}/map")
def map_code(here: SomeoneHere, form: Posted, code: str) -> Response:
    """Say which test a sender's code means from now on."""
    with here.lab.work(here.actor) as work:
        mapping.map_code(work, code, form.text("code"), form.text("test").upper(), reason=form.text("reason"))
    return go(f"{here.path}/interfaces/{code}")
