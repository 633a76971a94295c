"""Worlds in step with a clock: at the pace of lab time, paused with it, or as fast as the machine goes."""

from __future__ import annotations

import threading

from lis.kernel.clock import Clock
from simulators.world import World

PULSE = 0.2
"""Wall seconds between two looks at the clock."""


class Timeline:
    """One runner for all active worlds, each with the clock of its laboratory."""

    def __init__(self) -> None:
        self._worlds: dict[str, tuple[World, Clock]] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.failures: dict[str, Exception] = {}

    def add(self, name: str, world: World, clock: Clock) -> None:
        """Drive this world from now on."""
        with self._lock:
            self._worlds[name] = (world, clock)
            self.failures.pop(name, None)

    def remove(self, name: str) -> None:
        """Leave this world where it stands."""
        with self._lock:
            self._worlds.pop(name, None)

    def catch_up(self) -> int:
        """Bring every world to its clock's instant; how many turns that took. A clock that stands moves nothing."""
        with self._lock:
            active = list(self._worlds.items())
        return sum(self._step(name, world, clock) for name, (world, clock) in active)

    def start(self) -> None:
        """Catch up again and again in a thread of its own."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="worlds", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; the worlds stay where they are."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stop.wait(PULSE):
            self.catch_up()

    def _step(self, name: str, world: World, clock: Clock) -> int:
        """A world that breaks is taken out and its reason kept, so that the others go on."""
        now = clock.now()
        try:
            return world.step(now) if now > world.now else 0
        except Exception as error:
            self.failures[name] = error
            self.remove(name)
            return 0
