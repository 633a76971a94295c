"""How a crew gets tubes onto the analyzers: spun first, put on again once, and refused when nothing comes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from lis.domain.people import Actor
from lis.lab import Lab
from lis.training import crew_deciding as deciding
from lis.training import crew_reading as reading
from lis.training.crew_spinning import Spinning
from simulators.bench import BenchRefusal
from simulators.world import World

TRIES = 2


class Loading:
    """The crew at the samplers. `tubes`: which tube at the bench a container is."""

    def __init__(
        self, lab: Lab, world: World, who: Actor, tubes: Mapping[str, str], say: Callable[[], object]
    ) -> None:
        self._lab, self._world, self._who, self._tubes, self._say = lab, world, who, tubes, say
        self._tries: Counter[tuple[str, str]] = Counter()
        self._last_try: dict[tuple[str, str], datetime] = {}

    def work(self, spinning: Spinning, late: timedelta) -> None:
        """Load what waits for an analyzer; refuse what was put on twice, `late` ago, and not measured."""
        with self._lab.reading() as now:
            outstanding = reading.outstanding_work(now.connection, now.catalog)
        failed = []
        unspun = spinning.work(container for container, _ in outstanding)
        for container, analyzer in outstanding:
            if container in unspun:
                continue
            tube, tried = self._tubes.get(container), self._tries[container, analyzer]
            if tube and tried < TRIES and self._put_on(analyzer, tube):
                self._tries[container, analyzer] += 1
                self._last_try[container, analyzer] = self._world.now
            elif tried >= TRIES and self._world.now - self._last_try[container, analyzer] >= late:
                failed.append((container, analyzer))
        if failed:
            with self._lab.work(self._who) as work:
                deciding.refuse_unmeasured(work, failed)
        if outstanding:
            self._say()  # what was refused; and what the analyzers have asked for meanwhile

    def _put_on(self, analyzer: str, tube: str) -> bool:
        """A tube that runs elsewhere is loaded at a later round."""
        try:
            self._world.load(analyzer, [tube], by=self._who.code)
        except BenchRefusal:
            return False
        return True
