"""What goes into an analyzer and what comes out of it: the device's side of everything, without protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from simulators.analyzers.measuring import Measured
from simulators.tubes import Value


@dataclass(frozen=True, slots=True)
class Work:
    """One test to be done on one container: what the laboratory sent, with the codes it sent it under."""

    container: str
    test: str
    sent_code: str
    placer: str
    priority: str


@dataclass(frozen=True, slots=True)
class Sip:
    """What the sampler meets: a tube's barcode as it can be read, and what is in it."""

    tube: str
    barcode: str
    specimen_type: str
    needs_spin: bool
    is_separated: bool
    spin_minutes: float
    fill_share: float
    volume_ml: float
    drawn_at: datetime
    contents: Mapping[str, Value]
    indices: Mapping[str, float]
    draw: Callable[[datetime], Mapping[str, Value]] | None = None
    blocks_probe: bool = False

    def sampled(self, at: datetime) -> Sip:
        """With what the probe draws at this instant: until then the tube has gone on ageing."""
        return self if self.draw is None else replace(self, contents=self.draw(at))


@dataclass(frozen=True, slots=True)
class Orders:
    """Work that came from the laboratory."""

    work: tuple[Work, ...]


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Work that the laboratory took back; no tests named means all of the container."""

    container: str
    tests: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A rack put on the sampler."""

    sips: tuple[Sip, ...]


@dataclass(frozen=True, slots=True)
class NothingFor:
    """The laboratory knows of no work for a container the device asked about."""

    container: str


@dataclass(frozen=True, slots=True)
class RunControls:
    """Somebody starts the controls by hand."""


Input = Orders | Cancelled | Loaded | NothingFor | RunControls


@dataclass(frozen=True, slots=True)
class Finished:
    """A tube is measured and comes off the analyzer."""

    at: datetime
    sampled_at: datetime
    sip: Sip
    work: tuple[Work, ...]
    measured: tuple[Measured, ...]
    run: int


@dataclass(frozen=True, slots=True)
class ControlFinished:
    """One level of one control lot is measured."""

    at: datetime
    material: str
    lot: str
    level: int
    measured: tuple[Measured, ...]
    run: int


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of the analyzer's log; a tube named here comes off without results."""

    at: datetime
    code: str
    text: str
    tube: str = ""
    container: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The device wants to know what to do on a container, and waits a while for work."""

    container: str


Output = Finished | ControlFinished | Asked | Logged


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """What the analyzer's own screen shows."""

    code: str
    kind: str
    model: str
    state: str
    ready_at: datetime
    waiting: int
    running: int
    open_orders: int
    log: tuple[Logged, ...]
