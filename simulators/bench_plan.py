"""What stands on the laboratory's bench, read from `bench.yaml` of the pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class CentrifugePlan:
    """A centrifuge: how many tubes it takes, and how long it brakes after the program's time."""

    code: str
    name: str
    places: int
    brake_minutes: float


@dataclass(frozen=True, slots=True)
class Program:
    """How long and how hard a centrifuge spins."""

    code: str
    name: str
    minutes: float
    g: float


@dataclass(frozen=True, slots=True)
class KeepingPlace:
    """Where tubes are kept, and how cold it is there."""

    code: str
    name: str
    celsius: float


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where tubes go whose work is done, and for how many days; no days: they are not kept."""

    place: str
    days: int

    @property
    def time(self) -> timedelta:
        return timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """All of it, by code; `keeping` by the kind of specimen, "" for every other, and empty where nothing is kept."""

    centrifuges: Mapping[str, CentrifugePlan]
    programs: Mapping[str, Program]
    places: Mapping[str, KeepingPlace]
    keeping: Mapping[str, Keeping]

    def keeping_of(self, specimen: str) -> Keeping:
        """How a kind of specimen is kept."""
        return self.keeping.get(specimen) or self.keeping[""]


def load_bench(pack: Path) -> BenchPlan:
    """Read the pack's bench."""
    raw: dict[str, Any] = yaml.load(
        (pack / "world" / "bench.yaml").read_text(encoding="utf-8"), Loader=_LOADER
    )
    return BenchPlan(
        {one["code"]: CentrifugePlan(**one) for one in raw["centrifuges"]},
        {one["code"]: Program(**one) for one in raw["programs"]},
        {one["code"]: KeepingPlace(**one) for one in raw["places"]},
        {one.get("specimen", ""): Keeping(one["place"], one["days"]) for one in raw.get("keeping", ())},
    )
