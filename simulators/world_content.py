"""Everything a world is made from, read once from a content pack and shared by any number of worlds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from simulators.ageing import Ageing, load_ageing
from simulators.bench_plan import BenchPlan, load_bench
from simulators.content import load_content
from simulators.content_checks import hospital_problems
from simulators.content_types import Analyte, Code, Content
from simulators.dice import Dice
from simulators.faults.registry import FaultCatalog, load_faults
from simulators.people import Bodies, People
from simulators.place import Place
from simulators.place_reading import PlaceError, load_place


@dataclass(frozen=True)
class WorldContent:
    """The place, the tests as the world knows them, what can go wrong, its bench, and the maker of its people."""

    place: Place
    analytes: Mapping[str, Analyte]
    value_sets: Mapping[str, tuple[Code, ...]]
    people: Callable[[Dice], Bodies]
    faults: FaultCatalog
    ageing: Ageing
    bench: BenchPlan


def load_world(pack: Path) -> WorldContent:
    """Read the pack's tables and its folder `world`; a name that nothing answers to is refused here, in words."""
    content, place = load_content(pack), load_place(pack)
    faults = load_faults(pack, content, place)
    _refuse_unknown_names(content, place, faults)
    return WorldContent(
        place=place,
        analytes=content.analytes,
        value_sets=content.value_sets,
        people=lambda dice: People(content, dice, place.zone),
        faults=faults,
        ageing=load_ageing(pack, content, faults.chemistry),
        bench=load_bench(pack),
    )


def _refuse_unknown_names(content: Content, place: Place, faults: FaultCatalog) -> None:
    known = {entry.name for entry in faults.entries()}
    strange = sorted({str(fault["fault"]) for fault in place.faults} - known)
    problems = [
        *hospital_problems(content, place.hospital),
        *(f"world.yaml: no fault {name}" for name in strange),
    ]
    if problems:
        raise PlaceError("; ".join(problems))
