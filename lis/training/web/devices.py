"""The panel of one analyzer at the bench: its screen, racks, reagents, calibrations, maintenance and log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from lis.kernel.errors import Conflict, Invalid, NotFound
from lis.training.running import LiveWorld
from lis.training.web import drawing
from lis.training.web.acting import chosen, refusing, world_of
from lis.web.deps import Form, Here, Posted, SomeoneHere
from lis.web.pages import go, show
from simulators.analyzers.parts.screen import CalibrationLine, DeviceStatus, OnBoard

router = APIRouter(prefix="/bench/{slug}/analyzers/{code}")
SHOWN_TUBES = 8
FACTORS = ("2", "5", "10", "20", "100")
WITHIN_REACH = ("tray", "done")
VALID = "valid"
SOON = timedelta(days=1)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RunTube:
    """A tube that was measured here and can be put on again."""

    id: str
    barcode: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """All that the panel shows; kits that are well lie folded. `version` changes when anything of it does."""

    status: DeviceStatus
    tubes: tuple[RunTube, ...]
    stock: tuple[tuple[OnBoard, ...], tuple[OnBoard, ...]]
    calibrations: tuple[tuple[CalibrationLine, ...], tuple[CalibrationLine, ...]]

    @property
    def version(self) -> str:
        return sha256(repr(self).encode()).hexdigest()[:16]


@router.get("")
def panel_page(request: Request, here: SomeoneHere, code: str) -> Response:
    """The whole panel; while the world is being set up it says so and asks again."""
    return show(request, here, "bench/device.html", **_context(request, here, code))


@router.get("/state")
def state(request: Request, here: SomeoneHere, code: str, seen: str = "") -> Response:
    """What the panel shows now; nothing when it is what the page shows already."""
    context = _context(request, here, code)
    if context["panel"] is not None and context["panel"].version == seen:
        return Response(status_code=204)
    return show(request, here, "bench/_device.html", **context)


@router.post("/act")
def act(request: Request, here: SomeoneHere, form: Posted, code: str) -> Response:
    """Something a person does at the device."""
    do, of = chosen(form, ACTS)
    with refusing():
        said = do(Standing(world_of(request, here), code, form, of, here.actor.code))
    if not request.headers.get("HX-Request"):
        return go(f"/bench/{here.slug}/analyzers/{code}")
    return show(request, here, "bench/_device.html", **(_context(request, here, code) | {"said": said}))


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody before a device, with what they picked."""

    live: LiveWorld
    code: str
    form: Form
    of: str
    by: str

    def do(self, verb: str, **args: Any) -> None:
        self.live.act(verb, {"analyzer": self.code, **args}, self.by)


def _load(at: Standing) -> str:
    at.do("load_reagent", reagent=at.of, lot=at.form.text(f"lot-{at.of}"))
    return f"A pack of {at.of} is on board."


def _calibrate(at: Standing) -> str:
    kits = at.form.texts("kit")
    at.do("calibrate", reagents=kits)
    return f"{', '.join(kits)} will be calibrated as soon as nothing runs."


def _calibrate_due(at: Standing) -> str:
    lines = _status(at.live, at.code).calibrations
    kits = [line.kit for line in lines if line.state != VALID or line.is_other_lot]
    if not kits:
        raise Invalid("calibration.none_due", "No calibration is due.", "Pick kits, then calibrate those.")
    at.do("calibrate", reagents=kits)
    return f"{', '.join(kits)} will be calibrated as soon as nothing runs."


def _maintain(at: Standing) -> str:
    at.do("maintain", task=at.of)
    return "Begun as soon as nothing runs."


def _read(at: Standing) -> str:
    if not (at.of.isascii() and at.of.isdigit()):
        raise Invalid("log.read", "Pick a line of the log.")
    at.do("acknowledge_error", number=int(at.of))
    return f"Line {at.of} is acknowledged."


def _read_all(at: Standing) -> str:
    unread = sorted(_status(at.live, at.code).unread)
    for number in unread:
        at.do("acknowledge_error", number=number)
    return f"{len(unread)} acknowledged."


def _run_controls(at: Standing) -> str:
    at.do("run_controls")
    return f"{at.code} runs its controls."


def _switch(at: Standing) -> str:
    at.do("switch", on=at.of == "on")
    return f"{at.code} is switched {at.of}."


def _rerun(at: Standing) -> str:
    tests = at.form.text(f"tests-{at.of}").upper().split()
    dilution = at.form.text(f"dilution-{at.of}") or "1"
    if dilution not in ("1", *FACTORS):
        raise Invalid("rerun.dilution", "Pick one of the dilutions offered.")
    at.do("rerun", tube_id=at.of, tests=tests, dilution=int(dilution))
    return f"Tube {at.of} is on {at.code} again."


ACTS: dict[str, Callable[[Standing], str]] = {
    "load": _load,
    "calibrate": _calibrate,
    "calibrate_due": _calibrate_due,
    "maintain": _maintain,
    "read": _read,
    "read_all": _read_all,
    "run_controls": _run_controls,
    "switch": _switch,
    "rerun": _rerun,
}


def _context(request: Request, here: Here, code: str) -> dict[str, Any]:
    """What the templates show: the panel, or why there is none yet."""
    live = world_of(request, here)
    common = {"code": code, "said": "", "factors": FACTORS}
    try:
        world = live.world
    except Conflict as absent:
        return common | {"panel": None, "absent": absent}
    if code not in world.stations:
        raise NotFound("analyzer.unknown", f"There is no analyzer {code} on this bench.")
    return common | {"panel": _panel(live, code), "absent": None}


def _panel(live: LiveWorld, code: str) -> Panel:
    status, soon = _status(live, code), live.world.now + SOON
    return Panel(
        status,
        _run_tubes(live, code),
        _split(status.stock, lambda one: bool(one.state) or one.packs < one.slots),
        _split(
            status.calibrations,
            lambda line: line.state != VALID or line.is_other_lot or line.due_at <= soon,
        ),
    )


def _split(items: Iterable[T], is_pressing: Callable[[T], bool]) -> tuple[tuple[T, ...], tuple[T, ...]]:
    """What somebody should look at, and the rest."""
    listed = tuple(items)
    return tuple(filter(is_pressing, listed)), tuple(item for item in listed if not is_pressing(item))


def _status(live: LiveWorld, code: str) -> DeviceStatus:
    if code not in live.world.stations:
        raise NotFound("analyzer.unknown", f"There is no analyzer {code} on this bench.")
    return next(status for status in live.world.analyzers_status() if status.code == code)


def _run_tubes(live: LiveWorld, code: str) -> tuple[RunTube, ...]:
    """The last tubes that were measured here, newest first, as far as they are within reach."""
    station, world = live.world.stations[code], live.world
    found = [
        RunTube(tube.id, barcode, tests)
        for tube in world.tubes()
        if tube.spot in WITHIN_REACH and tube.station == code
        if (barcode := drawing.barcode_of(tube)) and (tests := station.done_on(barcode))
    ]
    return tuple(found[: -SHOWN_TUBES - 1 : -1])
