"""The bench window of a laboratory: the tray, the printer's labels, the centrifuge, the analyzers, the pace of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.domain.people import LIS_ADMIN, SUPERVISOR
from lis.kernel.errors import Conflict, Invalid, NotAllowed
from lis.training.pace import PACES, set_pace
from lis.training.running import LiveWorld
from lis.training.web import bags, drawing, phone, processing
from lis.training.web.acting import chosen, refusing, world_of
from lis.web.deps import Form, Here, Posted, SomeoneHere
from lis.web.pages import NavItem, go, show
from simulators.analyzers.parts.screen import DeviceStatus
from simulators.printer import PrintedLabel
from simulators.tubes import TubeView

router = APIRouter(prefix="/bench/{slug}")
router.include_router(phone.router)
TRAINERS = (SUPERVISOR, LIS_ADMIN)
SHOWN_BACK = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class DrawnTube:
    """A tube in the tray with its picture."""

    tube: TubeView
    barcode: str
    svg: str


@dataclass(frozen=True, slots=True)
class Seen:
    """All that lies on the bench. `version` changes when anything of it does."""

    tray: tuple[DrawnTube, ...]
    labels: tuple[PrintedLabel, ...]
    devices: tuple[DeviceStatus, ...]
    done: tuple[TubeView, ...]
    around: processing.Around

    @property
    def version(self) -> str:
        return sha256(repr(self).encode()).hexdigest()[:16]


def nav(here: Here) -> list[NavItem]:
    """The bench window's entry in the navigation."""
    return [NavItem("Bench", f"/bench/{here.slug}/", absolute=True)]


@router.get("/")
def bench_page(request: Request, here: SomeoneHere) -> Response:
    """The whole window; while the world is being set up it says so and asks again."""
    return show(request, here, "bench/bench.html", **_context(request, here))


@router.get("/state")
def state(request: Request, here: SomeoneHere, seen: str = "") -> Response:
    """What lies on the bench now; nothing when it is what the page shows already."""
    context = _context(request, here)
    if context["seen"] is not None and context["seen"].version == seen:
        return Response(status_code=204)
    return show(request, here, "bench/_state.html", **context)


@router.post("/act")
def act(request: Request, here: SomeoneHere, form: Posted) -> Response:
    """Something a person does with what they picked."""
    do, of = chosen(form, ACTS)
    with refusing():
        said = do(world_of(request, here), form, of, here.actor.code)
    if not request.headers.get("HX-Request"):
        return go(f"/bench/{here.slug}/")
    return show(request, here, "bench/_state.html", **(_context(request, here) | {"said": said}))


@router.post("/look/{tube}")
def look(request: Request, here: SomeoneHere, form: Posted, tube: str) -> Response:
    """Take a tube in the hand: drawn large, and said in words."""
    live = world_of(request, here)
    with refusing():
        view = live.act("look", {"tube_id": tube}, here.actor.code)
    kind, zone = live.world.content.place.tubes[view.container], live.world.content.place.zone
    return show(
        request,
        here,
        "bench/_hand.html",
        tube=view,
        barcode=drawing.barcode_of(view),
        svg=drawing.drawing(view, kind, zone),
        words=drawing.spoken(view, kind, zone),
        paper=_paper_with(live, tube),
    )


@router.post("/pace")
def pace(here: SomeoneHere, form: Posted) -> Response:
    """Pause lab time, or give it another pace. For those who run the training."""
    if here.actor.role not in TRAINERS:
        raise NotAllowed("pace.not_allowed", "Only who runs the training sets the pace of lab time.")
    wanted = form.text("pace")
    if wanted == "pause":
        set_pace(here.lab, here.actor, paused=True)
    else:
        set_pace(here.lab, here.actor, speed=form.number("pace"), paused=False)
    return go(f"/bench/{here.slug}/")


def _affix(live: LiveWorld, form: Form, _of: str, by: str) -> str:
    tubes, label = form.texts("tube"), form.text("label")
    if len(tubes) != 1 or not label:
        raise Invalid("bench.pick", "Pick one label and one tube.", "Then affix.")
    live.act("affix", {"label_id": label, "tube_id": tubes[0]}, by)
    return f"The label is on tube {tubes[0]}. Scan it."


def _load(live: LiveWorld, form: Form, _of: str, by: str) -> str:
    tubes, analyzer = form.texts("tube"), form.text("analyzer")
    if not tubes or not analyzer:
        raise Invalid("bench.pick", "Pick tubes and an analyzer.", "Then load.")
    live.act("load", {"analyzer": analyzer, "tube_ids": tubes}, by)
    return f"{_tubes(tubes).capitalize()} on {analyzer}."


def _discard(live: LiveWorld, form: Form, _of: str, by: str) -> str:
    tubes = form.texts("tube")
    if not tubes:
        raise Invalid("bench.pick", "Pick the tubes to throw away.")
    for tube in tubes:
        live.act("discard", {"tube_id": tube}, by)
    return f"{_tubes(tubes).capitalize()} thrown away."


def _discard_label(live: LiveWorld, form: Form, _of: str, by: str) -> str:
    label = form.text("label")
    if not label:
        raise Invalid("bench.pick", "Pick the label to throw away.")
    live.act("discard_label", {"label_id": label}, by)
    return "The label is thrown away."


def _run_controls(live: LiveWorld, _form: Form, of: str, by: str) -> str:
    live.act("run_controls", {"analyzer": of}, by)
    return f"{of} runs its controls."


Acting = Callable[[LiveWorld, Form, str, str], str]
ACTS: dict[str, Acting] = {
    "affix": _affix,
    "load": _load,
    "discard": _discard,
    "discard_label": _discard_label,
    "run_controls": _run_controls,
    **processing.ACTS,
}


def _tubes(tubes: list[str]) -> str:
    return "one tube" if len(tubes) == 1 else f"{len(tubes)} tubes"


def _context(request: Request, here: Here) -> dict[str, Any]:
    """What the templates show: the bench, or why there is none yet."""
    live = world_of(request, here)
    common = {"is_trainer": here.actor.role in TRAINERS, "paces": PACES, "said": ""}
    try:
        return common | {"seen": look_around(live), "absent": None}
    except Conflict as absent:
        return common | {"seen": None, "absent": absent}


def look_around(live: LiveWorld) -> Seen:
    """Everything in sight at this instant."""
    world = live.world
    tubes = world.tubes()
    return Seen(
        tray=tuple(_drawn(live, tube) for tube in tubes if tube.spot == "tray" and not tube.bag),
        labels=tuple(world.printed_labels()),
        devices=tuple(world.analyzers_status()),
        done=tuple(tube for tube in tubes if tube.spot == "done" and _is_recent(tube, world.now)),
        around=processing.around(live, tubes),
    )


def _paper_with(live: LiveWorld, tube: str) -> tuple[str, ...]:
    """The requisition that lay in the bag with it, line by line."""
    paper = live.world.bench.tubes[tube].paper
    return bags.paper_lines(paper, live.world.content.place.zone) if paper else ()


def _drawn(live: LiveWorld, tube: TubeView) -> DrawnTube:
    place = live.world.content.place
    picture = drawing.drawing(tube, place.tubes[tube.container], place.zone)
    return DrawnTube(tube, drawing.barcode_of(tube), picture)


def _is_recent(tube: TubeView, now: datetime) -> bool:
    return tube.arrived_at is not None and now - tube.arrived_at <= SHOWN_BACK
