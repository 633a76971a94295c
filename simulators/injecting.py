"""Putting faults into a world while it runs, and taking them out: by name, from plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulators.bench import Bench, BenchRefusal
from simulators.faults.base import Injection
from simulators.faults.preanalytical import Mechanism
from simulators.faults.preanalytical_model import FaultError
from simulators.faults.registry import FaultCatalog
from simulators.stage import Stage


class Injecting:
    """The actions `inject` {id, fault, level, parameters, trigger | tube} and `withdraw` {id}.

    With `tube` the fault strikes that tube at once, as long as nobody has handled it; else it waits for its trigger.
    """

    VERBS = frozenset({"inject", "withdraw"})

    def __init__(self, catalog: FaultCatalog, stage: Stage, bench: Bench) -> None:
        self._catalog = catalog
        self._stage = stage
        self._bench = bench

    def do(self, verb: str, args: Mapping[str, Any]) -> None:
        """One of the actions; BenchRefusal when there is no such fault or tube."""
        if verb == "withdraw":
            self._stage.faults.withdraw(args["id"])
            return
        try:
            injection = Injection.from_args(args, self._catalog.make)
        except (FaultError, KeyError, TypeError, ValueError) as error:
            raise BenchRefusal("fault.unknown", f"That fault cannot be: {error}") from error
        if "tube" in args:
            self._strike(injection, args["tube"])
        else:
            self._stage.faults.inject(injection)

    def open(self, planned: Iterable[Mapping[str, Any]]) -> None:
        """What the place itself has set to go wrong, from its first instant on."""
        for number, args in enumerate(planned, 1):
            self.do("inject", {"id": f"planned-{number}", **args})

    def _strike(self, injection: Injection, tube_id: str) -> None:
        tube = self._bench.tubes.get(tube_id)
        if tube is None:
            raise BenchRefusal("tube.unknown", f"There is no tube {tube_id} here.")
        if not isinstance(injection.fault, Mechanism) or not injection.fault.suits(tube):
            raise BenchRefusal("fault.unfit", f"That cannot happen to tube {tube_id}.")
        if tube.was_tilted or tube.lab_labels or tube.spot != "tray":
            raise BenchRefusal("fault.late", f"Somebody has handled tube {tube_id} already.")
        vars(tube).update(vars(self._stage.faults.strike_now(injection, tube, tube_id)))
