"""What people do at the analyzers: reagents, calibration, maintenance, the log, a second run; and who does it by habit.

`attend` {on} says whether somebody goes round by habit, at the hour that the content gives, and brings reagents when
they run low: so it is in a laboratory's past, and where a device runs alone. At a live bench only the people there do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from simulators.analyzers.events import (
    Acknowledge,
    Attend,
    Calibrate,
    DeviceRefusal,
    Input,
    LoadReagent,
    Maintain,
    RunControls,
    Switch,
)
from simulators.bench import Bench, BenchRefusal
from simulators.place_devices import ROUND_AT
from simulators.stage import Stage
from simulators.station import Station

Args = Mapping[str, Any]
MOST_DILUTED = 1000
WITHIN_REACH = ("tray", "done")
ACTS: Mapping[str, Callable[[Args], Input]] = {
    "run_controls": lambda args: RunControls(tuple(args.get("tests", ()))),
    "load_reagent": lambda args: LoadReagent(args["reagent"], args.get("lot", "")),
    "calibrate": lambda args: Calibrate(tuple(args["reagents"])),
    "maintain": lambda args: Maintain(args["task"]),
    "acknowledge_error": lambda args: Acknowledge(int(args["number"])),
    "switch": lambda args: Switch(bool(args["on"])),
}


class Attending:
    """The actions at analyzers, each with `analyzer`: run_controls {tests}, load_reagent {reagent, lot},
    calibrate {reagents}, maintain {task}, acknowledge_error {number}, switch {on}, rerun {tube_id, tests, dilution};
    and `attend` {on}.
    """

    VERBS = frozenset({*ACTS, "rerun", "attend"})

    def __init__(self, stage: Stage, stations: Mapping[str, Station], bench: Bench) -> None:
        self._stage = stage
        self._stations = stations
        self._bench = bench
        self._by_habit = False

    def open(self) -> None:
        """Plan the first round."""
        if any(station.analyzer.plan.upkeep.kits for station in self._stations.values()):
            self._plan_round()

    def do(self, verb: str, args: Args, by: str) -> None:
        """One of the actions; BenchRefusal when it cannot be."""
        if verb == "attend":
            self._attend(bool(args["on"]))
            return
        station = self._station(args["analyzer"])
        try:
            if verb == "rerun":
                self._rerun(station, args, by)
            else:
                station.give(ACTS[verb](args))
        except DeviceRefusal as refused:
            raise BenchRefusal(refused.reason, str(refused)) from refused
        if verb != "run_controls":
            self._stage.tell("analyzer.attended", station.code, {**args, "act": verb, "by": by})

    def _attend(self, is_on: bool) -> None:
        self._by_habit = is_on
        for station in self._stations.values():
            station.analyzer.upkeep.is_attended = is_on

    def _rerun(self, station: Station, args: Args, by: str) -> None:
        """Put a tube on once more for the work that was done on it."""
        dilution = float(args.get("dilution", 1))
        if not 1 <= dilution <= MOST_DILUTED:
            raise BenchRefusal("rerun.dilution", f"A dilution is 1 to {MOST_DILUTED}.")
        tube = self._bench.tubes.get(args["tube_id"])
        if tube is None or tube.spot not in WITHIN_REACH:
            raise BenchRefusal("tube.away", "That tube is not within reach.")
        station.order_again(tube.barcode, args.get("tests", ()), dilution)
        self._bench.load(station.code, [tube.id], by=by)

    def _station(self, code: str) -> Station:
        if code not in self._stations:
            raise BenchRefusal("analyzer.unknown", f"There is no analyzer {code}.")
        return self._stations[code]

    def _plan_round(self) -> None:
        """Each day at the hour of the round, in the laboratory's time."""
        upkeeps = [station.analyzer.plan.upkeep for station in self._stations.values()]
        hour = next((upkeep.round_at for upkeep in upkeeps if upkeep.kits), ROUND_AT)
        local = self._stage.now.astimezone(self._stage.zone)
        at = datetime.combine(local.date(), hour, self._stage.zone)
        if at <= local:
            at = datetime.combine(local.date() + timedelta(days=1), hour, self._stage.zone)
        self._stage.plan(at.astimezone(self._stage.now.tzinfo), self._go_round)

    def _go_round(self) -> None:
        for station in self._stations.values() if self._by_habit else ():
            if station.analyzer.plan.upkeep.kits:
                station.give(Attend())
        self._plan_round()
