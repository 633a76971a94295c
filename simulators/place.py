"""The place the world plays in: tubes, orders, wards, analyzers, as the content pack describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo


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


@dataclass(frozen=True, slots=True)
class Collector:
    """Who draws blood: number and initials as they are written on a label."""

    id: str
    initials: str


@dataclass(frozen=True, slots=True)
class Round:
    """Collectors go round the ward at this local time; so many requisitions come of it on average."""

    at: time
    mean: float


@dataclass(frozen=True, slots=True)
class Ward:
    """A unit that orders: how much, when, how urgently, how far away, and in which message it does."""

    code: str
    name: str
    patient_class: str
    share: float
    rhythm: tuple[float, ...]
    rooms: int
    stat_share: float
    transport_minutes: tuple[float, float]
    message: str
    collectors: tuple[Collector, ...]
    population: str  # the location of the case mix that its patients come from
    rounds: tuple[Round, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """Orders that go together, with a weight per patient class; some do not keep and are always urgent."""

    orders: tuple[str, ...]
    weights: Mapping[str, float]
    is_stat: bool = False

    def weight(self, ward: Ward) -> float:
        """How often this ward asks for it, among its requests."""
        return self.weights.get(ward.patient_class, 0.0)


@dataclass(frozen=True, slots=True)
class Provider:
    """Who orders."""

    id: str
    family: str
    given: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a ward does when it reads a test with this flag: orders it repeats after a while, a treatment it gives."""

    test: str
    flag: str
    share: float
    orders: tuple[str, ...]
    after_minutes: tuple[float, float]
    treatment: str = ""
    hours: float = 0.0


@dataclass(frozen=True, slots=True)
class HospitalPlan:
    """The hospital as a whole."""

    peer: str
    application: str
    facility: str
    port: int | None
    requisitions_per_day: float
    weekdays: tuple[float, ...]
    duplicate_share: float
    readmission_share: float
    update_share: float
    stay_hours: Mapping[str, float]
    providers: tuple[Provider, ...]
    wards: tuple[Ward, ...]
    requests: tuple[Request, ...]
    recollect_minutes: tuple[float, float]
    reading_minutes: tuple[float, float]
    rest_hours: float
    reactions: tuple[Reaction, ...]
    answered_share: float
    provider_share: float


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
    spin_extra_minutes: float
    interferences: Mapping[str, tuple[Interference, ...]]
    indices: Mapping[str, str]
    index_from: Mapping[str, IndexSource]
    constants: Mapping[str, float]
    faults: tuple[Mapping[str, Any], ...] = ()
