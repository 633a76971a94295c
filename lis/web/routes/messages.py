"""Interfaces, what they hold, what waits to be sent, and single messages."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from sqlalchemy import Row
from starlette.responses import Response

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.interfaces.inspect import Branch, tree, visible
from lis.services import maintaining, resending
from lis.web.deps import Posted, SomeoneHere
from lis.web.pages import go, show
from lis.web.queries import messages
from lis.web.viewing import note_viewing
from lis.web.words import spelled

router = APIRouter(prefix="/lab/{slug}")


@router.get("/messages")
def messages_page(request: Request, here: SomeoneHere) -> Response:
    """Interfaces, and everything on the wire that waits for a person."""
    here.require(Act.MESSAGE_VIEW)
    with here.lab.reading() as reading:
        context = {
            "links": messages.links(reading),
            "held": messages.held_messages(reading),
            "observations": messages.held_observations(reading),
            "unsent": messages.unsent(reading),
            "refused": messages.refused_messages(reading),
        }
    template = "messages/_lists.html" if request.headers.get("HX-Request") else "messages/messages.html"
    return show(request, here, template, **context)


@router.get("/messages/log")
def log_page(request: Request, here: SomeoneHere, interface: str = "", q: str = "") -> Response:
    """The newest messages both ways; `q` is an accession or a control id."""
    here.require(Act.MESSAGE_VIEW)
    text = q.strip()[:64]
    with here.lab.reading() as reading:
        rows = messages.log(reading, interface=interface, text=text)
        links = messages.links(reading)
    return show(request, here, "messages/log.html", rows=rows, links=links, interface=interface, text=text)


@router.get("/messages/{way}/{message_id}")
def message_page(request: Request, here: SomeoneHere, way: Literal["in", "out"], message_id: int) -> Response:
    """One message as it is stored, with what was answered and what became of its values."""
    here.require(Act.MESSAGE_VIEW)
    with here.lab.reading() as reading:
        row = messages.message(reading, way, message_id)
        observations = messages.observations_of(reading, message_id) if way == "in" else []
    subject = f"{'message' if way == 'in' else 'outbox'}:{message_id}"
    note_viewing(request, here, Verb.MESSAGE_VIEWED, subject, accession=row.accession or None)
    return show(
        request,
        here,
        "messages/message.html",
        way=way,
        row=row,
        observations=observations,
        parts=_parts(way, row),
        resendable=resending.RESENDABLE,
    )


def _parts(way: str, row: Row[Any]) -> list[tuple[str, list[str], list[Branch]]]:
    """The message and its answer: heading, lines as they came, the tree of what can be read."""
    if way == "in":
        bodies = (("What came", row.raw), ("What was answered", row.reply))
    else:
        bodies = (("What is sent", row.body), ("The answer", row.answer))
    return [
        (heading, [spelled(line) for line in visible(body or b"")], tree(body or b""))
        for heading, body in bodies
    ]


@router.post("/messages/out/{message_id}/resend")
def resend(here: SomeoneHere, form: Posted, message_id: int) -> Response:
    """Queue a message once more."""
    with here.lab.work(here.actor) as work:
        resending.resend_message(work, message_id, reason=form.text("reason"))
    return go(f"{here.path}/messages/out/{message_id}")


@router.get("/interfaces/{code}")
def interface_page(request: Request, here: SomeoneHere, code: str) -> Response:
    """One interface: its settings, its state, its last messages."""
    here.require(Act.MESSAGE_VIEW)
    with here.lab.reading() as reading:
        link = messages.link(reading, code)
        rows = messages.log(reading, interface=code, text="")[:20]
        analyzer = reading.catalog.analyzers.get(code)
    return show(request, here, "messages/interface.html", link=link, rows=rows, analyzer=analyzer)


@router.post("/interfaces/{code}/stop")
def stop(here: SomeoneHere, form: Posted, code: str) -> Response:
    with here.lab.work(here.actor) as work:
        maintaining.stop_interface(work, code, reason=form.text("reason"))
    return go(f"{here.path}/interfaces/{code}")


@router.post("/interfaces/{code}/start")
def start(here: SomeoneHere, form: Posted, code: str) -> Response:
    with here.lab.work(here.actor) as work:
        maintaining.start_interface(work, code, reason=form.text("reason"))
    return go(f"{here.path}/interfaces/{code}")


@router.post("/interfaces/{code}/hold")
def hold(here: SomeoneHere, form: Posted, code: str) -> Response:
    """Keep one test from an interface."""
    with here.lab.work(here.actor) as work:
        maintaining.hold_test(work, code, form.text("test").upper(), reason=form.text("reason"))
    return go(f"{here.path}/interfaces/{code}")


@router.post("/interfaces/{code}/free")
def free(here: SomeoneHere, form: Posted, code: str) -> Response:
    """Take a test from an interface again."""
    with here.lab.work(here.actor) as work:
        maintaining.free_test(work, code, form.text("test"), reason=form.text("reason"))
    return go(f"{here.path}/interfaces/{code}")
