"""The code map of an interface: what its codes mean, since when and why, and what another row would change."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.people import Act
from lis.interfaces.inbox import Inbox
from lis.interfaces.previewing import MOST, Preview, preview_stored
from lis.interfaces.refiling import refile_values
from lis.kernel.errors import Refusal
from lis.services import mapping as service
from lis.storage.work import Work
from lis.web.deps import Here, Posted, SomeoneHere
from lis.web.pages import go, show
from lis.web.queries import mapping, messages

router = APIRouter(prefix="/lab/{slug}/interfaces/{code}/codes")


@router.get("")
def codes_page(request: Request, here: SomeoneHere, code: str, sent: str = "") -> Response:
    """Every code with what it means; `sent` is put into the form."""
    here.require(Act.MESSAGE_VIEW)
    return _show(request, here, code, {"code": sent.strip()[:40]})


@router.post("")
def map_code(here: SomeoneHere, form: Posted, code: str) -> Response:
    """Say which test a sender's code means from now on."""
    with here.lab.work(here.actor) as work:
        service.map_code(work, code, form.text("code"), form.text("test").upper(), reason=form.text("reason"))
    return go(f"{here.path}/interfaces/{code}/codes")


@router.post("/close")
def close_code(here: SomeoneHere, form: Posted, code: str) -> Response:
    """Say that a code means nothing from now on."""
    with here.lab.work(here.actor) as work:
        service.close_code(work, code, form.text("code"), reason=form.text("reason"))
    return go(f"{here.path}/interfaces/{code}/codes")


@router.post("/unit")
def map_unit(here: SomeoneHere, form: Posted, code: str) -> Response:
    """Say which unit a sender's own spelling means from now on; none ends that."""
    with here.lab.work(here.actor) as work:
        service.map_unit(work, code, form.text("sent"), form.text("unit"), reason=form.text("reason"))
    return go(f"{here.path}/interfaces/{code}/codes")


@router.post("/preview")
def preview(request: Request, here: SomeoneHere, form: Posted, code: str) -> Response:
    """What the last messages with a code would have become with another row, nothing of it saved."""
    here.require(Act.INTERFACE_MANAGE)
    said = {name: form.text(name) for name in ("code", "test", "reason")}
    sent, test = said["code"], said["test"].upper()

    def proposed(work: Work) -> None:
        service.map_code(work, code, sent, test, reason="preview")

    with here.lab.reading() as reading:
        last = mapping.last_with_code(reading, code, sent, MOST)
    try:
        seen = preview_stored(here.lab, Inbox(here.lab), here.actor, last, prepare=proposed)
    except Refusal as refusal:
        return _show(request, here, code, said, refusal=refusal)
    return _show(request, here, code, said, before=_before(here, last), seen=seen)


@router.post("/refile")
def refile(here: SomeoneHere, form: Posted, code: str) -> Response:
    """Try the values again that were held because their code, or the spelling of their unit, meant nothing."""
    unit = form.text("unit")
    with here.lab.reading() as reading:
        if unit:
            held = mapping.held_of_unit(reading, code, unit)
        else:
            held = mapping.held_of_code(reading, code, form.text("code"))
    with here.lab.work(here.actor) as work:
        refile_values(work, held, reason=form.text("reason"))
    return go(f"{here.path}/interfaces/{code}/codes")


def _before(here: Here, keys: list[int]) -> dict[int, list[object]]:
    """What the values of these messages are now."""
    with here.lab.reading() as reading:
        return {key: list(messages.observations_of(reading, key)) for key in keys}


def _show(
    request: Request,
    here: Here,
    code: str,
    said: dict[str, str],
    *,
    before: dict[int, list[object]] | None = None,
    seen: list[Preview] | None = None,
    refusal: Refusal | None = None,
) -> Response:
    with here.lab.reading() as reading:
        link = messages.link(reading, code)
        found = mapping.code_map(reading, link.row)
    pairs = list(zip((before or {}).items(), seen or [], strict=True))
    return show(
        request,
        here,
        "mapping/codes.html",
        link=link,
        map=found,
        said=said,
        pairs=pairs,
        is_previewed=seen is not None,
        refusal=refusal,
    )
