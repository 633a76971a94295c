"""What hands do with tubes at the bench before and after they are measured: spin, pour, keep, take out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from simulators.ageing import Ageing, celsius_of
from simulators.bags import BagView
from simulators.bench_plan import BenchPlan, Program
from simulators.centrifuge import Centrifuge, CentrifugeView, Spin, clotted_at, seen, separate, wanted
from simulators.packing import Packing
from simulators.place import Place
from simulators.stage import Stage
from simulators.tubes import SIGNS, Stay, Tube, TubeView, view

LEAST_ML = 0.01
SET, RUNS = "The blood has set: nothing moves when it is tilted", "The blood still runs when it is tilted"
HAEMOLYSIS = "H"


class BenchRefusal(Exception):
    """The bench cannot do that; `reason` is a code, the text is for the person."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Processing:
    """The tubes of the laboratory, the bags they came in, its centrifuges and the places where tubes are kept."""

    def __init__(self, place: Place, stage: Stage, ageing: Ageing, plan: BenchPlan) -> None:
        self._place = place
        self._stage = stage
        self._ageing = ageing
        self._dice = stage.dice.fork("ageing")
        self.plan = plan
        self.tubes: dict[str, Tube] = {}
        self.packing = Packing(self.tubes)
        self._centrifuges = {code: Centrifuge(one) for code, one in plan.centrifuges.items()}
        self._poured = 0

    # what is seen

    def view(self, tube: Tube) -> TubeView:
        """A tube as it looks now; how its blood runs when it was tilted."""
        now = self._stage.now
        seen = view(tube, celsius_of(tube, now, self._ageing.temperatures))
        if not tube.was_tilted or tube.is_separated or not tube.kind.clot_minutes:
            return seen
        return replace(seen, remarks=(*seen.remarks, SET if now >= clotted_at(tube) else RUNS))

    def centrifuges(self) -> list[CentrifugeView]:
        """The centrifuges as they stand there, with the time that is left."""
        return [seen(one, self._stage.now) for one in self._centrifuges.values()]

    def bags_seen(self, since: datetime | None = None) -> list[BagView]:
        """The bags as they look: those that are closed, and of the open ones those that came since then."""
        return self.packing.views(since)

    def open_bag(self, bag_id: str, by: str) -> None:
        """Take everything out of a bag."""
        bag = self.packing.bags.get(bag_id)
        if bag is None:
            raise BenchRefusal("bag.unknown", f"There is no bag {bag_id} here.")
        if bag.is_open:
            raise BenchRefusal("bag.open", f"Bag {bag_id} is open already.")
        self.packing.open(bag_id)
        self._stage.tell("bag.opened", bag.id, {"by": by, "tubes": bag.tubes, "papers": bag.papers})

    # the centrifuge

    def spin(
        self, tube_ids: Sequence[str], by: str, centrifuge: str = "", program: str = "", balanced: bool = True
    ) -> None:
        """Load a centrifuge with these tubes and start it. Without a program it turns as the tubes need it.

        An odd number of tubes needs one of water opposite: `balanced` says that somebody put it in.
        """
        machine = self._machine(centrifuge)
        tubes = [self._tube(tube_id) for tube_id in tube_ids]
        self._refuse_rotor(machine, tubes, balanced)
        minutes, g = self._program(program, tubes)
        for tube in tubes:
            self._take(tube)
            tube.spot, tube.station = "centrifuge", machine.plan.code
        spin = machine.start([tube.id for tube in tubes], self._stage.now, minutes, g)
        for tube in tubes:
            data = {"by": by, "centrifuge": machine.plan.code, "minutes": minutes, "g": g}
            self._stage.tell("tube.spin_started", tube.id, data)
        self._stage.plan(spin.ended_at, partial(self._stopped, tubes, spin))

    def unload(self, by: str, centrifuge: str = "") -> None:
        """Take the tubes out of a centrifuge that has stopped."""
        machine = self._centrifuges.get(centrifuge) or next(
            (one for one in self._centrifuges.values() if one.tubes), None
        )
        if machine is None or not machine.tubes:
            raise BenchRefusal("centrifuge.empty", "Nothing is in the centrifuge.")
        if machine.is_running(self._stage.now):
            raise BenchRefusal(
                "centrifuge.running", f"{machine.plan.name} is still turning; its lid is locked."
            )
        for tube_id in list(machine.tubes):
            self._take(self.tubes[tube_id])
        self._stage.tell("centrifuge.unloaded", machine.plan.code, {"by": by})

    def _stopped(self, tubes: Sequence[Tube], spin: Spin) -> None:
        for tube in tubes:
            separate(tube, spin, self._ageing)
            data = {
                "minutes": spin.minutes,
                "g": spin.g,
                "fibrin": bool(tube.fibrin),
                "left": tube.cells_left,
            }
            self._stage.tell("tube.spun", tube.id, data)

    def _machine(self, code: str) -> Centrifuge:
        """The one that was named, else the first that is free."""
        free = (one for one in self._centrifuges.values() if not one.is_running(self._stage.now))
        machine = self._centrifuges.get(code) if code else next(free, None)
        if machine is None:
            raise BenchRefusal(
                "centrifuge.none", "No centrifuge is free." if not code else f"There is no {code}."
            )
        return machine

    def _refuse_rotor(self, machine: Centrifuge, tubes: Sequence[Tube], balanced: bool) -> None:
        plan = machine.plan
        if not tubes:
            raise BenchRefusal("spin.empty", "Put tubes into the centrifuge first.")
        if machine.is_running(self._stage.now):
            raise BenchRefusal("centrifuge.running", f"{plan.name} is still turning; its lid is locked.")
        if set(machine.tubes) - {tube.id for tube in tubes}:
            raise BenchRefusal("centrifuge.full", f"Take the tubes out of {plan.name} first.")
        if len(tubes) > plan.places:
            raise BenchRefusal("centrifuge.places", f"{plan.name} takes {plan.places} tubes.")
        if len(tubes) % 2 and not balanced:
            raise BenchRefusal(
                "centrifuge.unbalanced",
                f"{plan.name} stops: its rotor is out of balance. An odd number of tubes needs one of water opposite.",
            )

    def _program(self, code: str, tubes: Sequence[Tube]) -> tuple[float, float]:
        program: Program | None = self.plan.programs.get(code)
        if program is not None:
            return program.minutes, program.g
        if code:
            raise BenchRefusal("program.unknown", f"The centrifuge has no program {code}.")
        needs = [wanted(tube) for tube in tubes]
        return max(minutes for minutes, _ in needs), max(g for _, g in needs)

    # fibrin, aliquots, keeping

    def rim(self, tube_id: str, by: str) -> None:
        """Go round the tube with a stick and take out what hangs in it; before the clot time is over it forms again."""
        tube = self._tube(tube_id)
        if not tube.is_separated:
            raise BenchRefusal("rim.not_spun", "It is not separated: there is nothing to take out.")
        self._take(tube)
        found = bool(tube.fibrin)
        if self._stage.now >= clotted_at(tube):
            tube.fibrin = ()
        self._stage.tell("tube.rimmed", tube.id, {"by": by, "found": found, "left": bool(tube.fibrin)})

    def aliquot(self, tube_id: str, ml: float, by: str) -> str:
        """Pour so much of what stands above (of all, in a tube without cells below) into a new, bare tube; its id."""
        tube = self._tube(tube_id)
        if ml < LEAST_ML:
            raise BenchRefusal("aliquot.nothing", "Say how much to pour, in mL.")
        if ml > tube.free_ml:
            where = "stand above the cells" if tube.cells_ml else "are in it"
            raise BenchRefusal("aliquot.short", f"Only {tube.free_ml:g} mL {where}.")
        self._take(tube)
        self._poured += 1
        child = _child(tube, f"A{self._poured:06d}", ml, self._stage)
        tube.volume_ml = round(tube.volume_ml - ml, 3)
        self.tubes[child.id] = child
        data = {"from": tube.id, "ml": ml, "left_ml": tube.volume_ml, "patient": tube.patient, "by": by}
        self._stage.tell("tube.poured", child.id, data)
        return child.id

    def store(self, tube_id: str, place: str, by: str, position: str = "") -> None:
        """Put a tube where tubes are kept."""
        tube, where = self._tube(tube_id), self.plan.places.get(place)
        if where is None:
            raise BenchRefusal("place.unknown", f"There is no place {place} for tubes.")
        self._take(tube)
        tube.spot, tube.station = "stored", f"{place} {position}".strip()
        self._stay(tube, where.celsius)
        self._stage.tell("tube.stored", tube.id, {"place": place, "position": position, "by": by})

    def retrieve(self, tube_id: str, by: str) -> None:
        """Take a tube out of where it is kept, back to the bench. Cells that were frozen have burst."""
        tube = self.tubes.get(tube_id)
        if tube is None or tube.spot != "stored":
            raise BenchRefusal("tube.not_stored", f"Tube {tube_id} is not kept anywhere.")
        if tube.stays[-1].celsius < 0 and tube.kind.is_blood and not tube.is_separated:
            index = self._ageing.freezing.at(self._dice.score(f"{tube.id}/frozen"))
            self._ageing.chemistry.lyse(tube.contents, tube.indices, HAEMOLYSIS, index)
        tube.spot, tube.station = "tray", ""
        self._stay(tube, self._place.collection.temperature_c)
        self._stage.tell("tube.retrieved", tube.id, {"by": by})

    def _stay(self, tube: Tube, celsius: float) -> None:
        tube.stays.append(Stay(self._stage.now, celsius))

    # within reach

    def _tube(self, tube_id: str) -> Tube:
        """A tube within reach, which may lie in a closed bag or in a centrifuge that has stopped."""
        tube = self.tubes.get(tube_id)
        if tube is None:
            raise BenchRefusal("tube.unknown", f"There is no tube {tube_id} here.")
        if tube.spot not in ("tray", "done") and self._stopped_with(tube) is None:
            away = f"Tube {tube_id} is not within reach: {tube.spot} {tube.station}".rstrip() + "."
            raise BenchRefusal("tube.away", away)
        return tube

    def _take(self, tube: Tube) -> None:
        """Into the hand: out of its bag, or out of the centrifuge."""
        if tube.bag:
            self.packing.open(tube.bag)
        machine = self._stopped_with(tube)
        if machine is not None:
            machine.tubes.remove(tube.id)
            tube.spot, tube.station = "tray", ""

    def _stopped_with(self, tube: Tube) -> Centrifuge | None:
        """The centrifuge that has stopped with this tube in it."""
        machine = self._centrifuges.get(tube.station) if tube.spot == "centrifuge" else None
        return None if machine is None or machine.is_running(self._stage.now) else machine


def _child(tube: Tube, name: str, ml: float, stage: Stage) -> Tube:
    """What was poured: the same blood with the same past, threads left behind, nothing written on it."""
    seen_above = tuple(sign for sign in tube.signs if SIGNS[sign].seen == "separated")
    return replace(
        tube,
        id=name,
        volume_ml=ml,
        collection_label=None,
        lab_labels=[],
        stays=list(tube.stays),
        contents=dict(tube.contents),
        indices=dict(tube.indices),
        signs=seen_above,
        fibrin=(),
        poured_from=tube.id,
        origin=tube.drawn_as,
        drawn_ml=tube.volume_ml if tube.drawn_ml is None else tube.drawn_ml,
        spot="tray",
        station="",
        arrived_at=stage.now,
        expires_on=None,
        paper=None,
        bag="",
    )
