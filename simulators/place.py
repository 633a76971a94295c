"""The place the world plays in: tubes, orders, wards, analyzers, as the content pack describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from simulators.hospital_plan import HospitalPlan
from simulators.place_devices import Upkeep


@dataclass(frozen=True, slots=True)
class TubeKind:
    """A kind of container: cap, additive, volumes, and how it is spun (0 = not at all)."""

    code: str
    name: str
    cap_colour: str
    additive: str
    specimen_type: str
    draw_volume_ml: float
    order_of_draw: int
    clot_minutes: int
    spin_minutes: int
    spin_g: int = 0
    is_blood: bool = False

    @property
    def is_spun(self) -> bool:
        """Whether this container goes through the centrifuge before it is measured."""
        return self.spin_minutes > 0


@dataclass(frozen=True, slots=True)
class Orderable:
    """What a ward can ask for: its container and the tests in it."""

    code: str
    name: str
    specimen_type: str
    container: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assay:
    """One test of an analyzer's menu: its code on the wire and the unit as the device spells it."""

    test: str
    code: str
    unit: str


@dataclass(frozen=True, slots=True)
class Control:
    """One level of a control lot for one test of one analyzer."""

    test: str
    material: str
    lot: str
    level: int
    mean: float
    sd: float
    expected: tuple[str, ...] = ()  # a coded test has these instead of mean and SD


@dataclass(frozen=True, slots=True)
class Interference:
    """How an index (H, I, L) moves a test per 100 units: in percent of the value, or in its unit."""

    test: str
    index: str
    is_percent: bool
    per_100: float


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """How one analyzer is built and behaves; `traits` is its own section of world.yaml."""

    code: str
    kind: str
    model: str
    profile: str
    port: int | None
    menu: tuple[Assay, ...]
    controls: tuple[Control, ...]
    reports_indices: bool
    tubes_per_hour: float
    process_minutes: float
    warm_up_minutes: float
    controls_at: tuple[time, ...]
    rack_size: int
    scatter: float
    bias_sd: float
    index_tests: tuple[str, ...] = ()
    traits: Mapping[str, Any] = field(default_factory=dict)
    upkeep: Upkeep = field(default_factory=Upkeep)


@dataclass(frozen=True, slots=True)
class CollectionPlan:
    """What drawing does to a tube: haemolysis left in it (lognormal), fill, temperature."""

    haemolysis_median: float
    haemolysis_sd_log: float
    fill_mean: float
    fill_sd: float
    fill_low: float
    fill_high: float
    temperature_c: float


@dataclass(frozen=True, slots=True)
class IndexSource:
    """An index that follows from what colours or clouds the serum: base + slope * test."""

    test: str
    base: float
    slope: float


@dataclass(frozen=True)
class Place:
    """All of it, indexed by code."""

    zone: ZoneInfo
    environment: str
    lab_facility: str
    tubes: Mapping[str, TubeKind]
    orderables: Mapping[str, Orderable]
    devices: Mapping[str, DevicePlan]
    printers: Mapping[str, int | None]
    hospital: HospitalPlan
    collection: CollectionPlan
    interferences: Mapping[str, tuple[Interference, ...]]
    indices: Mapping[str, str]
    index_from: Mapping[str, IndexSource]
    constants: Mapping[str, float]
    faults: tuple[Mapping[str, Any], ...] = ()
