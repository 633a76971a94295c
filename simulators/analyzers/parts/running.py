"""Runs of one device: what is being measured, what comes of it, and what is run again diluted."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from simulators.analyzers.events import Finished, Sip, Work
from simulators.analyzers.measuring import Measured, Meter
from simulators.analyzers.parts.suspecting import Suspicions
from simulators.analyzers.parts.upkeep import NOTHING_TAKEN, Taken, UpkeepOf
from simulators.place import Control, DevicePlan

UL_PER_ML = 1000


@dataclass(order=True, slots=True)
class Job:
    """One run of one tube; `also` are tests that are reported although nobody ordered them."""

    done_at: datetime
    number: int
    sampled_at: datetime = field(compare=False)
    sip: Sip = field(compare=False)
    work: tuple[Work, ...] = field(compare=False)
    also: tuple[str, ...] = field(compare=False, default=())
    taken: Taken = field(compare=False, default=NOTHING_TAKEN)

    @property
    def dilution(self) -> float:
        """The factor by which it is diluted."""
        return max(one.dilution for one in self.work)

    @property
    def tests(self) -> tuple[str, ...]:
        """All that is measured, each once."""
        return tuple(dict.fromkeys((*(one.test for one in self.work), *self.also)))


class Runs:
    """What runs; numbers count runs of tubes and of controls alike."""

    def __init__(self, plan: DevicePlan, meter: Meter, upkeep: UpkeepOf, suspicions: Suspicions) -> None:
        self._plan = plan
        self._meter = meter
        self._upkeep = upkeep
        self._suspicions = suspicions
        self._number = 0
        self.jobs: list[Job] = []

    def number(self) -> int:
        """The next run's number."""
        self._number += 1
        return self._number

    def start(self, job: Job) -> None:
        """Begin a run; what it needs is used up now."""
        job.taken = self._upkeep.take(job.tests, job.sampled_at)
        heapq.heappush(self.jobs, job)

    def finished(self, now: datetime) -> list[Finished]:
        """Every run that has come to its end."""
        done = []
        while self.jobs and self.jobs[0].done_at <= now:
            done.append(self._finished(heapq.heappop(self.jobs)))
        return done

    def control(self, controls: Sequence[Control], run: int, at: datetime) -> tuple[Measured, ...]:
        """One level of a control; what no reagent is left for is not run."""
        taken = self._upkeep.take((control.test for control in controls), at)
        able = [control for control in controls if control.test not in taken.blocked]
        return _marked(self._meter.control(able, run, at), taken)

    def _finished(self, job: Job) -> Finished:
        measured = self._measured(job)
        again = self._run_again(job, measured)
        kept = tuple(item for item in measured if item not in again)
        stays = any(other.sip.tube == job.sip.tube for other in self.jobs)
        return Finished(job.done_at, job.sampled_at, job.sip, job.work, kept, job.number, again, stays)

    def _measured(self, job: Job) -> tuple[Measured, ...]:
        """What the device says; of what it could not run it says only that."""
        sip, tests, blocked = job.sip, job.tests, job.taken.blocked
        able = tuple(test for test in tests if test not in blocked) if blocked else tests
        values = self._meter.specimen(
            sip.tube, job.number, sip.contents, sip.indices, able, job.sampled_at, job.dilution
        )
        suspected = self._suspicions.flags(sip.tube, sip.contents, able)
        if not suspected and not blocked:
            return _marked(values, job.taken)
        found = {item.test: item for item in _marked(values, job.taken)}
        for test, flags in suspected.items():
            found[test] = replace(found[test], flags=(*found[test].flags, *flags))
        missing = (Measured(test, sip.contents.get(test), None, "") for test in tests if test in blocked)
        found |= {item.test: item for item in _marked(missing, job.taken)}
        return tuple(found[test] for test in tests)

    def _run_again(self, job: Job, measured: tuple[Measured, ...]) -> tuple[Measured, ...]:
        """Start what lies above the range again, diluted, where the device does so and there is enough in the tube."""
        factors = self._plan.upkeep.dilutes
        above = [item.test for item in measured if item.comparator == ">" and item.test in factors]
        if job.dilution != 1 or not above or not self._has_more(job.sip, len(job.work) + len(above)):
            return ()
        work = {one.test: one for one in job.work}
        minutes = timedelta(minutes=self._plan.process_minutes)
        for factor in dict.fromkeys(factors[test] for test in above):
            those = tuple(
                replace(work[test], run=work[test].run + 1, dilution=factor)
                for test in above
                if factors[test] == factor
            )
            self.start(Job(job.done_at + minutes, self.number(), job.done_at, job.sip, those))
        return tuple(item for item in measured if item.test in above)

    def _has_more(self, sip: Sip, tests: int) -> bool:
        """Whether the tube has enough for so many tests."""
        traits: Mapping[str, float] = self._plan.traits
        needed = float(traits.get("dead_volume_ml", 0.0))
        return sip.volume_ml - tests * float(traits.get("sip_ul", 0.0)) / UL_PER_ML >= needed


def _marked(measured: Iterable[Measured], taken: Taken) -> tuple[Measured, ...]:
    """The results with the lots of their reagents, and what is wrong with those."""
    flags, lots = taken.flags, taken.lots
    if not flags and not lots:
        return tuple(measured)
    return tuple(
        replace(item, flags=flags.get(item.test, ()), lot=lots.get(item.test, "")) for item in measured
    )
