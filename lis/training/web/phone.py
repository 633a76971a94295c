"""The telephone of the bench window: whom to ring, who rings, what is said; it talks to the world alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.kernel.errors import Conflict, Invalid
from lis.training.running import LiveWorld
from lis.training.web.acting import chosen, refusing, world_of
from lis.web.deps import Form, Posted, SomeoneHere
from lis.web.pages import go, show
from simulators.telephone import Call, Listed

router = APIRouter(prefix="/phone")


@dataclass(frozen=True, slots=True)
class Heard:
    """All that the telephone shows. `version` changes when anything of it does."""

    calls: tuple[Call, ...]
    directory: tuple[Listed, ...]
    is_attended: bool

    @property
    def version(self) -> str:
        return sha256(repr((self.calls, self.is_attended)).encode()).hexdigest()[:16]


@router.get("")
def state(request: Request, here: SomeoneHere, seen: str = "") -> Response:
    """What the telephone shows now; nothing when it is what the page shows already, or while there is no world."""
    try:
        heard = listen(world_of(request, here))
    except Conflict:
        return Response(status_code=204)
    if heard.version == seen:
        return Response(status_code=204)
    return show(request, here, "bench/_phone_state.html", heard=heard)


@router.post("/act")
def act(request: Request, here: SomeoneHere, form: Posted) -> Response:
    """Something a person does at the telephone."""
    live = world_of(request, here)
    do, call = chosen(form, ACTS)
    with refusing():
        do(live, form, call, here.actor.code)
    if not request.headers.get("HX-Request"):
        return go(f"/bench/{here.slug}/")
    return show(request, here, "bench/_phone_state.html", heard=listen(live))


def listen(live: LiveWorld) -> Heard:
    """Calls, the latest first, and the directory."""
    telephone = live.world.hospital.telephone
    with live.world.lock:
        calls = tuple(reversed(telephone.calls()))
        return Heard(calls, tuple(telephone.directory()), telephone.is_attended)


def _phone(live: LiveWorld, form: Form, _call: str, by: str) -> None:
    ward = form.text("ward")
    if not ward:
        raise Invalid("phone.whom", "Pick whom to ring.")
    live.act("phone", {"ward": ward, "what": form.text("what")}, by)


def _say(live: LiveWorld, form: Form, call: str, by: str) -> None:
    live.act("say", {"call": call, "text": form.text(f"text-{call}")}, by)


def _reply(live: LiveWorld, _form: Form, picked: str, by: str) -> None:
    call, _, choice = picked.partition(":")
    live.act("reply", {"call": call, "choice": choice}, by)


def _answer(live: LiveWorld, _form: Form, call: str, by: str) -> None:
    live.act("answer", {"call": call}, by)


def _hang_up(live: LiveWorld, _form: Form, call: str, by: str) -> None:
    live.act("hang_up", {"call": call}, by)


def _take_calls(live: LiveWorld, _form: Form, wanted: str, by: str) -> None:
    live.act("take_calls", {"on": wanted == "on"}, by)


Acting = Callable[[LiveWorld, Form, str, str], None]
ACTS: dict[str, Acting] = {
    "phone": _phone,
    "say": _say,
    "reply": _reply,
    "answer": _answer,
    "hang_up": _hang_up,
    "take_calls": _take_calls,
}
