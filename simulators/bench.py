"""The bench: the tray of tubes that arrived, the printers' labels, the samplers; what a person does with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simulators.ageing import Ageing
from simulators.analyzers.events import Sip
from simulators.bench_plan import BenchPlan
from simulators.place import Place
from simulators.printer import PrintedLabel, Printer
from simulators.processing import BenchRefusal, Processing
from simulators.stage import Stage
from simulators.station import Station
from simulators.tubes import Tube, TubeView

__all__ = ["VERBS", "Bench", "BenchRefusal"]

VERBS = frozenset(
    {"look", "affix", "load", "discard", "discard_label"}
    | {"open_bag", "spin", "unload", "rim", "aliquot", "store", "retrieve"}
)
"""What people do here, as actions are named."""


class Bench(Processing):
    """Everything in the laboratory that is neither software nor an analyzer."""

    def __init__(
        self, place: Place, stage: Stage, stations: Mapping[str, Station], ageing: Ageing, plan: BenchPlan
    ) -> None:
        super().__init__(place, stage, ageing, plan)
        self._stations = stations
        self._printers = {code: Printer(code) for code in place.printers}
        self.labels: dict[str, PrintedLabel] = {}

    # what is seen

    def tray(self) -> list[TubeView]:
        """The tubes in the tray, in the order of their arrival; those in closed bags show through."""
        return [self.view(tube) for tube in self.tubes.values() if tube.spot == "tray"]

    def look(self, tube_id: str, by: str) -> TubeView:
        """Take a tube in the hand and tilt it; who looked, and what there was to see, is known to the ledger."""
        tube = self._tube(tube_id)
        self._take(tube)
        tube.was_tilted = True
        seen = self.view(tube)
        data = {"by": by, "look": seen.serum_look, "signs": seen.signs, "is_cold": seen.is_cold}
        self._stage.tell("tube.looked_at", tube.id, data)
        return seen

    # what comes

    def arrive(self, tube: Tube) -> None:
        """The courier puts a tube into the tray, in its bag."""
        tube.spot, tube.arrived_at = "tray", self._stage.now
        self._stay(tube, self._place.collection.temperature_c)
        self.tubes[tube.id] = tube
        self.packing.pack(tube, self._stage.now)
        self._stage.tell("tube.arrived", tube.id, {"bag": tube.bag} if tube.bag else {})

    def print(self, printer: str, zpl: bytes) -> None:
        """Labels come out of a printer and lie on the bench."""
        for label in self._printers[printer].print(zpl, self._stage.now):
            self.labels[label.id] = label
            self._stage.tell("label.printed", label.id, {"barcode": label.barcode, "texts": label.texts})

    def come_off(self, tube_id: str, used_ml: float, is_done: bool) -> None:
        """A tube leaves an analyzer: finished ones stand in its output rack, others go back to the tray."""
        tube = self.tubes[tube_id]
        if tube.drawn_ml is None:
            tube.drawn_ml = tube.volume_ml
        tube.volume_ml = max(0.0, tube.volume_ml - used_ml)
        tube.spot = "done" if is_done else "tray"

    # what a person does

    def affix(self, label_id: str, tube_id: str, by: str) -> None:
        """Stick a label on a tube; readers see the last one, the collection label's name stays readable."""
        tube = self._tube(tube_id)
        label = self.labels.pop(label_id, None)
        if label is None:
            raise BenchRefusal("label.unknown", "That label is not on the bench.")
        self._take(tube)
        tube.lab_labels.append(label)
        self._stage.tell("label.affixed", tube.id, {"label": label.id, "barcode": label.barcode, "by": by})

    def load(self, analyzer: str, tube_ids: Sequence[str], by: str) -> None:
        """Put tubes on an analyzer's sampler, in this order."""
        station = self._stations.get(analyzer)
        if station is None:
            raise BenchRefusal("analyzer.unknown", f"There is no analyzer {analyzer}.")
        tubes = [self._tube(tube_id) for tube_id in tube_ids]
        for tube in tubes:
            self._take(tube)
            tube.spot, tube.station = "analyzer", station.code
            self._stage.tell("tube.loaded", tube.id, {"analyzer": station.code, "by": by})
        station.load([self._sip(tube) for tube in tubes])

    def discard(self, tube_id: str, by: str) -> None:
        """Throw a tube away."""
        tube = self._tube(tube_id)
        self._take(tube)
        tube.spot = "discarded"
        self._stage.tell("tube.discarded", tube_id, {"by": by})

    def discard_label(self, label_id: str, by: str) -> None:
        """Throw a label away."""
        if self.labels.pop(label_id, None) is None:
            raise BenchRefusal("label.unknown", "That label is not on the bench.")
        self._stage.tell("label.discarded", label_id, {"by": by})

    def _sip(self, tube: Tube) -> Sip:
        """A tube as a sampler meets it; what is in it by then is computed when the probe goes in."""
        kind = tube.kind
        nominal = 0.0 if tube.poured_from else kind.draw_volume_ml
        blocks = self._dice.unit(f"{tube.id}/probe/{self._stage.now.isoformat()}") if tube.fibrin else 1.0
        return Sip(
            tube=tube.id,
            barcode=tube.barcode,
            specimen_type=kind.specimen_type,
            needs_spin=kind.is_spun,
            is_separated=tube.is_separated,
            spin_minutes=float(kind.spin_minutes),
            fill_share=tube.volume_ml / nominal if nominal else 1.0,
            volume_ml=tube.free_ml,
            drawn_at=tube.drawn_at,
            contents=tube.contents,
            indices=tube.indices,
            draw=lambda at: self._ageing.in_tube(tube, at, self._dice),
            blocks_probe=blocks < self._ageing.seen_by_probe,
            signs=tube.signs,
        )
