"""The bench: the tray of tubes that arrived, the printers' labels, the centrifuge; what a person does with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from simulators.analyzers.events import Sip
from simulators.place import Place
from simulators.printer import PrintedLabel, Printer
from simulators.stage import Stage
from simulators.station import Station
from simulators.tubes import Tube, TubeView, view


class BenchRefusal(Exception):
    """The bench cannot do that; `reason` is a code, the text is for the person."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Bench:
    """Everything in the laboratory that is neither software nor an analyzer."""

    def __init__(self, place: Place, stage: Stage, stations: Mapping[str, Station]) -> None:
        self._place = place
        self._stage = stage
        self._stations = stations
        self._printers = {code: Printer(code) for code in place.printers}
        self.tubes: dict[str, Tube] = {}
        self.labels: dict[str, PrintedLabel] = {}

    # what is seen

    def tray(self) -> list[TubeView]:
        """The tubes in the tray, in the order of their arrival."""
        return [view(tube) for tube in self.tubes.values() if tube.spot == "tray"]

    def look(self, tube_id: str, by: str) -> TubeView:
        """Take a tube in the hand and tilt it; who looked, and what there was to see, is known to the ledger."""
        tube = self._tube(tube_id)
        tube.was_tilted = True
        seen = view(tube)
        data = {"by": by, "look": seen.serum_look, "signs": seen.signs, "is_cold": seen.is_cold}
        self._stage.tell("tube.looked_at", tube.id, data)
        return seen

    # what comes

    def arrive(self, tube: Tube) -> None:
        """The courier puts a tube into the tray."""
        tube.spot, tube.arrived_at = "tray", self._stage.now
        self.tubes[tube.id] = tube
        self._stage.tell("tube.arrived", tube.id)

    def print(self, printer: str, zpl: bytes) -> None:
        """Labels come out of a printer and lie on the bench."""
        for label in self._printers[printer].print(zpl, self._stage.now):
            self.labels[label.id] = label
            self._stage.tell("label.printed", label.id, {"barcode": label.barcode, "texts": label.texts})

    def come_off(self, tube_id: str, used_ml: float, is_done: bool) -> None:
        """A tube leaves an analyzer: finished ones stand in its output rack, others go back to the tray."""
        tube = self.tubes[tube_id]
        tube.volume_ml = max(0.0, tube.volume_ml - used_ml)
        tube.spot = "done" if is_done else "tray"

    # what a person does

    def affix(self, label_id: str, tube_id: str, by: str) -> None:
        """Stick a label on a tube; readers see the last one, the collection label's name stays readable."""
        tube = self._tube(tube_id)
        label = self.labels.pop(label_id, None)
        if label is None:
            raise BenchRefusal("label.unknown", "That label is not on the bench.")
        tube.lab_labels.append(label)
        self._stage.tell("label.affixed", tube.id, {"label": label.id, "barcode": label.barcode, "by": by})

    def spin(self, tube_ids: Sequence[str], by: str) -> None:
        """Start the centrifuge with these tubes; they come back to the tray when it stops."""
        tubes = [self._tube(tube_id) for tube_id in tube_ids]
        if not tubes:
            raise BenchRefusal("spin.empty", "Put tubes into the centrifuge first.")
        minutes = max(tube.kind.spin_minutes or 10 for tube in tubes) + self._place.spin_extra_minutes
        for tube in tubes:
            tube.spot = "centrifuge"
            self._stage.tell("tube.spin_started", tube.id, {"by": by})
        self._stage.plan(self._stage.now + timedelta(minutes=minutes), lambda: self._spun(tubes))

    def _spun(self, tubes: Sequence[Tube]) -> None:
        for tube in tubes:
            tube.spot, tube.spun_at = "tray", self._stage.now
            self._stage.tell("tube.spun", tube.id)

    def load(self, analyzer: str, tube_ids: Sequence[str], by: str) -> None:
        """Put tubes on an analyzer's sampler, in this order."""
        station = self._stations.get(analyzer)
        if station is None:
            raise BenchRefusal("analyzer.unknown", f"There is no analyzer {analyzer}.")
        tubes = [self._tube(tube_id) for tube_id in tube_ids]
        for tube in tubes:
            tube.spot, tube.station = "analyzer", analyzer
            self._stage.tell("tube.loaded", tube.id, {"analyzer": analyzer, "by": by})
        station.load([_sip(tube) for tube in tubes])

    def discard(self, tube_id: str, by: str) -> None:
        """Throw a tube away."""
        self._tube(tube_id).spot = "discarded"
        self._stage.tell("tube.discarded", tube_id, {"by": by})

    def discard_label(self, label_id: str, by: str) -> None:
        """Throw a label away."""
        if self.labels.pop(label_id, None) is None:
            raise BenchRefusal("label.unknown", "That label is not on the bench.")
        self._stage.tell("label.discarded", label_id, {"by": by})

    def _tube(self, tube_id: str) -> Tube:
        """A tube within reach."""
        tube = self.tubes.get(tube_id)
        if tube is None:
            raise BenchRefusal("tube.unknown", f"There is no tube {tube_id} here.")
        if tube.spot not in ("tray", "done"):
            raise BenchRefusal(
                "tube.away", f"Tube {tube_id} is not within reach: {tube.spot} {tube.station}".rstrip() + "."
            )
        return tube


def _sip(tube: Tube) -> Sip:
    kind = tube.kind
    return Sip(
        tube=tube.id,
        barcode=tube.barcode,
        specimen_type=kind.specimen_type,
        needs_spin=kind.is_spun,
        is_separated=tube.is_separated,
        spin_minutes=float(kind.spin_minutes),
        fill_share=tube.volume_ml / kind.draw_volume_ml if kind.draw_volume_ml else 1.0,
        volume_ml=tube.volume_ml,
        drawn_at=tube.drawn_at,
        contents=tube.contents,
        indices=tube.indices,
    )
