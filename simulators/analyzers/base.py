"""An analyzer as a device: what it does with tubes in time. It knows no protocol and no clock.

`update(now, inputs)` gives what came out and when it wants to be asked again. A new kind of analyzer is one file in
this folder that names its class DEVICE; `device` finds it by the `kind` that world.yaml gives.
"""

from __future__ import annotations

import heapq
from abc import ABC
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from typing import ClassVar

from simulators.analyzers.events import (
    Acknowledge,
    Asked,
    Attend,
    Calibrate,
    Cancelled,
    ControlFinished,
    DeviceRefusal,
    Input,
    Level,
    Loaded,
    LoadReagent,
    Logged,
    Maintain,
    NothingFor,
    Orders,
    Output,
    RunControls,
    Sip,
    Switch,
)
from simulators.analyzers.measuring import Meter
from simulators.analyzers.parts import viewing
from simulators.analyzers.parts.racks import Racks
from simulators.analyzers.parts.running import Job, Runs
from simulators.analyzers.parts.screen import DeviceStatus
from simulators.analyzers.parts.suspecting import Suspicions
from simulators.analyzers.parts.upkeep import UpkeepOf
from simulators.analyzers.parts.worklist import Worklist
from simulators.place import Control, DevicePlan

PATIENCE = timedelta(minutes=5)
"""How long the device keeps a tube it has asked about."""


