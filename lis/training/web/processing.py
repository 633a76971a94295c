"""Work with tubes at the bench window: open bags, spin, take out threads, pour off, keep and take out again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from lis.kernel.errors import Invalid
from lis.training.running import LiveWorld
from lis.training.web import bags
from lis.web.deps import Form
from simulators.bags import BagView
from simulators.bench_plan import KeepingPlace, Program
from simulators.centrifuge import CentrifugeView
from simulators.tubes import TubeView

OPENED_BACK = timedelta(hours=1)
VOLUME = re.compile(r"\d{1,2}([.,]\d{1,2})?")


@dataclass(frozen=True, slots=True)
class DrawnBag:
    """A closed bag with its picture."""

    bag: BagView
    svg: str


@dataclass(frozen=True, slots=True)
class OpenedPaper:
    """A requisition that was taken out of its bag, as text."""

    number: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Display:
    """A centrifuge and what its display says; the minutes are counted when it is read."""

    machine: CentrifugeView
    text: str


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the tray: bags, papers, centrifuges, and the tubes that are kept somewhere."""

    bags: tuple[DrawnBag, ...]
    papers: tuple[OpenedPaper, ...]
    centrifuges: tuple[Display, ...]
    kept: tuple[TubeView, ...]
    programs: tuple[Program, ...]
    places: tuple[KeepingPlace, ...]


def around(live: LiveWorld, tubes: Iterable[TubeView]) -> Around:
    """Everything of that in sight at this instant."""
    bench, zone, now = live.world.bench, live.world.content.place.zone, live.world.now
    seen = bench.bags_seen(now - OPENED_BACK)
    return Around(
        bags=tuple(DrawnBag(bag, bags.bag_svg(bag, zone)) for bag in seen if not bag.is_open),
        papers=tuple(
            OpenedPaper(paper.number, bags.paper_lines(paper, zone))
            for bag in seen
            if bag.is_open
            for paper in bag.papers
        ),
        centrifuges=tuple(Display(one, display(one, now)) for one in bench.centrifuges()),
        kept=tuple(sorted((tube for tube in tubes if tube.spot == "stored"), key=_rack, reverse=True)),
        programs=tuple(bench.plan.programs.values()),
        places=tuple(bench.plan.places.values()),
    )


def _rack(tube: TubeView) -> str:
    """Where it is kept: racks bear their day, so that the latest come first."""
    return tube.station


def display(machine: CentrifugeView, now: datetime) -> str:
    """What is to be read on a centrifuge."""
    if machine.ends_at is None:
        return "empty"
    if not machine.is_running:
        return "stopped"
    return f"{ceil((machine.ends_at - now) / timedelta(minutes=1))} min left"


def _open_bag(live: LiveWorld, _form: Form, of: str, by: str) -> str:
    live.act("open_bag", {"bag_id": of}, by)
    return f"Bag {of} is open."


def _spin(live: LiveWorld, form: Form, _of: str, by: str) -> str:
    tubes = form.texts("tube")
    how = {"program": form.text("program"), "balanced": bool(form.text("balanced"))}
    live.act("spin", {"tube_ids": tubes, **how}, by)
    return f"The centrifuge runs with {_tubes(tubes)}."


def _unload(live: LiveWorld, _form: Form, of: str, by: str) -> str:
    live.act("unload", {"centrifuge": of}, by)
    return f"The tubes of {live.world.bench.plan.centrifuges[of].name} are in the tray."


def _rim(live: LiveWorld, form: Form, _of: str, by: str) -> str:
    tube = _one(form, "Pick the tube to go round with the stick.")
    live.act("rim", {"tube_id": tube}, by)
    return f"The stick has been round tube {tube}."


def _aliquot(live: LiveWorld, form: Form, _of: str, by: str) -> str:
    tube = _one(form, "Pick the tube to pour from.")
    ml = _millilitres(form.text("ml"))
    child = live.act("aliquot", {"tube_id": tube, "ml": ml}, by)
    return f"{ml:g} mL are in the new tube {child}, which bears no label yet."


def _store(live: LiveWorld, form: Form, _of: str, by: str) -> str:
    tubes, place = form.texts("tube"), form.text("place")
    if not tubes or not place:
        raise Invalid("bench.pick", "Pick tubes and where to keep them.")
    for tube in tubes:
        live.act("store", {"tube_id": tube, "place": place, "position": form.text("position")}, by)
    return f"{_tubes(tubes).capitalize()} in: {live.world.bench.plan.places[place].name}."


def _retrieve(live: LiveWorld, form: Form, of: str, by: str) -> str:
    live.act("retrieve", {"tube_id": of}, by)
    return f"Tube {of} is in the tray."


ACTS: dict[str, Callable[[LiveWorld, Form, str, str], str]] = {
    "open_bag": _open_bag,
    "spin": _spin,
    "unload": _unload,
    "rim": _rim,
    "aliquot": _aliquot,
    "store": _store,
    "retrieve": _retrieve,
}


def _millilitres(typed: str) -> float:
    """As people type it, with point or comma."""
    if not VOLUME.fullmatch(typed):
        raise Invalid("bench.ml", "Say how many mL to pour.", "For example 0.5.")
    return float(typed.replace(",", "."))


def _one(form: Form, otherwise: str) -> str:
    tubes = form.texts("tube")
    if len(tubes) != 1:
        raise Invalid("bench.pick", otherwise, "One at a time.")
    return tubes[0]


def _tubes(tubes: list[str]) -> str:
    return "one tube" if len(tubes) == 1 else f"{len(tubes)} tubes"
