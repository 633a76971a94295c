"""The page Time of the bench window: snapshots of the laboratory with its world, forks, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.people import LIS_ADMIN, SUPERVISOR
from lis.kernel.clock import local
from lis.kernel.errors import Invalid, NotAllowed
from lis.training import contents, rewinding, snapshots
from lis.training.journeys import Journeys
from lis.training.running import LiveWorlds
from lis.training.snapshots import LONGEST_NAME, Snapshot
from lis.training.travelling import Travel
from lis.web.deps import Here, Posted, SomeoneHere
from lis.web.pages import go, show

router = APIRouter(prefix="/bench/{slug}/time")
TRAINERS = (SUPERVISOR, LIS_ADMIN)
MINUTE_TYPED = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class RunningWorld:
    """One of the worlds that this process runs."""

    lab: str
    state: str
    failure: str


@router.get("")
def page(request: Request, here: SomeoneHere) -> Response:
    """Where the laboratory stands, its snapshots, and what can be done with them."""
    _require_trainer(here)
    return show(request, here, "bench/time.html", **_context(request, here))


@router.get("/state")
def state(request: Request, here: SomeoneHere) -> Response:
    """The part of the page that changes while a journey is under way."""
    _require_trainer(here)
    return show(request, here, "bench/_time.html", **_context(request, here))


@router.post("/keep")
def keep(request: Request, here: SomeoneHere, form: Posted) -> Response:
    """Take a snapshot of this instant."""
    _require_trainer(here)
    label = form.text("label")
    if not label:
        raise Invalid("snapshot.label", "A snapshot needs a name.", "Type one, such as before-the-shift.")
    _travel(request).keep(here.slug, label, here.actor.code)
    return _back_to_page(here)


@router.post("/drop")
def drop(request: Request, here: SomeoneHere, form: Posted) -> Response:
    """Remove a snapshot."""
    _require_trainer(here)
    house = _travel(request).house
    snapshots.drop(house, snapshots.find(house, here.slug, form.text("label")), here.actor.code)
    return _back_to_page(here)


@router.post("/fork")
def fork(request: Request, here: SomeoneHere, form: Posted) -> Response:
    """Make a laboratory of its own, from a snapshot, an instant of the past, or from now on."""
    _require_trainer(here)
    new, label, at = form.text("new"), form.text("label"), form.text("at")
    if not new:
        raise Invalid("lab.name", "The new laboratory needs a short name.")
    travel, by = _travel(request), here.actor.code
    instant = form.instant("at", _zone(here), here.lab.now()) if at else None

    def set_out(progress: Any) -> str:
        if instant is None:
            travel.fork(here.slug, new, by, label)
        else:
            travel.back_to(here.slug, instant, by, new, progress)
        return f"Laboratory {new} is made. Whoever works here may enter it."

    _journeys(request).start(here.slug, f"Laboratory {new} is being made from {here.slug}", set_out)
    return _back_to_page(here)


@router.get("/back")
def confirm(request: Request, here: SomeoneHere, label: str = "", at: str = "") -> Response:
    """What going back means, before it is done."""
    _require_trainer(here)
    snapshot = snapshots.find(_travel(request).house, here.slug, label) if label else None
    return show(request, here, "bench/back.html", snapshot=snapshot, at=at, words=_words(here, snapshot, at))


@router.post("/back")
def back(request: Request, here: SomeoneHere, form: Posted) -> Response:
    """Put this laboratory and its world back; what they are now is kept first."""
    _require_trainer(here)
    travel, by, label = _travel(request), here.actor.code, form.text("label")
    instant = None if label else form.instant("at", _zone(here), here.lab.now())

    def set_out(progress: Any) -> str:
        before = travel.back(here.slug, label, by) if instant is None else None
        if instant is not None:
            before = travel.back_to(here.slug, instant, by, progress=progress)
        kept = f" What it was is kept as {before.label}." if before else ""
        return f"The laboratory is put back.{kept}"

    _journeys(request).start(here.slug, f"Laboratory {here.slug} is being put back", set_out)
    return _back_to_page(here)


def _require_trainer(here: Here) -> None:
    if here.actor.role not in TRAINERS:
        raise NotAllowed(
            "time.not_allowed", "Only who runs the training goes back in time.", "Ask a supervisor."
        )


def _context(request: Request, here: Here) -> dict[str, Any]:
    travel = _travel(request)
    head = travel.head(here.slug)
    zone = _zone(here)
    past = (head.started_at, head.past_until) if rewinding.within_past(head, head.started_at) else None
    return {
        "head": head,
        "changed": contents.has_changed(head),
        "kept": list(reversed(snapshots.of(travel.house, here.slug))),
        "past": past,
        "typed": [local(at, zone).strftime(MINUTE_TYPED) for at in past or () if at],
        "journey": _journeys(request).last(here.slug),
        "running": _running(request),
        "longest": LONGEST_NAME,
    }


def _running(request: Request) -> list[RunningWorld]:
    worlds: LiveWorlds = request.app.state.worlds
    return [_state_of(slug, worlds) for slug in sorted(worlds.slugs)]


def _state_of(slug: str, worlds: LiveWorlds) -> RunningWorld:
    live = worlds.get(slug)
    state = "stopped" if live.failure else "running" if live.is_ready else "being set up"
    return RunningWorld(slug, state, live.failure)


def _words(here: Here, snapshot: Snapshot | None, at: str) -> str:
    if snapshot is not None:
        return f"{snapshot.label}, {local(snapshot.at, _zone(here)):%Y-%m-%d %H:%M}"
    return at.replace("T", " ")


def _zone(here: Here) -> str:
    return snapshots.zone_of(here.lab.database)


def _travel(request: Request) -> Travel:
    travel: Travel = request.app.state.travel
    return travel


def _journeys(request: Request) -> Journeys:
    journeys: Journeys = request.app.state.journeys
    return journeys


def _back_to_page(here: Here) -> Response:
    return go(f"/bench/{here.slug}/time")
