"""An analyzer as a device: what it does with tubes in time. It knows no protocol and no clock.

`update(now, inputs)` gives what came out and when it wants to be asked again. A new kind of analyzer is one file in
this folder that names its class DEVICE; `device` finds it by the `kind` that world.yaml gives.
"""

from __future__ import annotations

import heapq
from abc import ABC
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import ClassVar

from simulators.analyzers.events import (
    Asked,
    Cancelled,
    ControlFinished,
    DeviceStatus,
    Finished,
    Input,
    Loaded,
    Logged,
    NothingFor,
    Orders,
    Output,
    RunControls,
    Sip,
    Work,
)
from simulators.analyzers.measuring import Meter
from simulators.place import Control, DevicePlan

STAT = "S"
LINES_SHOWN = 20
PATIENCE = timedelta(minutes=2)
"""How long the device keeps a tube it has asked about."""


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
        self.log: list[Logged] = []
        self._orders: dict[str, dict[str, Work]] = {}
        self._waiting: list[Sip] = []
        self._asked: dict[str, tuple[datetime, Sip]] = {}
        self._running: list[_Job] = []
        self._controls_due = [self.ready_at]
        self._next_sample_at = self.ready_at
        self._runs = 0

    # what comes in and goes out

    def update(self, now: datetime, inputs: Sequence[Input] = ()) -> tuple[list[Output], datetime | None]:
        """Everything that has come to pass by `now`, and the instant of the next thing that will."""
        for item in inputs:
            self._take(now, item)
        outputs = [
            *self._run_due_controls(now),
            *self._finish(now),
            *self._give_up_asking(now),
            *self._sample(now),
        ]
        self.log += [output for output in outputs if isinstance(output, Logged)]
        return outputs, self._next_event(now)

    def status(self, now: datetime) -> DeviceStatus:
        """The analyzer's screen."""
        busy = "running" if self._running or self._waiting else "ready"
        return DeviceStatus(
            code=self.plan.code,
            kind=self.plan.kind,
            model=self.plan.model,
            state="warming up" if now < self.ready_at else busy,
            ready_at=self.ready_at,
            waiting=len(self._waiting),
            running=len(self._running),
            open_orders=sum(map(len, self._orders.values())),
            log=tuple(self.log[-LINES_SHOWN:]),
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
        must_be_spun = self.plan.traits.get("needs_spun") and not self.plan.traits.get("centrifuges")
        if must_be_spun and sip.needs_spin and not sip.is_separated:
            return "clot", "Aspiration pressure: cells or clot in the sample"
        if sip.blocks_probe:
            return "clot", "Aspiration pressure: probe blocked"
        return None

    def also_measured(self, sip: Sip) -> tuple[str, ...]:
        """Tests reported with this tube although nobody ordered them (indices)."""
        return ()

    # taking

    def _take(self, now: datetime, item: Input) -> None:
        match item:
            case Orders():
                self._take_orders(item)
            case Cancelled():
                self._cancel(item)
            case Loaded():
                self._waiting += item.sips
            case NothingFor() if item.container in self._asked:
                self._asked[item.container] = (now, self._asked[item.container][1])
            case RunControls():
                self.schedule_controls(max(now, self.ready_at))

    def _take_orders(self, item: Orders) -> None:
        for work in item.work:
            self._orders.setdefault(work.container, {})[work.test] = work
            if work.container in self._asked:
                self._waiting.insert(0, self._asked.pop(work.container)[1])

    def _cancel(self, item: Cancelled) -> None:
        orders = self._orders.get(item.container, {})
        for test in item.tests or list(orders):
            orders.pop(test, None)
        if not orders:
            self._orders.pop(item.container, None)

    # controls

    def _run_due_controls(self, now: datetime) -> list[Output]:
        outputs: list[Output] = []
        while self._controls_due and self._controls_due[0] <= now:
            outputs += self._controls(heapq.heappop(self._controls_due))
        return outputs

    def _controls(self, at: datetime) -> list[Output]:
        """Every level once: one run."""
        self._runs += 1
        levels: dict[tuple[str, str, int], list[Control]] = {}
        for control in self.plan.controls:
            levels.setdefault((control.material, control.lot, control.level), []).append(control)
        return [
            ControlFinished(at, *level, self.meter.control(controls, self._runs), self._runs)
            for level, controls in levels.items()
        ]

    # sampling and measuring

    def _sample(self, now: datetime) -> list[Output]:
        outputs: list[Output] = []
        while self._waiting and self._next_sample_at <= now:
            outputs += self._aspirate(now, self._waiting.pop(self._most_urgent()))
            self._next_sample_at = now + timedelta(hours=1 / self.plan.tubes_per_hour)
        return outputs

    def _most_urgent(self) -> int:
        """Place of the first tube with STAT work, else of the first tube."""
        urgent = (index for index, sip in enumerate(self._waiting) if self._is_stat(sip.barcode))
        return next(urgent, 0)

    def _is_stat(self, container: str) -> bool:
        return any(work.priority == STAT for work in self._orders.get(container, {}).values())

    def _aspirate(self, now: datetime, sip: Sip) -> list[Output]:
        if not sip.barcode:
            return [Logged(now, "no_barcode", "Barcode not readable", sip.tube)]
        refused = self.refusal(sip)
        if refused:
            return [Logged(now, *refused, sip.tube, sip.barcode)]
        orders = self._orders.pop(sip.barcode, None)
        if not orders:
            return self._without_order(now, sip)
        self._runs += 1
        job = _Job(self._done_at(now, sip), self._runs, now, sip.sampled(now), tuple(orders.values()))
        heapq.heappush(self._running, job)
        return []

    def _without_order(self, now: datetime, sip: Sip) -> list[Output]:
        """Ask the laboratory when the device does that, else give the tube back."""
        if not self.plan.traits.get("host_query"):
            return [_no_order(now, sip)]
        self._asked[sip.barcode] = (now + PATIENCE, sip)
        return [Asked(sip.barcode)]

    def _give_up_asking(self, now: datetime) -> list[Output]:
        late = [container for container, (until, _) in self._asked.items() if until <= now]
        return [_no_order(now, self._asked.pop(container)[1]) for container in late]

    def _done_at(self, at: datetime, sip: Sip) -> datetime:
        spin = sip.spin_minutes if sip.needs_spin and not sip.is_separated else 0.0
        return at + timedelta(minutes=self.plan.process_minutes + spin)

    def _finish(self, now: datetime) -> list[Output]:
        outputs: list[Output] = []
        while self._running and self._running[0].done_at <= now:
            outputs.append(self._finished(heapq.heappop(self._running)))
        return outputs

    def _finished(self, job: _Job) -> Finished:
        sip = job.sip
        tests = dict.fromkeys((*(work.test for work in job.work), *self.also_measured(sip)))
        measured = self.meter.specimen(sip.tube, job.number, sip.contents, sip.indices, tuple(tests))
        return Finished(job.done_at, job.sampled_at, sip, job.work, measured, job.number)

    def _next_event(self, now: datetime) -> datetime | None:
        times = [self._running[0].done_at] if self._running else []
        times += [until for until, _ in self._asked.values()]
        if self._waiting:
            times.append(max(self._next_sample_at, now))
        if self._controls_due:
            times.append(self._controls_due[0])
        return min(times, default=None)


def _no_order(now: datetime, sip: Sip) -> Logged:
    return Logged(now, "no_order", f"No order for {sip.barcode}", sip.tube, sip.barcode)


def device(plan: DevicePlan, meter: Meter, switched_on_at: datetime) -> Analyzer:
    """The analyzer that a plan describes; its module has the name of its kind."""
    module = import_module(f"{__package__}.{plan.kind}")
    made: Analyzer = module.DEVICE(plan, meter, switched_on_at)
    return made
