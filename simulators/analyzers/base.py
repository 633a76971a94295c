"""An analyzer as a device: what it does with tubes in time. It knows no protocol and no clock.

`update(now, inputs)` gives what came out and when it wants to be asked again. A new kind of analyzer is one file in
this folder with one subclass; `device` finds it by the `kind` that world.yaml names.
"""

from __future__ import annotations

import heapq
from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import ClassVar

from simulators.analyzers.measuring import Measured, Meter
from simulators.place import Control, DevicePlan
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
class RunControls:
    """Somebody starts the controls by hand."""


Input = Orders | Cancelled | Loaded | RunControls


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


Output = Finished | ControlFinished | Logged


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


@dataclass(order=True, slots=True)
class _Job:
    done_at: datetime
    number: int
    sampled_at: datetime = field(compare=False)
    sip: Sip = field(compare=False)
    work: tuple[Work, ...] = field(compare=False)


class Analyzer(ABC):
    """The common life of an analyzer: warm up, run controls, take racks, measure what was ordered, report."""

    kind: ClassVar[str]

    def __init__(self, plan: DevicePlan, meter: Meter, switched_on_at: datetime) -> None:
        self.plan = plan
        self.meter = meter
        self.ready_at = switched_on_at + timedelta(minutes=plan.warm_up_minutes)
        self._orders: dict[str, dict[str, Work]] = {}
        self._waiting: list[Sip] = []
        self._running: list[_Job] = []
        self._next_sample_at = self.ready_at
        self._controls_due = [self.ready_at]
        self._runs = 0
        self._jobs = 0
        self.log: list[Logged] = []

    # what comes in and goes out

    def update(self, now: datetime, inputs: Sequence[Input] = ()) -> tuple[list[Output], datetime | None]:
        """Everything that has come to pass by `now`, and the instant of the next thing that will."""
        for item in inputs:
            self._take(now, item)
        outputs = [*self._run_due_controls(now), *self._finish(now), *self._sample(now)]
        self.log += [output for output in outputs if isinstance(output, Logged)]
        return outputs, self._next_event(now)

    def status(self, now: datetime) -> DeviceStatus:
        """The analyzer's screen."""
        busy = "running" if self._running or self._waiting else "ready"
        state = "warming up" if now < self.ready_at else busy
        open_orders = sum(map(len, self._orders.values()))
        return DeviceStatus(
            self.plan.code,
            self.plan.kind,
            self.plan.model,
            state,
            self.ready_at,
            len(self._waiting),
            len(self._running),
            open_orders,
            tuple(self.log[-20:]),
        )

    def schedule_controls(self, at: datetime) -> None:
        """Controls will be run at this instant."""
        heapq.heappush(self._controls_due, at)

    # what a kind of analyzer may do differently

    def refusal(self, sip: Sip) -> tuple[str, str] | None:
        """Why this tube cannot be measured (log code and text), None when it can."""
        needed = float(self.plan.traits.get("dead_volume_ml", 0.0))
        if sip.volume_ml <= needed:
            return "short_sample", f"Sample volume below {needed:g} mL"
        if self.plan.traits.get("needs_spun") and sip.needs_spin and not sip.is_separated:
            if not self.plan.traits.get("centrifuges"):
                return "clot", "Aspiration pressure: cells or clot in the sample"
        return None

    def also_measured(self, sip: Sip) -> tuple[str, ...]:
        """Tests reported with every tube although nobody ordered them (indices)."""
        return ()

    # the inside

    def _take(self, now: datetime, item: Input) -> None:
        if isinstance(item, Orders):
            for work in item.work:
                self._orders.setdefault(work.container, {})[work.test] = work
        elif isinstance(item, Cancelled):
            self._cancel(item)
        elif isinstance(item, Loaded):
            self._waiting += item.sips
        else:
            self.schedule_controls(max(now, self.ready_at))

    def _cancel(self, item: Cancelled) -> None:
        orders = self._orders.get(item.container, {})
        for test in item.tests or list(orders):
            orders.pop(test, None)
        if not orders:
            self._orders.pop(item.container, None)

    def _run_due_controls(self, now: datetime) -> list[Output]:
        outputs: list[Output] = []
        while self._controls_due and self._controls_due[0] <= now:
            due = heapq.heappop(self._controls_due)
            outputs += self._controls(due)
        return outputs

    def _controls(self, at: datetime) -> list[Output]:
        """Every level once; a batch of controls is one run."""
        self._runs += 1
        levels: dict[tuple[str, str, int], list[Control]] = {}
        for control in self.plan.controls:
            levels.setdefault((control.material, control.lot, control.level), []).append(control)
        return [
            ControlFinished(at, *level, self.meter.control(controls, self._runs), self._runs)
            for level, controls in levels.items()
        ]

    def _sample(self, now: datetime) -> list[Output]:
        outputs: list[Output] = []
        while self._waiting and self._next_sample_at <= now:
            sip = self._waiting.pop(0)
            started = max(self._next_sample_at, self.ready_at)
            outputs += self._aspirate(started if started > now else now, sip)
            self._next_sample_at = now + timedelta(hours=1 / self.plan.tubes_per_hour)
        return outputs

    def _aspirate(self, at: datetime, sip: Sip) -> list[Output]:
        if not sip.barcode:
            return [Logged(at, "no_barcode", "Barcode not readable", sip.tube)]
        refused = self.refusal(sip)
        if refused:
            return [Logged(at, *refused, sip.tube, sip.barcode)]
        orders = self._orders.pop(sip.barcode, None)
        if not orders:
            return [Logged(at, "no_order", f"No order for {sip.barcode}", sip.tube, sip.barcode)]
        self._jobs += 1
        heapq.heappush(
            self._running, _Job(self._done_at(at, sip), self._jobs, at, sip, tuple(orders.values()))
        )
        return []

    def _done_at(self, at: datetime, sip: Sip) -> datetime:
        spin = sip.spin_minutes if sip.needs_spin and not sip.is_separated else 0.0
        return at + timedelta(minutes=self.plan.process_minutes + spin)

    def _finish(self, now: datetime) -> list[Output]:
        outputs: list[Output] = []
        while self._running and self._running[0].done_at <= now:
            outputs.append(self._finished(heapq.heappop(self._running)))
        return outputs

    def _finished(self, job: _Job) -> Finished:
        tests = dict.fromkeys((*(work.test for work in job.work), *self.also_measured(job.sip)))
        measured = self.meter.specimen(
            job.sip.tube, job.number, job.sip.contents, job.sip.indices, tuple(tests)
        )
        return Finished(job.done_at, job.sampled_at, job.sip, job.work, measured, job.number)

    def _next_event(self, now: datetime) -> datetime | None:
        times = [self._running[0].done_at] if self._running else []
        if self._waiting:
            times.append(max(self._next_sample_at, self.ready_at, now))
        if self._controls_due:
            times.append(self._controls_due[0])
        return min(times, default=None)


def device(plan: DevicePlan, meter: Meter, switched_on_at: datetime) -> Analyzer:
    """The analyzer that a plan describes; its module has the name of its kind."""
    module = import_module(f"{__package__}.{plan.kind}")
    made: Analyzer = module.DEVICE(plan, meter, switched_on_at)
    return made
