"""Interfaces, what they hold, what waits to be sent, and the search for messages."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.people import Act
from lis.interfaces.inbox import Inbox
from lis.interfaces.refiling import refile_waiting
from lis.kernel.errors import Invalid
from lis.lab import Reading
from lis.services import maintaining
from lis.web import moments
from lis.web.deps import Posted, SomeoneHere
from lis.web.pages import go, show
from lis.web.queries import messages, searching
from lis.web.queries.searching import Search

router = APIRouter(prefix="/lab/{slug}")

# What a message may have come to, both ways.
STATES = (
    "processed", "held", "refused", "duplicate", "unprocessed", "dead_letter", "discarded",
    "queued", "sent", "answered", "dead", "cancelled",
)  # fmt: skip


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
def log_page(
    request: Request,
    here: SomeoneHere,
    interface: str = "",
    kind: str = "",
    state: str = "",
    q: str = "",
    text: str = "",
    since: str = "",
    until: str = "",
) -> Response:
    """The newest messages both ways that fit what is asked."""
    here.require(Act.MESSAGE_VIEW)
    with here.lab.reading() as reading:
        asked = Search(interface=interface, kind=kind, state=state, q=q.strip()[:64], text=text[:200])
        asked, refusal = _within(asked, since, until, reading)
        rows = [] if refusal else searching.search(reading, asked)
        codes, kinds = messages.codes(reading), searching.kinds(reading)
    shown = {"asked": asked, "since": since, "until": until, "states": STATES, "refusal": refusal}
    return show(request, here, "messages/log.html", rows=rows, codes=codes, kinds=kinds, **shown)


def _within(asked: Search, since: str, until: str, reading: Reading) -> tuple[Search, Invalid | None]:
    """The search between two instants as they were typed, or why one of them is none."""
    try:
        first, last = (
            moments.instant(text, reading.zone, reading.now) if text.strip() else None
            for text in (since[:40], until[:40])
        )
    except Invalid as refusal:
        return asked, refusal
    return replace(asked, since=first, until=last), None


@router.get("/interfaces/{code}")
def interface_page(request: Request, here: SomeoneHere, code: str) -> Response:
    """One interface: its settings, its state, its last messages."""
    here.require(Act.MESSAGE_VIEW)
    with here.lab.reading() as reading:
        link = messages.link(reading, code)
        rows = searching.search(reading, Search(interface=code))[:20]
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


@router.post("/interfaces/{code}/refile")
def refile(here: SomeoneHere, form: Posted, code: str) -> Response:
    """Try every held message of an interface again: it was stopped, or its sender was not known."""
    refile_waiting(here.lab, Inbox(here.lab), here.actor, code, reason=form.text("reason"))
    return go(f"{here.path}/interfaces/{code}")