class Analyzer(ABC):
    """The common life of an analyzer: warm up, run controls, take racks, measure what was ordered, report."""

    kind: ClassVar[str]

    def __init__(self, plan: DevicePlan, meter: Meter, switched_on_at: datetime) -> None:
        self.plan = plan
        self.meter = meter
        self.ready_at = switched_on_at + timedelta(minutes=plan.warm_up_minutes)
        self.upkeep = UpkeepOf(plan, meter, switched_on_at)
        self.log: list[Logged] = []
        self.unread: set[int] = set()
        self.racks = Racks(plan.rack_size)
        self.is_off = False
        self._orders = Worklist()
        self._waiting: list[Sip] = []
        self._asked: dict[str, tuple[datetime, Sip]] = {}
        self._controls_due: list[tuple[datetime, tuple[str, ...]]] = [(self.ready_at, ())]
        self._next_sample_at = self.ready_at
        self._suspicions = Suspicions(plan.upkeep, meter.dice)
        self._runs = Runs(plan, meter, self.upkeep, self._suspicions)
        if plan.upkeep.kits:
            meter.shift = self.upkeep.shift

    # what comes in and goes out

    def update(self, now: datetime, inputs: Sequence[Input] = ()) -> tuple[list[Output], datetime | None]:
        """Everything that has come to pass by `now`, and the instant of the next thing that will."""
        self.upkeep.pass_time(now)
        for item in inputs:
            self._take(now, item)
        outputs = [*self._run_due_controls(now), *self._finish(now), *self._give_up_asking(now)]
        if not self._runs.jobs:
            self.upkeep.begin(now)
        outputs += [*self._sample(now), *self.upkeep.told]
        self.upkeep.told = []
        return [self._noted(output) for output in outputs], self._next_event(now)

    def status(self, now: datetime) -> DeviceStatus:
        """The analyzer's screen."""
        return viewing.status(self, now)

    @property
    def waiting(self) -> Sequence[Sip]:
        """Tubes that are on the sampler and not yet sampled."""
        return self._waiting

    @property
    def asked_about(self) -> frozenset[str]:
        """Containers that the laboratory is asked about."""
        return frozenset(self._asked)

    @property
    def running(self) -> tuple[str, ...]:
        """Tubes that are being measured, once for each run of theirs."""
        return tuple(job.sip.tube for job in self._runs.jobs)

    @property
    def open_orders(self) -> int:
        """Tests that are ordered and not begun."""
        return len(self._orders)

    def _noted(self, output: Output) -> Output:
        """Lines of the log are numbered; those that want reading stay unread until somebody says otherwise."""
        if not isinstance(output, Logged):
            return output
        line = replace(output, number=len(self.log) + 1)
        self.log.append(line)
        self.unread |= {line.number} if line.level != "info" else set()
        return line

    def schedule_controls(self, at: datetime, tests: tuple[str, ...] = ()) -> None:
        """Controls will be run at this instant: of these tests, or of all."""
        heapq.heappush(self._controls_due, (at, tests))

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
        noticed = self._suspicions.detection(sip.tube, sip.signs)
        return (noticed.code, noticed.text) if noticed else None

    def also_measured(self, sip: Sip) -> tuple[str, ...]:
        """Tests reported with this tube although nobody ordered them (indices)."""
        return ()

    # taking

    def _take(self, now: datetime, item: Input) -> None:
        match item:
            case Orders():
                self._take_orders(item)
            case Cancelled():
                self._orders.cancel(item)
            case Loaded():
                self._waiting += self.racks.put(item.sips)
            case NothingFor() if item.container in self._asked:
                self._asked[item.container] = (now, self._asked[item.container][1])
            case RunControls():
                self.schedule_controls(max(now, self.ready_at), item.tests)
            case Switch():
                self._switch(now, item.is_on)
            case _:
                self._look_after(now, item)

    def _look_after(self, now: datetime, item: Input) -> None:
        """What a person does for the device itself."""
        match item:
            case LoadReagent():
                self.upkeep.load(item.kit, item.lot, now)
            case Calibrate():
                self.upkeep.calibrate(item.kits)
            case Maintain():
                self.upkeep.maintain(item.task)
            case Attend():
                self.upkeep.attend(now)
                self.unread.clear()
            case Acknowledge() if item.number in self.unread:
                self.unread.remove(item.number)
            case Acknowledge():
                raise DeviceRefusal("log.read", "That line of the log was read already, or is none.")

    def _switch(self, now: datetime, is_on: bool) -> None:
        if is_on is not self.is_off:
            raise DeviceRefusal("analyzer.switch", f"It is {'on' if is_on else 'off'} already.")
        if not is_on and (self._runs.jobs or self._waiting or self._asked or self.upkeep.operations):
            raise DeviceRefusal(
                "analyzer.busy", "Let it finish first: tubes are on it, or somebody is at it."
            )
        self.is_off = not is_on
        if is_on:
            self.ready_at = now + timedelta(minutes=self.plan.warm_up_minutes)
            self._next_sample_at = self.ready_at
            self.schedule_controls(self.ready_at)

    def _take_orders(self, item: Orders) -> None:
        for work in item.work:
            self._orders.add(work)
            if work.container in self._asked:
                self._waiting.insert(0, self._asked.pop(work.container)[1])

    def _run_due_controls(self, now: datetime) -> list[Output]:
        outputs: list[Output] = []
        while self._controls_due and self._controls_at() <= now:
            _, tests = heapq.heappop(self._controls_due)
            outputs += self._controls(now, tests) if not self.is_off else []
        return outputs

    def _controls_at(self) -> datetime:
        """When the next controls can be run."""
        return max(self._controls_due[0][0], self.upkeep.busy_until or self._controls_due[0][0])

    def _controls(self, at: datetime, tests: tuple[str, ...]) -> list[Output]:
        """Every level once: one run. What comes whole out of one control is measured whole."""
        run = self._runs.number()
        chosen = () if self.plan.traits.get("controls_whole") else tests
        levels: dict[tuple[str, str, int], list[Control]] = {}
        for control in (one for one in self.plan.controls if not chosen or one.test in chosen):
            levels.setdefault((control.material, control.lot, control.level), []).append(control)
        done = [(level, self._runs.control(controls, run, at)) for level, controls in levels.items()]
        return [ControlFinished(at, *level, measured, run) for level, measured in done if measured]

    # sampling and measuring

    def _sample(self, now: datetime) -> list[Output]:
        outputs: list[Output] = []
        while self._waiting and not self.is_kept and self._next_sample_at <= now:
            outputs += self._aspirate(now, self._waiting.pop(self._most_urgent()))
            self._next_sample_at = now + timedelta(hours=1 / self.plan.tubes_per_hour)
        return outputs

    @property
    def is_kept(self) -> bool:
        """Whether it samples nothing: switched off, or somebody is at it or waits for it to become free."""
        return self.is_off or bool(self.upkeep.operations)

    def _most_urgent(self) -> int:
        """Place of the first tube with STAT work, else of the first tube."""
        urgent = (index for index, sip in enumerate(self._waiting) if self._orders.is_stat(sip.barcode))
        return next(urgent, 0)

    def _aspirate(self, now: datetime, sip: Sip) -> list[Output]:
        if not sip.barcode:
            return [self._given_back(now, "no_barcode", "Barcode not readable", sip)]
        refused = self.refusal(sip)
        if refused:
            return [self._given_back(now, *refused, sip)]
        work = self._orders.pop(sip.barcode)
        if not work:
            return self._without_order(now, sip)
        also = () if any(one.dilution != 1 for one in work) else self.also_measured(sip)
        job = Job(self._done_at(now, sip), self._runs.number(), now, sip.sampled(now), work, also)
        self._runs.start(job)
        return []

    def _without_order(self, now: datetime, sip: Sip) -> list[Output]:
        """Ask the laboratory when the device does that, else give the tube back."""
        if not self.plan.traits.get("host_query"):
            return [self._no_order(now, sip)]
        self._asked[sip.barcode] = (now + PATIENCE, sip)
        return [Asked(sip.barcode, sip.rack, sip.position)]

    def _give_up_asking(self, now: datetime) -> list[Output]:
        late = [container for container, (until, _) in self._asked.items() if until <= now]
        return [self._no_order(now, self._asked.pop(container)[1]) for container in late]

    def _no_order(self, now: datetime, sip: Sip) -> Logged:
        return self._given_back(now, "no_order", f"No order for {sip.barcode}", sip, "warning")

    def _given_back(self, now: datetime, code: str, text: str, sip: Sip, level: Level = "error") -> Logged:
        self.racks.take_off(sip.tube)
        return Logged(now, code, text, sip.tube, sip.barcode, level)

    def _done_at(self, at: datetime, sip: Sip) -> datetime:
        spin = sip.spin_minutes if sip.needs_spin and not sip.is_separated else 0.0
        return at + timedelta(minutes=self.plan.process_minutes + spin)

    def _finish(self, now: datetime) -> list[Output]:
        done = self._runs.finished(now)
        for one in (one for one in done if not one.stays):
            self.racks.take_off(one.sip.tube)
        return [*done]

    def _next_event(self, now: datetime) -> datetime | None:
        times = [self._runs.jobs[0].done_at] if self._runs.jobs else []
        times += [until for until, _ in self._asked.values()]
        if self._waiting and not self.is_kept:
            times.append(max(self._next_sample_at, now))
        if self._controls_due:
            times.append(self._controls_at())
        if (changes_at := self.upkeep.next_at) is not None:
            times.append(changes_at)
        return min(times, default=None)


def device(plan: DevicePlan, meter: Meter, switched_on_at: datetime) -> Analyzer:
    """The analyzer that a plan describes; its module has the name of its kind."""
    module = import_module(f"{__package__}.{plan.kind}")
    made: Analyzer = module.DEVICE(plan, meter, switched_on_at)
    return made
