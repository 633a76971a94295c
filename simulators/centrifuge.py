"""The centrifuge: a rotor with places and a program, and what a spin does to a tube. Its timer is computed on read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulators.ageing import Ageing
from simulators.bench_plan import CentrifugePlan
from simulators.tubes import Tube, has_gel

GOOD_G = 1500.0
USUAL_MINUTES = 10.0


@dataclass(frozen=True, slots=True)
class Spin:
    """One spin: when it began and was over, for how long it turned at how many g."""

    started_at: datetime
    ended_at: datetime
    minutes: float
    g: float


@dataclass
class Centrifuge:
    """A centrifuge with what is in it; tubes stay in it after the stop until somebody takes them out."""

    plan: CentrifugePlan
    tubes: list[str] = field(default_factory=list)
    spin: Spin | None = None

    def is_running(self, now: datetime) -> bool:
        """Whether the rotor turns; the lid is locked."""
        return self.spin is not None and now < self.spin.ended_at

    def start(self, tubes: list[str], now: datetime, minutes: float, g: float) -> Spin:
        """Close the lid and turn."""
        ended_at = now + timedelta(minutes=minutes + self.plan.brake_minutes)
        self.tubes, self.spin = tubes, Spin(now, ended_at, minutes, g)
        return self.spin


@dataclass(frozen=True, slots=True)
class CentrifugeView:
    """A centrifuge as it is seen: its display counts down to the stop."""

    code: str
    name: str
    places: int
    is_running: bool
    ends_at: datetime | None
    tubes: tuple[str, ...]


def seen(centrifuge: Centrifuge, now: datetime) -> CentrifugeView:
    """What somebody sees who stands before it."""
    running = centrifuge.is_running(now)
    ends_at = centrifuge.spin.ended_at if centrifuge.spin and centrifuge.tubes else None
    plan = centrifuge.plan
    return CentrifugeView(plan.code, plan.name, plan.places, running, ends_at, tuple(centrifuge.tubes))


def wanted(tube: Tube) -> tuple[float, float]:
    """Minutes and g that this tube is to be spun."""
    return tube.kind.spin_minutes or USUAL_MINUTES, tube.kind.spin_g or GOOD_G


def clotted_at(tube: Tube) -> datetime:
    """When blood in this tube has clotted; the moment of drawing where nothing clots."""
    return tube.drawn_at + timedelta(minutes=tube.kind.clot_minutes)


def separate(tube: Tube, spin: Spin, ageing: Ageing) -> None:
    """What a spin leaves: cells below; fibrin where it came too early; cells above where it was too weak.

    A second spin of a gel tube that was separated brings up what lies under the gel.
    """
    minutes, g = wanted(tube)
    done = min(1.0, spin.minutes * spin.g / (minutes * g))
    left = 0.0 if done >= ageing.least_spin else ageing.cells_left * (1 - done)
    is_early = not tube.poured_from and spin.started_at < clotted_at(tube)
    tube.fibrin = ageing.early if is_early else ()
    if tube.spun_at is None:
        tube.spun_at, tube.cells_left = spin.ended_at, left
    elif tube.cells_left > left:
        tube.cells_left = left
    elif has_gel(tube.kind) and not tube.poured_from:
        tube.respun_at = spin.ended_at
