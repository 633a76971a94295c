"""The hospital as the content describes it: wards, who works there, what is ordered, how patients and tubes move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time

from simulators.telephone_plan import TelephonePlan

PUNCTUAL = (-5.0, 10.0)
"""Minutes around the hour asked for, where the content says nothing of a collector."""


@dataclass(frozen=True, slots=True)
class Collector:
    """Who draws blood: number and initials as they are written on a label.

    `late_minutes` is how far from the hour asked for they come, early when negative. What else they are in the habit
    of doing stands among the faults of the place, for their initials.
    """

    id: str
    initials: str
    late_minutes: tuple[float, float] = PUNCTUAL


@dataclass(frozen=True, slots=True)
class Round:
    """Collectors go round the ward at this local time for draws that were ordered `ahead_minutes` before."""

    at: time
    mean: float
    ahead_minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class Ward:
    """A unit that orders: how much, when, how urgently, how far away, and in which message it does.

    A site with `couriers` sends its tubes with the next run of these local times; what it `spins` it centrifuges first;
    a share of its requisitions comes on paper, without a message.
    """

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
    phone: str = ""
    rounds: tuple[Round, ...] = ()
    couriers: tuple[time, ...] = ()
    spins: frozenset[str] = frozenset()
    paper_share: float = 0.0

    def is_open(self, local: datetime) -> bool:
        """Whether patients come there at this local hour."""
        return self.rhythm[local.hour] > 0


@dataclass(frozen=True, slots=True)
class Request:
    """Orders that go together, with a weight per patient class or ward; some do not keep and are always urgent.

    `series_minutes`: drawn again so long after the first time, each on its own requisition for that hour.
    `due_minutes`: not now, but at an hour so far ahead. `given`: only for who gets this treatment.
    """

    orders: tuple[str, ...]
    weights: Mapping[str, float]
    is_stat: bool = False
    series_minutes: tuple[float, ...] = ()
    due_minutes: tuple[float, float] | None = None
    given: str = ""

    @property
    def has_own_time(self) -> bool:
        """Whether it is drawn at once or at an hour of its own, so that no round takes it along."""
        return self.is_stat or self.due_minutes is not None

    def weight(self, ward: Ward) -> float:
        """How often this ward asks for it, among its requests."""
        return self.weights.get(ward.code, self.weights.get(ward.patient_class, 0.0))


@dataclass(frozen=True, slots=True)
class Provider:
    """Who orders."""

    id: str
    family: str
    given: str
    phone: str = ""


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
class Transfer:
    """How often, and how long after coming to the one ward, a patient moves on to the other."""

    origin: str
    to: str
    share: float
    after_hours: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Remark:
    """What a ward writes beside an order while a course runs, and `hours` beyond its end (or its beginning)."""

    given: str
    text: str
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class RemarkPlan:
    """How often a ward says what the laboratory should know, and in which words; {weeks} of pregnancy are filled in."""

    share: float
    pregnant: str
    remarks: tuple[Remark, ...]


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
    transfers: tuple[Transfer, ...] = ()
    remarks: RemarkPlan = field(default=RemarkPlan(0.0, "", ()))
    telephone: TelephonePlan = field(default=TelephonePlan())

    def ward(self, code: str) -> Ward | None:
        """The ward of this code, None when there is none."""
        return next((ward for ward in self.wards if ward.code == code), None)
