"""One message in a glass box, and what people do with it: try again, discard, send again, edit a copy, ask hl7apy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.events import Verb
from lis.domain.people import Act
from lis.interfaces.advising import advise
from lis.interfaces.copying import make_inbound, make_outbound, text_of
from lis.interfaces.hl7.conformance import check_bytes
from lis.interfaces.inbox import Inbox
from lis.interfaces.inspect import Branch, tree, visible
from lis.interfaces.previewing import Preview, preview_copy, preview_refiling
from lis.interfaces.refiling import refile_message
from lis.kernel.errors import Conflict, Refusal
from lis.services import resending, resolving
from lis.web.deps import Form, Here, Posted, SomeoneHere
from lis.web.pages import go, show
from lis.web.queries import inspecting
from lis.web.queries.inspecting import Seen
from lis.web.viewing import note_viewing
from lis.web.words import spelled

router = APIRouter(prefix="/lab/{slug}/messages")

Way = Literal["in", "out"]
Part = tuple[str, list[str], list[Branch]]


@router.get("/in/{message_id}")
def came_in(request: Request, here: SomeoneHere, message_id: int) -> Response:
    """A message that came: raw, tree, mapping, what it made, its answer."""
    here.require(Act.MESSAGE_VIEW)
    with here.lab.reading() as reading:
        one = inspecting.came_in(reading, message_id)
    note_viewing(
        request, here, Verb.MESSAGE_VIEWED, f"message:{message_id}", accession=one.row.accession or None
    )
    parts = [_part("What came", one.row.raw), _part("What was answered", one.row.reply)]
    return show(
        request,
        here,
        "inspecting/came_in.html",
        one=one,
        parts=parts,
        waiting=resolving.WAITING,
        standard=check_bytes(one.row.raw),
    )


@router.get("/out/{message_id}")
def went_out(request: Request, here: SomeoneHere, message_id: int) -> Response:
    """A message that goes out: raw, tree, what it speaks of, its answer."""
    here.require(Act.MESSAGE_VIEW)
    with here.lab.reading() as reading:
        one = inspecting.went_out(reading, message_id)
    note_viewing(
        request, here, Verb.MESSAGE_VIEWED, f"outbox:{message_id}", accession=one.row.accession or None
    )
    parts = [_part("What is sent", one.row.body), _part("The answer", one.row.answer)]
    return show(
        request,
        here,
        "inspecting/went_out.html",
        one=one,
        parts=parts,
        resendable=resending.RESENDABLE,
        standard=check_bytes(one.row.body or b""),
    )


def _part(heading: str, body: bytes | None) -> Part:
    """A message or its answer: heading, lines as they came, the tree of what can be read."""
    return heading, [spelled(line) for line in visible(body or b"")], tree(body or b"")


@router.get("/{way}/{message_id}/advice")
def advice(request: Request, here: SomeoneHere, way: Way, message_id: int) -> Response:
    """hl7apy's tree and checks, as a part of the page or alone."""
    here.require(Act.MESSAGE_VIEW)
    found = advise(_bytes(here, way, message_id))
    is_part = "HX-Request" in request.headers
    template = "inspecting/_advice.html" if is_part else "inspecting/advice.html"
    return show(request, here, template, advice=found, way=way, message_id=message_id)


@router.get("/in/{message_id}/preview")
def preview(request: Request, here: SomeoneHere, message_id: int) -> Response:
    """What would become of a held message if it were tried again now."""
    here.require(Act.HELD_RESOLVE)
    note_viewing(request, here, Verb.MESSAGE_VIEWED, f"message:{message_id}")
    seen, refusal = _tried(lambda: preview_refiling(here.lab, Inbox(here.lab), here.actor, message_id))
    return show(request, here, "inspecting/preview.html", message_id=message_id, seen=seen, refusal=refusal)


def _tried(look: Callable[[], Preview]) -> tuple[Seen | None, Refusal | None]:
    """A preview, or why there is none: a refusal is an answer to what was asked."""
    try:
        return Seen(look()), None
    except Refusal as refusal:
        return None, refusal


@router.post("/in/{message_id}/refile")
def refile(here: SomeoneHere, form: Posted, message_id: int) -> Response:
    """Try all that is held of a message again."""
    with here.lab.work(here.actor) as work:
        refile_message(work, Inbox(here.lab), message_id, reason=form.text("reason"))
    return go(f"{here.path}/messages/in/{message_id}")


@router.post("/in/{message_id}/discard")
def discard(here: SomeoneHere, form: Posted, message_id: int) -> Response:
    """Set all that is held of a message aside for good."""
    with here.lab.work(here.actor) as work:
        resolving.discard_message(work, message_id, reason=form.text("reason"))
    return go(f"{here.path}/messages/in/{message_id}")


@router.post("/out/{message_id}/resend")
def resend(here: SomeoneHere, form: Posted, message_id: int) -> Response:
    """Queue a message once more."""
    with here.lab.work(here.actor) as work:
        resending.resend_message(work, message_id, reason=form.text("reason"))
    return go(f"{here.path}/messages/out/{message_id}")


@router.get("/{way}/{message_id}/copy")
def copy_page(request: Request, here: SomeoneHere, way: Way, message_id: int) -> Response:
    """A copy to be edited; what would become of it can be looked at before it is sent."""
    here.require(Act.MESSAGE_VIEW)
    text = text_of(_bytes(here, way, message_id))
    note_viewing(request, here, Verb.MESSAGE_VIEWED, f"{'message' if way == 'in' else 'outbox'}:{message_id}")
    return _show_copy(request, here, way, message_id, text)


@router.post("/in/{message_id}/copy/preview")
def copy_preview(request: Request, here: SomeoneHere, form: Posted, message_id: int) -> Response:
    """What would become of an edited copy, with the copy as it stands."""
    here.require(Act.MESSAGE_VIEW)
    text = form.text("text")
    tried = _tried(lambda: preview_copy(here.lab, Inbox(here.lab), here.actor, message_id, text))
    return _show_copy(request, here, "in", message_id, text, tried=tried, reason=form.text("reason"))


@router.post("/{way}/{message_id}/copy")
def send_copy(here: SomeoneHere, form: Posted, way: Way, message_id: int) -> Response:
    """Send an edited copy as a message of its own."""
    key = _made(here, form, way, message_id)
    return go(f"{here.path}/messages/{way}/{key}")


def _made(here: Here, form: Form, way: Way, message_id: int) -> int:
    text, reason = form.text("text"), form.text("reason")
    with here.lab.work(here.actor) as work:
        if way == "in":
            return make_inbound(work, Inbox(here.lab), message_id, text, reason=reason)
        return make_outbound(work, message_id, text, reason=reason)


def _show_copy(
    request: Request,
    here: Here,
    way: Way,
    message_id: int,
    text: str,
    *,
    tried: tuple[Seen | None, Refusal | None] = (None, None),
    reason: str = "",
) -> Response:
    seen, refusal = tried
    return show(
        request,
        here,
        "inspecting/copy.html",
        way=way,
        message_id=message_id,
        text=text,
        reason=reason,
        seen=seen,
        refusal=refusal,
        standard=check_bytes(text.encode()) if seen or refusal else None,
    )


def _bytes(here: Here, way: Way, message_id: int) -> bytes:
    with here.lab.reading() as reading:
        if way == "in":
            return bytes(inspecting.came_in(reading, message_id).row.raw)
        body = inspecting.went_out(reading, message_id).row.body
    if body is None:
        raise Conflict("message.not_composed", f"Message out {message_id} has not been composed yet.")
    return bytes(body)
