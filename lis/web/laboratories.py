"""The laboratories this process serves, each opened once."""

from __future__ import annotations

import threading

from lis.kernel.clock import Clock
from lis.lab import Lab
from lis.storage.house import House


class Laboratories:
    """Gives the Lab of a slug. `clocks` replaces the clock of a laboratory's own head row where one is given."""

    def __init__(self, house: House, wall: Clock, clocks: dict[str, Clock] | None = None) -> None:
        self._house, self._wall, self._clocks = house, wall, clocks or {}
        self._labs: dict[str, Lab] = {}
        self._opening = threading.Lock()

    def get(self, slug: str) -> Lab:
        """NotFound when there is no such laboratory."""
        database = self._house.lab(slug)
        with self._opening:
            lab = self._labs.get(slug)
            if lab is None or lab.database is not database:
                lab = Lab(database, wall=self._wall, clock=self._clocks.get(slug))
                self._labs[slug] = lab
            return lab
