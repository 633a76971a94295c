"""Interfaces, what they hold, what waits to be sent, and single messages."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.web.deps import SomeoneHere
from lis.web.pages import show
from lis.web.queries import messages
from lis.web.viewing import note_viewing

router = APIRouter(prefix="/lab/{slug}")


@router.get("/messages")
def messages_page(request: Request, here: SomeoneHere) -> Response:
    here.require(Act.MESSAGE_VIEW)
    with here.lab.reading() as reading:
        context = {
            "links": messages.links(reading),
            "held": messages.held_messages(reading),
            "observations": messages.held_observations(reading),
            "unsent": messages.unsent(reading),
        }
    template = "messages/_lists.html" if request.headers.get("HX-Request") else "messages/messages.html"
    return show(request, here, template, **context)


@router.get("/messages/{way}/{message_id}")
def message_page(request: Request, here: SomeoneHere, way: Literal["in", "out"], message_id: int) -> Response:
    """One message as it is stored, with what was answered."""
    here.require(Act.MESSAGE_VIEW)
    with here.lab.reading() as reading:
        row = messages.message(reading, way, message_id)
    subject = f"{'inbound' if way == 'in' else 'outbox'}:{message_id}"
    note_viewing(request, here, Verb.MESSAGE_VIEWED, subject, accession=row.accession or None)
    return show(request, here, "messages/message.html", way=way, row=row)
