"""What goes into an analyzer and what comes out of it: the device's side of everything, without protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from simulators.analyzers.measuring import Measured
from simulators.tubes import Value


@dataclass(frozen=True, slots=True)
class Work:
    """One test to be done on one container: what the laboratory sent, with the codes it sent it under.

    `dilution` is the factor that somebody at the device chose for it; `run` counts the tube's runs of this test.
    """

    container: str
    test: str
    sent_code: str
    placer: str
    priority: str
    dilution: float = 1.0
    run: int = 1


@dataclass(frozen=True, slots=True)
class Sip:
    """What the sampler meets: a tube's barcode as it can be read, what is in it, and where in which rack it stands."""

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
    signs: tuple[str, ...] = ()
    rack: str = ""
    position: int = 0

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
    """Somebody starts the controls by hand: of these tests where the device lets choose, else of all."""

    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadReagent:
    """Somebody puts a pack of a kit or calibrator on board, of this lot or else the oldest good one."""

    kit: str
    lot: str = ""


@dataclass(frozen=True, slots=True)
class Calibrate:
    """Somebody has these kits calibrated."""

    kits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Maintain:
    """Somebody does this maintenance."""

    task: str


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Somebody has read a line of the log."""

    number: int


@dataclass(frozen=True, slots=True)
class Attend:
    """Somebody goes round who knows what the device needs, and does it."""


@dataclass(frozen=True, slots=True)
class Switch:
    """Somebody switches it on or off."""

    is_on: bool


Input = (
    Orders
    | Cancelled
    | Loaded
    | NothingFor
    | RunControls
    | LoadReagent
    | Calibrate
    | Maintain
    | Acknowledge
    | Attend
    | Switch
)


class DeviceRefusal(Exception):
    """The device cannot do that; `reason` is a code, the text is for the person. Nothing has happened."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Finished:
    """A tube is measured, and comes off the analyzer unless something of it is run again.

    `measured` is what is reported, `run_again` what lay above the range and is being diluted; `stays`: it is not done.
    """

    at: datetime
    sampled_at: datetime
    sip: Sip
    work: tuple[Work, ...]
    measured: tuple[Measured, ...]
    run: int
    run_again: tuple[Measured, ...] = ()
    stays: bool = False


@dataclass(frozen=True, slots=True)
class ControlFinished:
    """One level of one control lot is measured."""

    at: datetime
    material: str
    lot: str
    level: int
    measured: tuple[Measured, ...]
    run: int


Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of the analyzer's log; a tube named here comes off without results. Lines are numbered from 1."""

    at: datetime
    code: str
    text: str
    tube: str = ""
    container: str = ""
    level: Level = "error"
    number: int = 0


@dataclass(frozen=True, slots=True)
class Happened:
    """Something was done to the device: for whoever keeps the truth."""

    what: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """The device wants to know what to do on a container, and waits a while for work."""

    container: str
    rack: str = ""
    position: int = 0


Output = Finished | ControlFinished | Asked | Logged | Happened
