"""Held values: what each may belong to, and how it is settled."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.interfaces.inspect import tree, visible
from lis.interfaces.refiling import refile_values
from lis.services import observing
from lis.services import resolving as service
from lis.web.deps import Posted, SomeoneHere
from lis.web.pages import go, show
from lis.web.queries import resolving
from lis.web.viewing import note_viewing
from lis.web.words import spelled

SETTLED = (observing.FILED, observing.CONTROL, observing.REPEATED, observing.SUPPLEMENTAL)

router = APIRouter(prefix="/lab/{slug}")


@router.get("/held/{observation_id}")
def held_page(request: Request, here: SomeoneHere, observation_id: int) -> Response:
    """A held value as it came, why it is held, and what it may belong to."""
    here.require(Act.HELD_RESOLVE)
    with here.lab.reading() as reading:
        found = resolving.held(reading, observation_id)
    note_viewing(request, here, Verb.MESSAGE_VIEWED, f"message:{found.row.inbound_id}")
    lines, branches = [spelled(line) for line in visible(found.raw)], tree(found.raw)
    return show(request, here, "resolving/held.html", one=found, lines=lines, tree=branches)


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


@router.post("/held/{observation_id}/control")
def link_control(here: SomeoneHere, form: Posted, observation_id: int) -> Response:
    """Say of which control a held value is: `target` is test, lot and level of one that is listed."""
    test, lot, level = [*form.text("target").split("|"), "", ""][:3]
    with here.lab.work(here.actor) as work:
        row = work.observations.get(observation_id)
        service.link_control(
            work,
            observation_id,
            test,
            lot,
            int(level) if level.isascii() and level.isdigit() else 0,
            received_at=work.inbound.get(row.inbound_id).received_at,
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
