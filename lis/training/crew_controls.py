"""What a crew does about values whose controls are out: it runs those again, and waits until they are in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from lis.domain.people import Actor
from lis.lab import Lab
from lis.services import controlling
from lis.training.crew_reading import Due
from simulators.world import World

BETWEEN_RUNS = timedelta(minutes=45)


class Controls:
    """Who runs controls by hand, beside those that analyzers run by themselves."""

    def __init__(self, lab: Lab, world: World, who: Actor) -> None:
        self._lab, self._world, self._who = lab, world, who
        self._last: dict[str, datetime] = {}

    def run(self, analyzers: Iterable[str]) -> None:
        """Start all controls of these analyzers."""
        for analyzer in analyzers:
            self._run(analyzer, ())

    def in_again(self, doubted: list[Due]) -> list[Due]:
        """Those of these values whose controls are in by now."""
        if not doubted:
            return []
        with self._lab.work(self._who) as work:
            return [
                case
                for case in doubted
                if controlling.qc_of(work, case.analyzer, [case.test])[case.test].accepted
            ]

    def run_again(self, doubted: list[Due]) -> None:
        """Run the controls of these tests once more, and of no other, unless that was done a while ago."""
        for analyzer in sorted({case.analyzer for case in doubted}):
            if self._is_due(analyzer):
                self._run(analyzer, sorted({case.test for case in doubted if case.analyzer == analyzer}))

    def _run(self, analyzer: str, tests: Sequence[str]) -> None:
        self._last[analyzer] = self._world.now
        self._world.run_controls(analyzer, by=self._who.code, tests=tests)

    def to_send(self, refused: list[Due]) -> list[Due]:
        """Those of these values, verified before a control failed, on whose accession all controls are in by now.

        Those that are out are run again.
        """
        measured = [case for case in refused if case.analyzer]
        settled = self.in_again(measured)
        out = [case for case in measured if case not in settled]
        self.run_again(out)
        waiting = {case.accession for case in out}
        return [case for case in refused if case.accession not in waiting]

    def _is_due(self, analyzer: str) -> bool:
        last = self._last.get(analyzer)
        return last is None or self._world.now - last >= BETWEEN_RUNS
